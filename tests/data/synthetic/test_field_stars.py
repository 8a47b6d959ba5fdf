import numpy as np
from numpy.random import default_rng

from specvae_core.data.synthetic.field_stars import ERRORS, draw_stars, star_observations
from specvae_core.data.synthetic.stars import SUN_GRAVITY, WAVELENGTH, star_spectra


def depth(flux: np.ndarray, low: float, high: float) -> float:
    """Mean light lost between two wavelengths, against 50 Angstrom on either side."""
    inside = np.abs(WAVELENGTH - (low + high) / 2) < (high - low) / 2
    beside = (np.abs(WAVELENGTH - low + 25) < 25) | (np.abs(WAVELENGTH - high - 25) < 25)
    return float(1 - flux[inside].mean() / flux[beside].mean())


def test_pressure_strengthens_magnesium_in_cool_dwarfs() -> None:
    giant, dwarf = star_spectra(np.array([4600.0, 4600.0]), 0.0, np.array([2.0, 4.7]))
    assert depth(dwarf, 5160, 5195) > 1.1 * depth(giant, 5160, 5195)
    np.testing.assert_array_equal(star_spectra(np.array([4600.0]), 0.0, SUN_GRAVITY), star_spectra(np.array([4600.0])))


def test_giants_are_cool_and_of_low_gravity() -> None:
    stars = draw_stars(2000, default_rng(0))
    giants = stars["kind"] == "giant"
    assert 0.3 < giants.mean() < 0.4
    assert stars["logg"][giants].max() < 4.9
    assert stars["logg"][giants].mean() < stars["logg"][~giants].mean() - 1.5


def test_labels_scatter_about_the_truth_by_their_errors_and_seeds_repeat() -> None:
    stars = list(star_observations(300, 1))
    for name, sigma in ERRORS.items():
        pull = [(star.columns[name] - star.columns[f"true_{name}"]) / sigma for star in stars]
        assert abs(np.mean(pull)) < 0.25
        assert 0.85 < np.std(pull) < 1.15
    again = next(star_observations(300, 1))
    np.testing.assert_array_equal(again.flux, stars[0].flux)
    assert again.columns == stars[0].columns
