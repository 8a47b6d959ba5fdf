import gzip
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from specvae_core.data.file_lists import find_files
from specvae_core.data.readers import read_file
from specvae_core.data.spectra import Observation
from specvae_core.errors import Reason, Refused


def only(observations: Iterable[Observation | Refused]) -> Observation:
    (observation,) = observations
    assert isinstance(observation, Observation)
    return observation


def test_every_number_of_the_file_arrives(sdss_file, tmp_path):
    observation = only(read_file(sdss_file.write(tmp_path / "anything.fits")))
    assert observation.id == "0266-51602-0013"
    np.testing.assert_allclose(observation.wavelength, 10.0 ** sdss_file.loglam.astype(float), rtol=1e-12)
    np.testing.assert_array_equal(observation.flux, sdss_file.flux)
    np.testing.assert_array_equal(observation.ivar, sdss_file.ivar)
    assert observation.redshift == 0.125
    assert not observation.is_sky
    assert not observation.rest_frame
    expected = {"class": "GALAXY", "subclass": "STARFORMING", "zwarning": 4, "plate": 266, "mjd": 51602, "fiberid": 13}
    expected |= {"ra": 146.25, "dec": -0.5, "sn_median_all": 16.5, "sourcetype": "GALAXY", "survey": "sdss"}
    assert expected.items() <= observation.columns.items()
    assert "filler" not in observation.columns


def test_lines_that_were_fitted_arrive_and_others_do_not(sdss_file, tmp_path):
    fits_ = {line.name: line for line in only(read_file(sdss_file.write(tmp_path / "a.fits"))).line_fits}
    assert fits_.keys() == {"H_beta", "[O_III] 5007", "H_alpha"}
    alpha = fits_["H_alpha"]
    assert (alpha.wavelength, alpha.area, alpha.area_error) == (6564.61, 150.0, 6.0)
    assert (alpha.sigma, alpha.equivalent_width) == (120.0, 21.0)


def test_lower_case_columns_no_lines_and_exposures_behind_make_no_difference(sdss_file, tmp_path):
    whole = only(read_file(sdss_file.write(tmp_path / "a.fits")))
    sdss_file.lower_case, sdss_file.with_lines, sdss_file.n_exposures = True, False, 2
    other = only(read_file(sdss_file.write(tmp_path / "b.fits")))
    np.testing.assert_array_equal(other.flux, whole.flux)
    assert dict(other.columns) == dict(whole.columns)
    assert other.line_fits == ()


def test_bad_mask_bits_cost_the_pixel_and_harmless_ones_do_not(sdss_file, tmp_path):
    sdss_file.and_mask[:3] = 1 << 22, (1 << 16) | (1 << 23), (1 << 16) | (1 << 27)
    ivar = only(read_file(sdss_file.write(tmp_path / "a.fits"))).ivar
    assert ivar[:4].tolist() == [0.0, 4.0, 0.0, 4.0]


def test_numbers_that_are_no_measurement_get_no_weight(sdss_file, tmp_path):
    sdss_file.flux[0], sdss_file.ivar[1:4] = np.nan, [np.nan, np.inf, -1.0]
    ivar = only(read_file(sdss_file.write(tmp_path / "a.fits"))).ivar
    assert ivar[:5].tolist() == [0.0, 0.0, 0.0, 0.0, 4.0]


@pytest.mark.parametrize(("column", "value"), [("ZWARNING", ("J", 5)), ("SOURCETYPE", ("8A", "SKY"))])
def test_a_sky_fibre_is_told(sdss_file, tmp_path, column, value):
    sdss_file.catalogue[column] = value
    assert only(read_file(sdss_file.write(tmp_path / "a.fits"))).is_sky


def test_without_plates_the_name_of_the_file_is_the_id(sdss_file, tmp_path):
    for column in ("PLATE", "FIBERID"):
        del sdss_file.catalogue[column]
    assert only(read_file(sdss_file.write(tmp_path / "spec-101-59650-270.fits"))).id == "101-59650-270"


def test_scaled_columns_are_unscaled(sdss_file, tmp_path):
    path = sdss_file.write(tmp_path / "a.fits")
    with fits.open(path, mode="update") as units:
        plates = fits.Column(name="PLATE", format="J", bzero=2**31, array=np.array([15000], dtype=np.uint32))
        others = [column for column in units[2].columns if column.name != "PLATE"]
        units[2] = fits.BinTableHDU.from_columns([*others, plates], name="SPALL")
    assert only(read_file(path)).id == "15000-51602-0013"


def test_gzip_is_undone(sdss_file, tmp_path):
    path = sdss_file.write(tmp_path / "a.fits")
    packed = tmp_path / "a.fits.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    np.testing.assert_array_equal(only(read_file(packed)).flux, sdss_file.flux)


