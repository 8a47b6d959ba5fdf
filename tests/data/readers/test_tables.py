"""VOTable, ECSV and IPAC tables with known spectra."""

import astropy.units as u
import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from specvae_core.data.readers import read_file
from specvae_core.errors import Reason, Refused

WAVE = np.linspace(400.0, 500.0, 30)
FLUX = np.linspace(1.0, 2.0, 30)
FORMATS = [("a.vot", "votable"), ("a.ecsv", "ascii.ecsv"), ("a.tbl", "ascii.ipac")]


@pytest.mark.parametrize(("name", "form"), FORMATS)
def test_a_pixel_a_row_with_units(tmp_path, name, form):
    table = Table({"wave": WAVE * u.nm, "flux": FLUX * u.mJy, "flux_err": FLUX * 100 * u.uJy})
    table.write(tmp_path / name, format=form)
    (spectrum,) = read_file(tmp_path / name)
    wavelength = WAVE * 10
    expected = (FLUX * u.mJy).to_value(u.Unit("1e-17 erg/(s cm2 AA)"), u.spectral_density(wavelength * u.AA))
    np.testing.assert_allclose(spectrum.wavelength, wavelength)
    np.testing.assert_allclose(spectrum.flux, expected, rtol=1e-6)
    np.testing.assert_allclose(1 / np.sqrt(spectrum.ivar), 0.1 * expected, rtol=1e-6)  # errors are in another unit
    assert "nm to Angstrom" in spectrum.understood.converted


@pytest.mark.parametrize(("name", "form"), FORMATS[:2])
def test_a_spectrum_a_row_with_vector_columns(tmp_path, name, form):
    ids = MaskedColumn([2**60 + 1, 2**60 + 3, 0], mask=[False, False, True], dtype=np.int64)
    rows = np.arange(1.0, 4.0)[:, None] * FLUX
    table = Table(
        {"source_id": ids, "wavelength": np.tile(WAVE, (3, 1)) * u.nm, "flux": rows, "zbest": [0.1, 0.2, 0.3]}
    )
    table.write(tmp_path / name, format=form)
    spectra = list(read_file(tmp_path / name))
    assert [s.id for s in spectra] == [str(2**60 + 1), str(2**60 + 3), "a-00002"]
    assert [s.redshift for s in spectra] == [0.1, 0.2, 0.3]
    np.testing.assert_allclose(spectra[2].flux, 3 * FLUX)
    np.testing.assert_allclose(spectra[2].wavelength, 10 * WAVE)


def test_descriptors_say_what_names_do_not(tmp_path):
    table = Table({"x": WAVE * u.nm, "y": FLUX, "dy": FLUX / 10})
    for name, ucd in (("x", "em.wl;obs.atmos"), ("y", "phot.flux.density;em.wl"), ("dy", "stat.error;phot.flux")):
        table[name].meta["ucd"] = ucd
    table.write(tmp_path / "a.vot", format="votable")
    (spectrum,) = read_file(tmp_path / "a.vot")
    np.testing.assert_allclose(spectrum.flux, FLUX)
    np.testing.assert_allclose(spectrum.ivar, 100 / FLUX**2)
    assert spectrum.in_air


def test_a_long_table_of_two_objects(tmp_path):
    table = Table({"id": ["a"] * 30 + ["b"] * 30, "wave": np.tile(WAVE, 2) * u.nm, "flux": np.append(FLUX, 2 * FLUX)})
    table.write(tmp_path / "a.ecsv")
    first, second = read_file(tmp_path / "a.ecsv")
    assert (first.id, second.id) == ("a", "b")
    np.testing.assert_allclose(second.flux, 2 * FLUX)


def test_keywords_say_the_redshift(tmp_path):
    table = Table({"wave": WAVE * u.nm, "flux": FLUX}, meta={"redshift": 0.5, "observer": "me"})
    table.write(tmp_path / "a.ecsv")
    (spectrum,) = read_file(tmp_path / "a.ecsv")
    assert spectrum.redshift == 0.5


def test_data_that_lie_elsewhere_are_not_followed(tmp_path):
    table = Table({"wave": WAVE * u.nm, "flux": FLUX})
    table.write(tmp_path / "a.vot", format="votable", tabledata_format="binary")
    text = (tmp_path / "a.vot").read_text()
    start, end = text.index("<STREAM"), text.index("</STREAM>")
    (tmp_path / "a.vot").write_text(text[:start] + '<STREAM href="file:///etc/passwd">' + text[end:])
    with pytest.raises(Refused, match="another file") as caught:
        list(read_file(tmp_path / "a.vot"))
    assert caught.value.reason is Reason.FOREIGN


def test_a_table_without_spectra_is_foreign(tmp_path):
    Table({"ra": [1.0], "dec": [2.0]}).write(tmp_path / "a.vot", format="votable")
    with pytest.raises(Refused, match="dec, ra") as caught:
        list(read_file(tmp_path / "a.vot"))
    assert caught.value.reason is Reason.FOREIGN
