"""Lines measured on spectra whose lines are known."""

import numpy as np
import pytest

from specvae_core.analysis.track_lines import COLUMNS, measure_lines
from specvae_core.grid import DEFAULT_GRID, SPEED_OF_LIGHT, SpectralGrid
from specvae_core.lines import FWHM_PER_SIGMA, LINE


def gaussian(key: str, ew: float, fwhm: float, wavelength: float | None = None) -> np.ndarray:
    """A line of an equivalent width over a continuum of 1, integrated over pixels."""
    centre = wavelength or LINE[key].wavelength
    sigma = centre * fwhm / FWHM_PER_SIGMA / SPEED_OF_LIGHT
    fine = np.linspace(DEFAULT_GRID.edges[:-1], DEFAULT_GRID.edges[1:], 41)
    return (np.exp(-0.5 * ((fine - centre) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi)) * ew).mean(axis=0)


def spectrum(**lines: tuple[float, float]) -> np.ndarray:
    """A sloping continuum with lines ``key=(equivalent width, FWHM in km/s)``, [N II] and [O III] as doublets."""
    relative = np.ones(DEFAULT_GRID.n_pixel)
    for key, (ew, fwhm) in lines.items():
        relative += gaussian(key, ew, fwhm)
        if key == "nii_6584":
            relative += gaussian("nii_6548", ew / 2.96, fwhm)
        if key == "oiii_5007":
            relative += gaussian("oiii_4959", ew / 2.98, fwhm)
    return relative * (1 + 0.2 * (DEFAULT_GRID.wavelength - 6000) / 3000)


def test_narrow_lines_keep_their_equivalent_widths_and_their_width():
    lines = {"h_alpha": 40.0, "nii_6584": 16.0, "sii_6717": 6.0, "sii_6731": 4.0, "h_beta": 9.0, "oiii_5007": 20.0}
    found = measure_lines(DEFAULT_GRID, spectrum(**{key: (ew, 330.0) for key, ew in lines.items()})[None])
    for key in ("h_alpha", "nii_6584", "h_beta", "oiii_5007"):
        assert found[f"ew_{key}"][0] == pytest.approx(lines[key], rel=0.02)
    assert found["ew_sii"][0] == pytest.approx(10.0, rel=0.02)
    assert found["fwhm_h_alpha"][0] == pytest.approx(330.0, rel=0.03)
    assert found["log_nii_ha"][0] == pytest.approx(np.log10(16 / 41.5), abs=0.01)
    assert found["log_sii_ha"][0] == pytest.approx(np.log10(10 / 41.5), abs=0.01)


@pytest.mark.parametrize("fwhm", [1700.0, 3000.0, 5200.0, 7600.0])
def test_a_broad_line_beside_narrow_ones_gives_its_width(fwhm):
    flux = spectrum(h_alpha=(15.0, 400.0), nii_6584=(12.0, 400.0)) + gaussian("h_alpha", 220.0, fwhm)
    assert measure_lines(DEFAULT_GRID, flux[None])["fwhm_h_alpha"][0] == pytest.approx(fwhm, rel=0.06)


def test_absorption_has_a_negative_width_and_no_ratios():
    found = measure_lines(DEFAULT_GRID, spectrum(h_alpha=(-1.8, 500.0), h_beta=(-2.5, 500.0))[None])
    assert found["ew_h_alpha"][0] == pytest.approx(-1.8, rel=0.05)
    assert np.isnan([found[name][0] for name in ("log_nii_ha", "log_oiii_hb", "log_sii_ha", "fwhm_h_alpha")]).all()


def test_the_break_is_the_ratio_of_the_two_sides():
    # A spectrum that is flat per frequency on both sides, twice as high beyond 3975 Angstrom.
    flux = np.where(DEFAULT_GRID.wavelength > 3975, 2.0, 1.0) / DEFAULT_GRID.wavelength**2
    assert measure_lines(DEFAULT_GRID, flux[None])["d4000"][0] == pytest.approx(2.0, rel=1e-3)


def test_spectra_are_measured_each_for_itself():
    together = [spectrum(h_alpha=(5.0, 300.0)), spectrum(h_alpha=(80.0, 250.0)) + gaussian("h_alpha", 200.0, 4000.0)]
    both = measure_lines(DEFAULT_GRID, np.array(together))
    for i, flux in enumerate(together):
        alone = measure_lines(DEFAULT_GRID, flux[None])
        for name in COLUMNS:
            np.testing.assert_allclose(both[name][i], alone[name][0], rtol=1e-6)


def test_a_grid_without_lines_or_too_coarse_for_them_gives_nothing():
    for grid in (SpectralGrid.from_range(7000, 9000, 300), SpectralGrid.from_range(3600, 7300, 100)):
        found = measure_lines(grid, np.ones((2, grid.n_pixel)))
        assert set(found) == set(COLUMNS)
        assert np.isnan([found[name] for name in COLUMNS if name != "d4000"]).all()
