"""Other spellings of the same layouts: names, masks, media, units and cells as people write them, with known truth."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from specvae_core.data.readers import read_file
from specvae_core.data.spectra import Observation
from specvae_core.errors import Reason, Refused
from specvae_core.lines import air_to_vacuum

from .fits_files import LINE, NOISE, image, line_centre, spectrum, table, write

WAVELENGTH = np.linspace(6000.0, 7000.0, 800)
FLUX = spectrum(WAVELENGTH)
ERROR = np.full(800, NOISE)
BAD = (WAVELENGTH > 6100) & (WAVELENGTH < 6120)
SPIKED = np.where(BAD, 50.0, FLUX)
SCALE = {"CRVAL1": 6000.0, "CDELT1": WAVELENGTH[1] - WAVELENGTH[0], "CRPIX1": 1.0, "CUNIT1": "Angstrom"}
AIR_FLUX = spectrum(air_to_vacuum(WAVELENGTH))
REDSHIFTS = np.array([0.1, 0.2, 0.05])


def read_one(path: Path) -> Observation:
    (observation,) = read_file(path)
    return observation


def csv(path: Path, columns: dict) -> Path:
    pd.DataFrame(columns).to_csv(path / "a.csv", index=False)
    return path / "a.csv"


def centre(observation: Observation) -> float:
    wavelength = observation.wavelength
    return line_centre(air_to_vacuum(wavelength) if observation.in_air else wavelength, observation.flux)


@pytest.mark.parametrize(
    "name", ["errs", "sig_flux", "sigmaFlux", "unc_flux", "std_dev", "1sigma", "flux_1sigma", "flux.err", "Flux Error"]
)
def test_names_of_errors(tmp_path, name):
    observation = read_one(csv(tmp_path, {"wavelength": WAVELENGTH, "sky": 9.0, "flux": FLUX, name: ERROR}))
    np.testing.assert_allclose(observation.ivar, NOISE**-2)


@pytest.mark.parametrize("name", ["lambda / nm", "Wavelength [nm]", "wave_nm", "wavelength, nm", "vac_wave (nm)"])
def test_units_in_names(tmp_path, name):
    observation = read_one(csv(tmp_path, {name: WAVELENGTH / 10, "flux": FLUX, "err": ERROR}))
    assert centre(observation) == pytest.approx(LINE, abs=0.2)


@pytest.mark.parametrize(
    ("name", "marks_good"),
    [(name, True) for name in ("good", "is_good", "goodpix", "valid_mask")]
    + [(name, False) for name in ("isbad", "bad_mask", "DATAQUAL", "dq_flags", "masked")],
)
def test_masks_of_good_and_of_bad_pixels(tmp_path, name, marks_good):
    mask = ~BAD if marks_good else BAD
    text = csv(tmp_path, {"wavelength": WAVELENGTH, "flux": SPIKED, "err": ERROR, name: mask.astype(int)})
    columns = {"WAVE": ("D", WAVELENGTH), "FLUX": ("D", SPIKED), "ERR": ("D", ERROR)}
    rows = write(tmp_path / "a.fits", table("", columns | {name: ("L", mask)}))
    images = write(tmp_path / "b.fits", image("ERR", ERROR), image(name, mask.astype("u1")), primary=SPIKED, **SCALE)
    for path in (text, rows, images):
        observation = read_one(path)
        np.testing.assert_array_equal(observation.ivar == 0, BAD)
        assert ("0 is bad" if marks_good else "not 0 is bad") in observation.understood.mask


@pytest.mark.parametrize(
    ("header", "in_air"),
    [
        ({"AIRORVAC": "in air"}, True),
        ({"WAVEMED": "air"}, True),
        ({"MEDIUM": "AIR"}, True),
        ({"AIRVAC": "Vacuum"}, False),
        ({"VACWAVE": False}, True),
        ({"AIR": True}, True),
        ({"VACUUM": "no"}, True),
    ],
)
def test_media(tmp_path, header, in_air):
    flux = AIR_FLUX if in_air else FLUX
    observation = read_one(write(tmp_path / "a.fits", primary=flux, **SCALE, **header))
    assert observation.in_air == in_air
    assert centre(observation) == pytest.approx(LINE, abs=0.2)
    columns = {"WAVE": ("D", WAVELENGTH), "FLUX": ("D", flux)}
    observation = read_one(write(tmp_path / "b.fits", table("", columns, {"WAVE": "Angstrom"}), **header))
    assert centre(observation) == pytest.approx(LINE, abs=0.2)


@pytest.mark.parametrize("name", ["awav", "wavelength_air", "air_wavelength", "lambda_air (Angstrom)"])
def test_names_that_say_air(tmp_path, name):
    observation = read_one(csv(tmp_path, {name: WAVELENGTH, "flux": AIR_FLUX}))
    assert observation.in_air
    assert centre(observation) == pytest.approx(LINE, abs=0.2)


@pytest.mark.parametrize("word", ["N/A", "--", "unknown"])
def test_a_redshift_in_words_is_no_spectrum_at_rest(tmp_path, word):
    observation = read_one(write(tmp_path / "a.fits", primary=FLUX, **SCALE, REDSHIFT=word))
    assert np.isnan(observation.redshift)
    assert read_one(write(tmp_path / "b.fits", primary=FLUX, **SCALE, ZBEST="0.1")).redshift == 0.1


@pytest.mark.parametrize("name", ["z_sp", "z_em", "Z_OBS", "z_spectroscopic", "z_cmb"])
def test_names_of_redshifts(tmp_path, name):
    np.savez(tmp_path / "a.npz", wavelength=WAVELENGTH, flux=np.tile(FLUX, (3, 1)), **{name: REDSHIFTS})
    assert [o.redshift for o in read_file(tmp_path / "a.npz")] == REDSHIFTS.tolist()


def test_a_magnitude_z_is_no_redshift(tmp_path):
    bands = {band: np.full(3, 18.0) for band in "griz"}
    np.savez(tmp_path / "a.npz", wavelength=WAVELENGTH, flux=np.tile(FLUX, (3, 1)), **bands)
    assert {o.redshift for o in read_file(tmp_path / "a.npz")} == {None}


@pytest.mark.parametrize("name", ["object", "target", "CATID", "IAU_NAME", "obj_name"])
def test_names_of_ids(tmp_path, name):
    path = csv(tmp_path, {name: ["007", "012"], "3500": [1.0, 2.0], "3501": [2.0, 3.0]})
    assert [o.id for o in read_file(path)] == ["007", "012"]


def test_one_mask_and_one_error_for_all(tmp_path):
    rows = {"wave": WAVELENGTH, "flux": np.tile(SPIKED, (3, 1))}
    np.savez(tmp_path / "a.npz", **rows, mask=BAD, err=ERROR)
    for observation in read_file(tmp_path / "a.npz"):
        np.testing.assert_array_equal(observation.ivar == 0, BAD)
        np.testing.assert_allclose(observation.ivar[~BAD], NOISE**-2)


@pytest.mark.parametrize(("unit", "factor"), [("mJy", 1e3), ("Jy", 1.0), ("", 1.0)])
def test_errors_in_another_multiple_of_the_unit_of_the_flux(tmp_path, unit, factor):
    columns = {"WAVE": ("D", WAVELENGTH), "FLUX": ("D", FLUX), "ERR": ("D", ERROR * factor)}
    units = {"WAVE": "Angstrom", "FLUX": "Jy", "ERR": unit}
    path = write(tmp_path / "a.fits", table("", columns, units))
    observation = read_one(path)
    assert np.median(observation.flux * observation.ivar**0.5) == pytest.approx(1 / NOISE, rel=0.05)


def test_a_variance_in_another_multiple_of_the_squared_unit(tmp_path):
    variance = image("STAT", (ERROR * 1e3) ** 2, BUNIT="mJy**2")
    observation = read_one(write(tmp_path / "a.fits", image("DATA", FLUX, **SCALE, BUNIT="Jy"), variance))
    assert np.median(observation.flux * observation.ivar**0.5) == pytest.approx(1 / NOISE, rel=0.05)


@pytest.mark.parametrize("unit", ["mag", "ABmag", "AB", "mag_AB", "AB mag", "STmag"])
def test_spellings_of_magnitudes(tmp_path, unit):
    columns = {"WAVE": ("D", WAVELENGTH), "FLUX": ("D", 20 - FLUX)}
    with pytest.raises(Refused, match="logarithmic"):
        read_one(write(tmp_path / "a.fits", table("", columns, {"WAVE": "Angstrom", "FLUX": unit})))


def test_missing_whole_numbers_in_fits_tables(tmp_path):
    counts = np.where(BAD, -999, FLUX * 1000).astype("i4")
    columns = [
        fits.Column("WAVE", "D", unit="Angstrom", array=WAVELENGTH),
        fits.Column("FLUX", "J", null=-999, array=counts),
    ]
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(tmp_path / "a.fits")
    np.testing.assert_array_equal(np.isnan(read_one(tmp_path / "a.fits").flux), BAD)


def test_a_table_of_objects_beside_an_image_of_spectra(tmp_path):
    objects = table("OBJECTS", {"NAME": ("3A", ["a", "b", "c"]), "Z": ("D", REDSHIFTS), "RA": ("D", [1.0, 2.0, 3.0])})
    flux = image("FLUX", np.tile(FLUX, (3, 1)))
    path = write(tmp_path / "a.fits", flux, image("WAVELENGTH", WAVELENGTH, BUNIT="Angstrom"), objects)
    spectra = list(read_file(path))
    assert [o.id for o in spectra] == ["a", "b", "c"]
    assert [o.redshift for o in spectra] == REDSHIFTS.tolist()


def test_groups_of_hdf5_are_called_after_their_last_names(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name in ("x", "y"):
            file.create_dataset(f"spectra/{name}/flux", data=FLUX)
            file.create_dataset(f"spectra/{name}/wave", data=WAVELENGTH / 10).attrs["UNIT"] = b"nm"
    assert [o.id for o in read_file(tmp_path / "a.h5")] == ["x", "y"]


def test_names_of_pixels_behind_a_hash(tmp_path):
    (tmp_path / "a.csv").write_text("#id,z,flux_3500,flux_3501\n007,0.1,1,2\n008,0.2,3,4\n", "utf-8")
    assert [(o.id, o.redshift) for o in read_file(tmp_path / "a.csv")] == [("007", 0.1), ("008", 0.2)]


def test_a_table_without_rows_has_nothing_to_read(tmp_path):
    (tmp_path / "a.csv").write_text("wavelength,flux,err\n", "utf-8")
    with pytest.raises(Refused, match="no rows") as caught:
        read_one(tmp_path / "a.csv")
    assert caught.value.reason is Reason.FOREIGN
