from dataclasses import replace

import numpy as np
import pytest

from specvae_core.data.readers import read_file
from specvae_core.data.suggest import MAX_PIXELS, rest_range, suggest_grid
from specvae_core.errors import UserError
from specvae_core.lines import air_to_vacuum


def save(path, wave, z):
    np.savez(path, wave=wave, flux=np.ones((len(z), len(wave))), ivar=np.ones((len(z), len(wave))), z=np.asarray(z))


def test_the_grid_is_that_of_the_median_object_at_rest(tmp_path):
    wave = 10 ** np.arange(3.6, 3.9, 1e-3)
    save(tmp_path / "a.npz", wave, [0.0, 0.1, 5.0])
    grid = suggest_grid([tmp_path])
    assert grid.wavelength[0] == pytest.approx(np.ceil(wave[0] / 1.1))
    assert grid.wavelength[-1] == pytest.approx(np.floor(wave[-1] / 1.1))
    assert grid.log10_step == pytest.approx(1e-3, rel=0.01)


def test_air_is_converted_and_pixels_are_limited(tmp_path):
    wave = np.linspace(5000.0, 7000.0, 40_000)
    save(tmp_path / "a.npz", wave, [0.0])
    grid = suggest_grid([tmp_path], air=True)
    assert grid.n_pixel == MAX_PIXELS
    assert grid.wavelength[0] == pytest.approx(np.ceil(air_to_vacuum(wave[:1])[0]))


@pytest.mark.parametrize("damage", [0.0, -1.0, np.nan, np.inf])
def test_damaged_wavelengths_do_not_count(tmp_path, damage):
    wave = 10 ** np.arange(3.6, 3.9, 1e-3)
    save(tmp_path / "a.npz", wave, [0.0])
    (whole,) = read_file(tmp_path / "a.npz")
    for place in (0, 50, -1):
        wavelength = whole.wavelength.copy()
        wavelength[place] = damage
        np.testing.assert_allclose(rest_range(replace(whole, wavelength=wavelength)), rest_range(whole), rtol=5e-3)
    assert rest_range(replace(whole, wavelength=np.full(len(wave), damage))) == (0, 0, 0)


def test_files_without_a_spectrum_are_told(tmp_path):
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.4")
    with pytest.raises(UserError, match="None of the first files holds a spectrum"):
        suggest_grid([tmp_path])


@pytest.mark.real_data
def test_miles_suggests_its_own_range(real_data):
    grid = suggest_grid([real_data / "miles.npz"], air=True)
    assert (round(grid.wavelength[0]), round(grid.wavelength[-1])) == (3542, 7411)
