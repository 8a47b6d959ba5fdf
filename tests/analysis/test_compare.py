"""Reconstruction errors against sums written out, and proposals of settings."""

import numpy as np
import pytest
from survey_of_redshifts import GRID, observed

from specvae_core.analysis.compare import reconstruct_one, reconstruction_error
from specvae_core.analysis.search import SPACE, propose, searched
from specvae_core.errors import BadConfig
from specvae_core.models import MODELS, LatentModel


@pytest.fixture(scope="module")
def model() -> LatentModel:
    return MODELS["pca"](GRID, MODELS["pca"].Config(n_latent=1, test_fraction=0.2)).fit(observed(60, seed=1))


def test_errors_are_means_over_seen_pixels(model: LatentModel) -> None:
    spectra = observed(60, seed=1)
    spectra.table["class"] = np.where(np.arange(60) % 3 == 0, "", "red")
    rows = model.unseen(spectra.ids).rows
    assert len(rows) == 12
    some = spectra.take(rows)
    error = reconstruction_error(model, some)
    squared = np.square(some.flux - model.reconstruct(some))
    assert error.n == 12
    assert error.mse == pytest.approx(squared[some.seen].mean(), rel=1e-6)
    assert error.chi2_per_pixel == pytest.approx((some.ivar * squared)[some.seen].mean(), rel=1e-5)
    red = some.table["class"].to_numpy() == "red"
    assert set(error.per_class) == {"red", "unclassified"}
    assert error.per_class["red"] == pytest.approx(squared[red][some.seen[red]].mean(), rel=1e-6)


def test_one_object_under_a_model(model: LatentModel) -> None:
    spectrum = observed(1, seed=3)
    result = reconstruct_one(model, spectrum)
    seen = spectrum.seen[0]
    assert np.isnan(result.residual[~seen]).all()
    np.testing.assert_array_equal(result.flux, model.reconstruct(spectrum)[0])
    error = reconstruction_error(model, spectrum)
    assert result.mse == pytest.approx(error.mse)
    assert result.chi2_per_pixel == pytest.approx(error.chi2_per_pixel)
    assert result.labels == {}


def test_labels_come_with_models_that_predict_them() -> None:
    spectra = observed(60, seed=1)
    spectra.table["slope"] = np.nanmean(np.where(spectra.seen, spectra.flux, np.nan)[:, -20:], axis=1)
    lux = MODELS["lux"](GRID, MODELS["lux"].Config(n_latent=3, labels="slope", n_hidden=0)).fit(spectra)
    one = spectra.take(slice(0, 1))
    values, errors = lux.predict_labels(one)
    assert reconstruct_one(lux, one).labels == {"slope": (pytest.approx(values[0, 0]), pytest.approx(errors[0, 0]))}


@pytest.mark.parametrize("method", ["random", "bayesian"])
def test_proposals_lie_in_the_space_and_depend_on_the_arguments_alone(method: str) -> None:
    names = searched(MODELS["infovae"].Config)
    assert names == ["hidden_outer", "hidden_inner", "mmd_lambda"]
    trials: list[tuple[dict, float]] = []
    for number in range(9):
        settings = propose(names, method, trials, seed=5)
        assert settings == propose(names, method, trials, seed=5)
        for name, value in settings.items():
            low, high = SPACE[name]
            assert low <= value <= high
            assert isinstance(value, type(low))
        trials.append((settings, float(number)))
    assert len({settings["mmd_lambda"] for settings, _ in trials}) == 9


def test_the_guided_search_goes_where_errors_were_small() -> None:
    random = np.random.default_rng(0)
    trials = []
    for _ in range(40):
        sizes = {"hidden_outer": int(np.exp(random.uniform(np.log(64), np.log(1024))))}
        trials.append((sizes, abs(np.log(sizes["hidden_outer"] / 200))))
    guided = [propose(["hidden_outer"], "bayesian", trials, seed)["hidden_outer"] for seed in range(10)]
    blind = [propose(["hidden_outer"], "random", trials, seed)["hidden_outer"] for seed in range(10)]
    assert np.abs(np.log(np.array(guided) / 200)).mean() < 0.6 * np.abs(np.log(np.array(blind) / 200)).mean()


def test_nothing_to_search_and_an_unknown_method_are_refused() -> None:
    with pytest.raises(BadConfig, match="nothing to search"):
        searched(MODELS["pca"].Config)
    with pytest.raises(BadConfig, match="bayesian"):
        propose(["mmd_lambda"], "grid", [], 0)
