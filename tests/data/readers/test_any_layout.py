"""Whatever the layout, unit, order, medium and type of numbers: wavelength, flux and error come back to 1e-6."""

import warnings
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import Table
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from specvae_core.data.readers import read_file
from specvae_core.data.readers.units import FLUX_UNIT
from specvae_core.data.understanding import FileHints

WAVELENGTH_UNITS = ("Angstrom", "nm", "um", "Hz", "eV")
FLUX_UNITS = ("1e-17 erg / (s cm2 Angstrom)", "erg / (s cm2 Angstrom)", "W / (m2 um)", "mJy", "uJy")
LAYOUTS = ("npz", "csv", "fits table", "fits vectors", "fits image", "ecsv", "votable", "hdf5")
SAID = FileHints({"wavelength": "axis", "flux": "flux", "error": "err"})


@st.composite
def spectra(draw):
    """Wavelengths in Angstrom, flux and error in 1e-17 erg/s/cm2/Angstrom, and how they are stored."""
    n = draw(st.integers(8, 200))
    start, width = draw(st.floats(1500.0, 20_000.0)), draw(st.floats(0.2, 1.5))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    wavelength = start * (1 + width * np.linspace(0, 1, n))
    flux = rng.uniform(0.5, 5.0, n) * 10.0 ** draw(st.integers(-2, 3))
    error = flux * rng.uniform(0.01, 0.5, n)
    return wavelength, flux, error


def stored(values: np.ndarray, unit: str, at: np.ndarray) -> np.ndarray:
    """Fluxes (1e-17 erg/s/cm2/Angstrom) in another unit."""
    return (values * u.Unit(FLUX_UNIT)).to_value(u.Unit(unit), u.spectral_density(at * u.AA))


def write(path: Path, layout: str, columns: dict, units: dict, dtype: str, hdu: dict) -> Path:
    """One spectrum in a layout; ``columns`` and ``units`` by axis, flux and err."""
    columns = {name: values.astype(dtype) for name, values in columns.items()}
    named = {f"{name} ({units[name]})": values for name, values in columns.items()}
    if layout == "npz":
        path = path / "a.npz"
        np.savez(path, **columns, axis_unit=units["axis"], flux_unit=units["flux"])
    elif layout == "csv":
        path = path / "a.csv"
        pd.DataFrame(named).to_csv(path, index=False, float_format="%.17g")
    elif layout == "hdf5":
        path = path / "a.h5"
        with h5py.File(path, "w") as file:
            for name, values in columns.items():
                file.create_dataset(name, data=values).attrs["unit"] = units[name]
    elif layout in ("ecsv", "votable"):
        path = path / ("a.ecsv" if layout == "ecsv" else "a.vot")
        table = Table({name: values * u.Unit(units[name]) for name, values in columns.items()})
        table.write(path, format="ascii.ecsv" if layout == "ecsv" else "votable", overwrite=True)
    else:
        path = path / "a.fits"
        write_fits(path, layout, columns, units, hdu)
    return path


def write_fits(path: Path, layout: str, columns: dict, units: dict, header: dict) -> None:
    if layout == "fits image":
        image = fits.PrimaryHDU(columns["flux"])
        image.header.update(header | {"BUNIT": units["flux"]})
        error = fits.ImageHDU(columns["err"], name="ERROR")
        error.header.update(header)
        fits.HDUList([image, error]).writeto(path, overwrite=True)
        return
    n = len(columns["flux"])
    letter = columns["flux"].dtype.kind + str(columns["flux"].dtype.itemsize)
    form = {"f4": "E", "f8": "D"}[letter]
    one_row = layout == "fits vectors"
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column(name, f"{n}{form}" if one_row else form, units[name], array=[values] if one_row else values)
            for name, values in columns.items()
        ]
    )
    table.header.update(header)
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path, overwrite=True)


@settings(max_examples=120, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    spectrum=spectra(),
    layout=st.sampled_from(LAYOUTS),
    wavelength_unit=st.sampled_from(WAVELENGTH_UNITS),
    flux_unit=st.sampled_from(FLUX_UNITS),
    falling=st.booleans(),
    medium=st.sampled_from(("air", "vacuum")),
    dtype=st.sampled_from((">f8", "<f8", "<f4")),
    word=st.booleans(),
)
def test_a_spectrum_comes_back(tmp_path, spectrum, layout, wavelength_unit, flux_unit, falling, medium, dtype, word):
    wavelength, flux, error = spectrum
    assume(layout != "fits image" or wavelength_unit in ("Angstrom", "nm", "um"))  # a linear scale
    axis = (wavelength * u.AA).to_value(u.Unit(wavelength_unit), u.spectral())
    order = slice(None, None, -1) if (axis[0] < axis[-1]) == falling else slice(None)
    columns = {"axis": axis, "flux": stored(flux, flux_unit, wavelength), "err": stored(error, flux_unit, wavelength)}
    columns = {name: values[order] for name, values in columns.items()}
    units = {"axis": wavelength_unit, "flux": flux_unit, "err": flux_unit}
    header = {}
    if layout == "fits image":
        scale = columns["axis"]
        header = {
            **{"CRVAL1": scale[0], "CDELT1": (scale[-1] - scale[0]) / (len(scale) - 1), "CRPIX1": 1.0},
            **{"CUNIT1": wavelength_unit, "CTYPE1": "AWAV" if medium == "air" else "WAVE"},
        }
    hints = {"columns": SAID.columns if layout in ("npz", "hdf5", "ecsv", "votable") else {}}
    if layout == "csv":
        hints["columns"] = {role: f"{name} ({units[name]})" for role, name in SAID.columns.items()}
    if layout in ("fits table", "fits vectors"):
        header = {"VACUUM": medium == "vacuum"}
        hints["columns"] = SAID.columns
    if word or not header:
        hints["medium"] = medium
    with warnings.catch_warnings(action="ignore"):  # astropy advises against units that files have
        path = write(tmp_path, layout, columns, units, dtype.replace("<", ">") if "fits" in layout else dtype, header)
    (observation,) = read_file(path, FileHints.from_mapping(hints))
    np.testing.assert_allclose(observation.wavelength, wavelength, rtol=1e-6)
    np.testing.assert_allclose(observation.flux, flux, rtol=1e-6)
    np.testing.assert_allclose(observation.ivar**-0.5, error, rtol=1e-6)
    frequency = wavelength_unit in ("Hz", "eV")
    assert observation.in_air == (medium == "air" and (not frequency or "medium" in hints))


@pytest.mark.parametrize("layout", ["csv", "npz"])
def test_without_a_unit_the_same_numbers_are_taken_as_angstrom_or_asked_for(tmp_path, layout):
    """The convention has to be one: what is not said is Angstrom where it can be, whatever the file."""
    wavelength = np.linspace(4000.0, 8000.0, 50)
    path = tmp_path / f"a.{layout}"
    if layout == "csv":
        pd.DataFrame({"wavelength": wavelength, "flux": 1.0}).to_csv(path, index=False)
    else:
        np.savez(path, wavelength=wavelength, flux=np.ones(50))
    (observation,) = read_file(path)
    np.testing.assert_allclose(observation.wavelength, wavelength)
