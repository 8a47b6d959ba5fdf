"""Fits to raw pixels in the observed frame, against spectra whose redshift and latents are known."""

import numpy as np
import pytest
from bent_line import GRID, BentLine, Comb, NarrowLine
from scipy.interpolate import CubicSpline

from specvae_core.errors import BadConfig
from specvae_core.inverse.observed import fit_observed
from specvae_core.models.latent_prior import GaussianPrior

WAVELENGTH = np.arange(4300.0, 8200.0, 12.0)
PRIOR = GaussianPrior(np.zeros(2), np.ones(2))


def raw(latents: np.ndarray, z: float, snr: float, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Flux and ivar of pixels that average a finely sampled model, in an odd unit."""
    fine = WAVELENGTH[:, None] + np.linspace(-5.5, 5.5, 12)
    place = (np.log10(fine / (1 + z)) - GRID.log10_start) / GRID.log10_step
    decoded = BentLine().decode(latents[None])[0]
    clean = np.interp(place, np.arange(GRID.n_pixel), decoded).mean(axis=1)
    inside = (place.min(axis=1) >= 0) & (place.max(axis=1) <= GRID.n_pixel - 1)
    flux = 7e-17 * (clean + random.normal(0, 1 / snr, len(clean)))
    return np.where(inside, flux, np.nan), np.where(inside, (snr / 7e-17) ** 2, 0.0)


def pulls(structure: float, snr: float, n: int = 100) -> np.ndarray:
    """Pulls (n, 3) of redshift and latents, drawn from the prior of the fit.

    Parameters
    ----------
    structure
        Standard deviation of the truth's structure within pixels of the grid, in units of its second differences.
    """
    random, found = np.random.default_rng(0), []
    parts, ends = 40, (WAVELENGTH - 6.0, WAVELENGTH + 6.0)
    for _ in range(n):
        latents, z = random.normal(size=2), random.uniform(0.05, 0.15)
        decoded = Comb().decode(latents[None])[0].astype(float)
        within = random.normal(size=(GRID.n_pixel, parts)) * parts**0.5
        within -= within.mean(axis=1, keepdims=True)
        within[1:-1] *= structure * np.abs(np.diff(decoded, 2))[:, None]
        smooth = CubicSpline(np.arange(GRID.n_pixel + 1) - 0.5, np.concatenate([[0.0], decoded.cumsum()]))
        rough = np.concatenate([[0.0], within.ravel().cumsum()]) / parts
        low, high = ((np.log10(end / (1 + z)) - GRID.log10_start) / GRID.log10_step for end in ends)
        between = [smooth(end) + np.interp(end, np.arange(len(rough)) / parts - 0.5, rough) for end in (low, high)]
        seen = (low > 0) & (high < GRID.n_pixel - 1)
        flux = np.where(seen, (between[1] - between[0]) / (high - low), 0.0) + random.normal(0, 1 / snr, len(low))
        fit = fit_observed(Comb(), WAVELENGTH, flux, np.where(seen, snr**2, 0.0), [(z + 5e-4, np.zeros(2))], PRIOR)
        found.append([(fit.z - z) / fit.z_error, *(fit.latents - latents) / np.sqrt(fit.covariance.diagonal())])
    return np.array(found)


@pytest.mark.parametrize("structure", [0.0, 0.4])
def test_errors_are_no_fifth_too_small_where_truth_has_structure_within_pixels_of_the_grid_or_none(structure):
    found = pulls(structure, 60.0)
    scatter = np.sqrt(np.square(found).mean(axis=0))
    assert ((scatter > 0.8) & (scatter < 1.15)).all()  # errors a fifth too small would make it 1.2 and more
    assert np.abs(found.mean(axis=0)).max() < 0.3


def test_errors_of_redshift_and_latents_are_as_large_as_their_scatter():
    random = np.random.default_rng(0)
    pulls = []
    for _ in range(120):
        latents, z = random.normal(size=2).clip(-1.5, 1.5), random.uniform(0.05, 0.15)
        latents[1] += np.sign(latents[1])  # a line deep enough to tell a redshift
        flux, ivar = raw(latents, z, 30.0, random)
        fit = fit_observed(
            BentLine(), WAVELENGTH, flux, ivar, [(z + 0.002, latents + 0.1)], GaussianPrior(np.zeros(2), 3 * np.ones(2))
        )
        errors = np.sqrt(fit.covariance.diagonal())
        pulls.append([(fit.z - z) / fit.z_error, *(fit.latents - latents) / errors])
    scatter = 1.4826 * np.median(np.abs(pulls), axis=0)
    assert ((scatter > 0.8) & (scatter < 1.25)).all()


def test_amplitude_and_model_are_in_the_unit_of_the_file():
    flux, ivar = raw(np.array([0.5, 1.0]), 0.1, 100.0, np.random.default_rng(1))
    fit = fit_observed(BentLine(), WAVELENGTH, flux, ivar, [(0.1, np.zeros(2))], PRIOR)
    assert fit.amplitude == pytest.approx(7e-17, rel=0.05)
    known = np.isfinite(fit.flux)
    assert fit.n_pixel == known.sum()
    np.testing.assert_allclose(fit.flux[known], flux[known], rtol=0.1)
    assert fit.chi2 / fit.n_pixel == pytest.approx(1.0, abs=0.3)


def test_the_better_of_two_starts_is_taken():
    flux, ivar = raw(np.array([0.5, 1.5]), 0.1, 100.0, np.random.default_rng(2))
    fit = fit_observed(BentLine(), WAVELENGTH, flux, ivar, [(0.3, np.zeros(2)), (0.1, np.zeros(2))], PRIOR)
    assert fit.z == pytest.approx(0.1, abs=0.003)


def test_a_spectrum_out_of_reach_is_told_in_a_sentence():
    flux, ivar = raw(np.zeros(2), 0.1, 30.0, np.random.default_rng(3))
    with pytest.raises(BadConfig, match="reaches fewer than 20 seen pixels"):
        fit_observed(BentLine(), WAVELENGTH, flux, ivar, [(9.0, np.zeros(2))], PRIOR)


def test_the_model_is_averaged_over_pixels_of_any_width_as_if_finely_sampled():
    latents, z = np.array([0.3, 1.5]), 0.1
    curve = CubicSpline(np.arange(GRID.n_pixel), BentLine().decode(latents[None])[0])
    for step in (3.0, 12.0, 40.0):
        wavelength = np.arange(4700.0, 7300.0, step)
        fine = wavelength[:, None] + step * ((np.arange(300) + 0.5) / 300 - 0.5)
        clean = curve((np.log10(fine / (1 + z)) - GRID.log10_start) / GRID.log10_step).mean(axis=1)
        fit = fit_observed(BentLine(), wavelength, clean, np.full(len(clean), 1e6), [(z, latents)], PRIOR)
        np.testing.assert_allclose(fit.flux, clean, atol=0.003)


def test_pixels_of_the_grid_itself_get_the_decoded_values_however_narrow_a_line():
    model, latents = NarrowLine(), np.array([0.3, 1.5])
    decoded = model.decode(latents[None])[0]
    fit = fit_observed(model, GRID.wavelength, decoded, np.full(GRID.n_pixel, 1e6), [(0.0, latents)], PRIOR)
    known = np.isfinite(fit.flux)
    np.testing.assert_allclose(fit.flux[known], decoded[known], atol=3e-4)
    np.testing.assert_allclose(fit.latents, latents, atol=5e-3)