@pytest.mark.parametrize("where", [100, 2880, 2880 + 500, 3 * 2880 + 40, 4 * 2880, 5 * 2880 + 10, -2880 - 1])
def test_a_file_cut_short_anywhere_is_unreadable(sdss_file, tmp_path, where):
    path = sdss_file.write(tmp_path / "a.fits")
    path.write_bytes(path.read_bytes()[:where])
    with pytest.raises(Refused) as caught:
        list(read_file(path))
    assert caught.value.reason in (Reason.UNREADABLE, Reason.FOREIGN)
    assert (caught.value.reason is Reason.FOREIGN) == (where == 2880)  # a sound file of an empty primary unit
    assert "a.fits" in str(caught.value)


def test_a_table_without_catalogue_behind_is_foreign(sdss_file, tmp_path):
    del sdss_file.catalogue["CLASS"]
    with pytest.raises(Refused, match="CLASS, Z, ZWARNING") as caught:
        list(read_file(sdss_file.write(tmp_path / "a.fits")))
    assert caught.value.reason is Reason.FOREIGN


def test_damage_never_surfaces_as_anything_but_a_refusal(sdss_file, tmp_path):
    content = sdss_file.write(tmp_path / "a.fits").read_bytes()
    rng = np.random.default_rng(0)
    path = tmp_path / "b.fits"
    refused = 0
    for _ in range(150):
        damaged = bytearray(content)
        for position in rng.integers(0, len(content), size=20):
            damaged[position] = rng.integers(32, 127)
        path.write_bytes(damaged)
        try:
            list(read_file(path))
        except Refused:
            refused += 1
    assert 0 < refused < 150


@pytest.mark.real_data
def test_real_files_agree_with_astropy(real_data):
    for path in find_files([real_data / "sdss"])[::20]:
        observation = only(read_file(path))
        assert f"spec-{observation.id}" == path.stem
        with fits.open(path, memmap=False) as units:
            pixels, row = units[1].data, units[2].data[0]
            np.testing.assert_array_equal(observation.flux, pixels["flux"])
            np.testing.assert_allclose(np.log10(observation.wavelength), pixels["loglam"], atol=1e-9)
            seen = observation.ivar > 0
            np.testing.assert_array_equal(observation.ivar[seen], pixels["ivar"][seen])
            assert seen.mean() > 0.8
            assert observation.redshift == row["Z"]
            assert observation.columns["class"] == row["CLASS"].strip()
            assert observation.columns["ra"] == row["PLUG_RA"]
            assert len(observation.line_fits) == (units[3].data["LINEAREA_ERR"] > 0).sum()


@pytest.mark.real_data
def test_all_real_objects_are_read_and_all_real_sky_is_told(real_data):
    objects = [only(read_file(path)) for path in find_files([real_data / "sdss"])]
    sky = [only(read_file(path)) for path in find_files([real_data / "sdss_sky"])]
    assert len({o.id for o in objects}) == len(list(Path(real_data / "sdss").glob("*.fits")))
    assert not any(o.is_sky for o in objects)
    assert all(o.is_sky for o in sky)


@pytest.mark.real_data
def test_files_that_only_bear_the_name_are_foreign(real_data):
    paths = find_files([real_data / "sdss_nonconforming"])
    for path in paths:
        with pytest.raises(Refused) as caught:
            list(read_file(path))
        assert caught.value.reason is Reason.FOREIGN
    assert len(paths) == 4


@pytest.mark.real_data
def test_a_real_file_cut_short_is_unreadable(real_data, tmp_path):
    content = find_files([real_data / "sdss"])[0].read_bytes()
    for share in (0.001, 0.05, 0.1, 0.3, 0.7, 0.9, 0.97):
        path = tmp_path / "cut.fits"
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(Refused) as caught:
            list(read_file(path))
        assert caught.value.reason is Reason.UNREADABLE


def test_sdss_v_knows_fibre_positions_and_ids(sdss_file, tmp_path):
    for name in ("PLATE", "FIBERID", "PLUG_RA", "PLUG_DEC", "RA"):
        sdss_file.catalogue.pop(name)
    sdss_file.catalogue |= {
        "FIELD": ("K", 112359),
        "CATALOGID": ("K", 27021598054114233),
        "SDSS_ID": ("K", 54459273),
        "FIBER_RA": ("D", 150.1),
        "FIBER_DEC": ("D", 2.2),
        "RACAT": ("D", 150.2),
        "DECCAT": ("D", 2.3),
    }
    (observation,) = read_file(sdss_file.write(tmp_path / "spec-112359-60086-27021598054114233.fits"))
    assert observation.id == "112359-60086-27021598054114233"
    assert (observation.columns["ra"], observation.columns["dec"]) == (150.1, 2.2)
    assert observation.columns["catalogid"] == 27021598054114233
    assert observation.columns["sdss_id"] == 54459273
    assert observation.understood.reader == "SDSS-V spec"


def test_without_a_fibre_position_the_catalogues_counts(sdss_file, tmp_path):
    for name in ("PLATE", "FIBERID", "PLUG_RA", "PLUG_DEC", "RA"):
        sdss_file.catalogue.pop(name)
    sdss_file.catalogue |= {"RACAT": ("D", 150.2), "DECCAT": ("D", 2.3)}
    (observation,) = read_file(sdss_file.write(tmp_path / "spec-1-2-3.fits"))
    assert (observation.columns["ra"], observation.columns["dec"]) == (150.2, 2.3)
