"""Redshifts of spectra whose true redshift is known and whose catalogue is wrong."""

import numpy as np
import pytest
from survey_of_redshifts import GRID, observed, rest_flux

from specvae_core.analysis.redshift import RedshiftFinder, covered_range, typical
from specvae_core.analysis.redshift_fit import SEPARATION, summarise
from specvae_core.grid import SPEED_OF_LIGHT
from specvae_core.models import MODELS, LatentModel
from specvae_core.models.density import LatentDensity
from specvae_core.models.latent_prior import FlowPrior

PIXEL = 10**GRID.log10_step - 1
SETTINGS = {"pca": {"n_latent": 2}, "nmf": {"n_latent": 4}, "ae": {"n_latent": 2, "max_epochs": 25, "epoch_steps": 100}}


@pytest.fixture(scope="module", params=list(SETTINGS))
def model(request: pytest.FixtureRequest) -> LatentModel:
    model_class = MODELS[request.param]
    return model_class(GRID, model_class.Config(**SETTINGS[request.param])).fit(observed(600, seed=1), seed=1)


def test_the_true_redshift_is_found_whatever_the_catalogue_says(model: LatentModel) -> None:
    random = np.random.default_rng(3)
    true, wrong = random.uniform(0.05, 0.25, 12), random.uniform(0.05, 0.25, 12)
    finder = RedshiftFinder(model, model.encode(observed(300, seed=1)))
    fits = list(finder.find(observed(12, seed=9, z=true, catalogue=wrong)))
    z = np.array([fit.z for fit in fits])
    np.testing.assert_allclose(z, true, atol=0.35 * PIXEL)
    np.testing.assert_allclose(z, true, atol=10 * max(fit.z_error for fit in fits))
    for fit in fits:
        assert fit.chi2 < fit.second_chi2
        assert fit.chi2 <= fit.trial_chi2.min() + 1e-6
        assert fit.chi2 / fit.n_pixel < 3
        assert SPEED_OF_LIGHT * abs(np.log((1 + fit.second_z) / (1 + fit.z))) > SEPARATION
        assert (np.diff(fit.trial_z) > -1e-12).all()
        assert 0.5 <= fit.covered <= 1


def test_a_flow_serves_as_the_prior_of_latents() -> None:
    spectra = observed(600, seed=1)
    model = MODELS["ae"](GRID, MODELS["ae"].Config(**SETTINGS["ae"])).fit(spectra, seed=1)
    latents = model.encode(spectra)
    prior = FlowPrior(LatentDensity.fit(latents[:400], latents[400:500], latents[500:]))
    true = np.random.default_rng(4).uniform(0.05, 0.25, 4)
    finder = RedshiftFinder(model, latents[:300], prior=prior)
    z = np.array([fit.z for fit in finder.find(observed(4, seed=8, z=true, catalogue=true[::-1].copy()))])
    np.testing.assert_allclose(z, true, atol=0.35 * PIXEL)


def test_the_fit_lies_on_the_data_where_the_model_reaches(model: LatentModel) -> None:
    spectra = observed(1, seed=9, z=np.array([0.2]), catalogue=np.array([0.1]))
    fit = next(RedshiftFinder(model, model.encode(observed(300, seed=1))).find(spectra))
    reached = np.isfinite(fit.flux)
    assert 0.7 < reached.mean() < 0.95  # a tenth in redshift is some fifty pixels
    residual = (fit.flux - spectra.flux[0]) * np.sqrt(spectra.ivar[0])
    assert np.square(residual[reached & spectra.seen[0]]).mean() < 3


def test_trials_stay_within_the_range_asked_for(model: LatentModel) -> None:
    spectra = observed(1, seed=9, z=np.array([0.2]))
    finder = RedshiftFinder(model, model.encode(observed(50, seed=1)))
    fit = next(finder.find(spectra, (0.0, 0.15)))
    assert fit.trial_z.min() > -2 * PIXEL
    assert fit.trial_z.max() < 0.15 + 2 * PIXEL
    assert next(finder.find(spectra, (3.0, 4.0))) is None


def test_an_object_without_a_spectrum_has_no_redshift(model: LatentModel) -> None:
    spectra = observed(2, seed=9)
    spectra.ivar[1] = 0
    fits = list(RedshiftFinder(model, model.encode(observed(50, seed=1))).find(spectra))
    assert fits[0] is not None
    assert fits[1] is None


def test_pushing_a_line_off_the_grid_does_not_pay() -> None:
    """A featureless model must not prefer redshifts at which it need not account for the line."""
    flat = MODELS["pca"](GRID, MODELS["pca"].Config(n_latent=1))
    flat.mean[:] = 1.0
    flat.components[0] = 0.0
    spectra = observed(1, seed=2)
    fit = next(RedshiftFinder(flat, np.zeros((1, 1))).find(spectra))
    line = int(np.abs(GRID.wavelength - 6600).argmin())
    off = GRID.n_pixel - 1 - line  # shifted by more than this the model no longer covers the line
    z_off = 10 ** (-(-off - 30) * GRID.log10_step) - 1
    inside = fit.trial_chi2[np.abs(fit.trial_z) < 0.02].mean()
    assert fit.trial_chi2[np.abs(fit.trial_z - z_off) < 0.02].mean() > 0.5 * inside


def test_covered_range_counts_what_both_cover() -> None:
    first, last = covered_range(np.array([-3.0, -0.5, 0.0, 0.5, 4.0, 100.0]), 10)
    assert list(zip(first.tolist(), last.tolist(), strict=True)) == [(3, 10), (1, 10), (0, 10), (0, 9), (0, 6), (0, 0)]


def test_summary_counts_outliers_and_ignores_unknown_redshifts() -> None:
    catalogue = np.array([0.0, 0.1, 0.2, np.nan])
    z = np.array([0.001, 0.1, 0.5, 0.3])
    result = summarise(z, catalogue)
    assert result.n == 3
    assert result.bias == pytest.approx(0.001)
    assert result.nmad == pytest.approx(1.4826 * 0.001)
    assert result.outliers == pytest.approx(1 / 3)
    assert summarise(z, np.full(4, np.nan)).n == 0


def test_typical_latents_hold_the_far_ones() -> None:
    latents = np.random.default_rng(0).normal(size=(500, 2))
    latents[17] = (30.0, -30.0)
    latents[18] = np.nan
    chosen = typical(latents, 20, np.random.default_rng(1))
    assert chosen.shape == (20, 2)
    assert np.isfinite(chosen).all()
    assert (chosen == latents[17]).all(axis=1).any()


def test_the_made_up_spectra_have_their_lines() -> None:
    assert rest_flux(np.array([6600.0]), 0.0, 1.0)[0] > 2
