"""Columns of the catalogue beside the spectra, on a survey whose columns depend on its two parameters."""

from dataclasses import replace

import numpy as np
import pytest
from survey_of_curves import curves, new_model

from specvae_core.analysis.calibration.answers import count
from specvae_core.analysis.calibration.case import Case
from specvae_core.analysis.calibration.predictions import columns
from specvae_core.analysis.calibration.quantities import quantities_of
from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import BadConfig, NotFound
from specvae_core.models import InfoVAE, load_model, save_model
from specvae_core.models.storage import read_header
from specvae_core.progress import ignore

NAMES = ("band", "line_flux", "radius")


def survey(n: int, seed: int) -> tuple[SpectraSet, np.ndarray]:
    """Curves, and what the columns would be without noise, (n, 3): a colour, a flux over decades, one of no spectrum.

    A fourth of the values is missing. The third column is random, so that nothing but itself knows it.
    """
    random = np.random.default_rng(100 + seed)
    spectra, _ = curves(n=n, seed=seed)
    slope, depth = (spectra.table[name].to_numpy() for name in ("slope", "depth"))
    clean = np.stack([20 + slope + 0.5 * depth**2, 1e-16 * 10 ** (1.5 * depth), random.normal(5, 2, n)], axis=1)
    errors = np.stack([np.full(n, 0.1), 0.1 * clean[:, 1], np.full(n, 0.2)], axis=1)
    measured = np.where(random.random((n, 3)) < 0.25, np.nan, clean + errors * random.normal(size=(n, 3)))
    table = spectra.table.assign(**{name: measured[:, j] for j, name in enumerate(NAMES)})
    table = table.assign(**{f"{name}_err": errors[:, j] for j, name in enumerate(NAMES[:2])})
    return replace(spectra, table=table), clean


@pytest.fixture(scope="module")
def model() -> InfoVAE:
    settings = {"n_latent": 3, "max_epochs": 10, "inputs": ",".join(NAMES)}
    return new_model("infovae", **settings).fit(survey(1200, 1)[0], seed=2)


def test_hidden_values_are_predicted_within_their_errors(model: InfoVAE) -> None:
    spectra, clean = survey(400, 5)
    hidden = spectra.table.isna()[list(NAMES)].to_numpy()
    values, errors = model.predict_columns(spectra)
    off = (values - clean) / errors
    for j in range(3):
        inside = np.abs(off[hidden[:, j], j]) < 1
        assert 0.58 < inside.mean() < 0.9
    assert np.median(errors[:, 0]) < 0.25 * clean[:, 0].std()
    assert np.median(errors[:, 1] / values[:, 1]) < 0.3
    assert np.median(errors[:, 2]) < 1.5 * clean[:, 2].std()  # nothing is known of it
    assert np.corrcoef(np.log(values[:, 1]), np.log(clean[:, 1]))[0, 1] > 0.97


def test_errors_that_no_unseen_object_has_checked_are_those_of_a_guess() -> None:
    spectra, clean = survey(200, 3)
    settings = {"n_latent": 2, "max_epochs": 1, "inputs": "band", "validation_fraction": 0.0}
    learnt = new_model("infovae", **settings).fit(spectra, seed=2)
    _, errors = learnt.predict_columns(spectra)
    assert errors.min() > 0.8 * clean[:, 0].std()


def test_a_prediction_does_not_see_its_own_value(model: InfoVAE) -> None:
    spectra, _ = survey(50, 6)
    before, _ = model.predict_columns(spectra)
    after, _ = model.predict_columns(replace(spectra, table=spectra.table.assign(band=25.0)))
    np.testing.assert_array_equal(after[:, 0], before[:, 0])


def test_the_posterior_knows_what_columns_know(model: InfoVAE) -> None:
    spectra, _ = survey(200, 7)
    noisy = replace(spectra, ivar=spectra.ivar * 1e-4)
    without = replace(noisy, table=noisy.table.drop(columns=list(NAMES)))
    widths = [np.exp(model.encode_uncertainty(some)[1]).sum(axis=1) for some in (noisy, without)]
    known = noisy.table[list(NAMES)].notna().all(axis=1).to_numpy()
    assert np.median(widths[0][known] / widths[1][known]) < 0.5


def test_a_calibration_on_objects_not_learnt_from_is_within_bounds(model: InfoVAE) -> None:
    spectra, _ = survey(600, 8)
    case = Case(model, spectra, survey(200, 9)[0])
    assert columns in quantities_of(model)
    rows = {answers.quantity: count(answers) for answers in columns(case, ignore)}
    assert set(rows) == {"band", "log10 line_flux", "radius"}
    assert {name for name, row in rows.items() if not row.within} <= {"radius"}
    assert 0.6 < rows["radius"].coverage_68 < 0.85  # of which its own scatter is all that is known
    assert rows["band"].note == "errors of the catalogue added"


def test_simulated_columns_miss_what_was_missed_and_scatter_as_measured_ones(model: InfoVAE) -> None:
    spectra, _ = survey(500, 10)
    table = model.simulated_columns(model.encode(spectra), spectra.table, np.random.default_rng(0))
    for name in NAMES:
        np.testing.assert_array_equal(table[name].isna(), spectra.table[name].isna())
    off = (table["band"] - spectra.table["band"]).dropna()
    assert off.std() == pytest.approx(0.15, abs=0.05)  # two errors of 0.1 that are independent


def test_scales_and_scatters_are_kept_with_the_weights(model: InfoVAE, tmp_path) -> None:
    save_model(model, tmp_path / "m", survey_id="curves", seconds=1.0, epochs=1)
    loaded, (spectra, _) = load_model(tmp_path / "m"), survey(20, 11)
    for mine, theirs in zip(model.predict_columns(spectra), loaded.predict_columns(spectra), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    described = {one["column"]: one for one in read_header(tmp_path / "m")["inputs"]}
    assert [described[name]["scale"] for name in NAMES] == ["linear", "log10", "linear"]
    assert described["line_flux"]["centre"] == pytest.approx(-16, abs=0.2)


def test_a_column_that_teaches_nothing_is_refused() -> None:
    spectra, _ = survey(80, 12)
    with pytest.raises(NotFound, match="no input column mass"):
        new_model("infovae", inputs="mass").fit(spectra)
    with pytest.raises(BadConfig, match="input mass is missing for all"):
        new_model("infovae", inputs="mass").fit(replace(spectra, table=spectra.table.assign(mass=np.nan)))
    with pytest.raises(BadConfig, match="all the same"):
        new_model("infovae", inputs="mass").fit(replace(spectra, table=spectra.table.assign(mass=1.0)))
    with pytest.raises(BadConfig, match="named twice"):
        new_model("infovae", inputs="band,band")


def test_spectra_alone_have_no_columns() -> None:
    spectra, _ = survey(60, 13)
    plain = new_model("infovae", max_epochs=1)
    assert plain.column_names == ()
    assert plain.predict_columns(spectra)[0].shape == (60, 0)
