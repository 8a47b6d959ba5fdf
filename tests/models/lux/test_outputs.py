"""Further outputs of Lux beside labels and spectra: data that inform the latents, and are predicted where missing."""

from dataclasses import replace

import numpy as np
import pytest
from stars_of_labels import GRID, LABEL_ERROR, TO_LABELS, UNITS, new_lux, stars

from specvae_core.errors import NotFound
from specvae_core.models import Lux, load_model, save_model
from specvae_core.tasks.predict import predicted_columns

ERROR = 0.03
"""Error of the simulated outputs in units of their spread."""


def measured(n: int, seed: int, missing: float = 0.2):
    """Stars with a magnitude ``g`` and a parallax, linear in the truth of both labels, and these truths (n, 2)."""
    spectra, truth = stars(n, seed)
    random = np.random.default_rng(100 + seed)
    scaled = (truth["labels"] - [5000.0, 3.0]) / UNITS
    outputs = np.column_stack([18 + 2 * scaled @ [0.7, -0.4], 5 - 1.5 * scaled @ [0.2, 0.9]])
    table = spectra.table.copy()
    for name, unit, values in zip(("g", "parallax"), (2.0, 1.5), outputs.T, strict=True):
        noisy = values + unit * ERROR * random.standard_normal(n)
        table[name] = np.where(random.random(n) < missing, np.nan, noisy)
        table[f"{name}_err"] = unit * ERROR
    return replace(spectra, table=table), truth["labels"], outputs


@pytest.fixture(scope="module")
def lux() -> Lux:
    return new_lux(outputs="g,parallax").fit(measured(500, 0)[0])


def test_outputs_are_predicted_from_all_else_with_errors_that_occur(lux: Lux) -> None:
    new, _, outputs = measured(300, 1)
    found = predicted_columns(lux, new)
    for name, truth, unit in zip(("g", "parallax"), outputs.T, (2.0, 1.5), strict=True):
        off = found[name] - truth
        assert np.sqrt(np.mean(off**2)) < 0.2 * unit
        assert 0.6 < np.mean(np.abs(off) < found[f"{name}_err"]) < 1.0
        blind = replace(new, table=new.table.assign(**{name: 99.0}))
        np.testing.assert_array_equal(predicted_columns(lux, blind)[name], found[name])


def test_labels_are_better_where_outputs_are_measured(lux: Lux) -> None:
    new, labels, _ = measured(300, 2, missing=0.0)
    dim = replace(new, ivar=new.ivar / 400, flux=new.flux + np.random.default_rng(0).normal(0, 0.4, new.flux.shape))
    dim = replace(dim, flux=dim.flux.astype(np.float32))
    alone = replace(dim, table=dim.table.drop(columns=["g", "g_err", "parallax", "parallax_err"]))
    errors = [np.sqrt(np.mean(((lux.predict_labels(some)[0] - labels) / UNITS) ** 2)) for some in (dim, alone)]
    assert errors[0] < 0.6 * errors[1]


def test_an_object_without_a_spectrum_is_placed_by_its_outputs(lux: Lux) -> None:
    new, labels, _ = measured(200, 3, missing=0.0)
    dark = replace(new, ivar=np.zeros_like(new.ivar))
    spread = ((labels - labels.mean(axis=0)) / UNITS).std()
    found = (lux.predict_labels(dark)[0] - labels) / UNITS
    assert np.sqrt(np.mean(found**2)) < 0.5 * spread


def test_spectra_keep_their_pixels_and_the_model_its_outputs(lux: Lux, tmp_path) -> None:
    new, _, _ = measured(20, 4)
    assert lux.reconstruct(new).shape == lux.spectra_from_labels(np.full((20, 2), [5000.0, 3.0]))[1].shape == (20, 120)
    assert lux.label_derivatives().shape == (2, GRID.n_pixel)
    save_model(lux, tmp_path / "lux", survey_id="stars", seconds=1.0, epochs=1)
    again = load_model(tmp_path / "lux")
    np.testing.assert_array_equal(predicted_columns(again, new)["parallax"], predicted_columns(lux, new)["parallax"])


def test_a_column_that_the_survey_lacks_is_told() -> None:
    with pytest.raises(NotFound, match="planet"):
        new_lux(outputs="planet").fit(measured(60, 0)[0])


def test_labels_are_read_as_before_where_there_are_no_outputs() -> None:
    spectra, labels, _ = measured(300, 5)
    plain = new_lux().fit(spectra)
    found = (plain.predict_labels(spectra)[0] - labels) / UNITS
    assert np.sqrt(np.mean(found**2)) < 3 * LABEL_ERROR * np.abs(TO_LABELS).max()
    assert set(predicted_columns(plain, spectra)).isdisjoint({"g", "parallax"})
