import numpy as np
import pytest

from specvae_core.data.readers import read_file
from specvae_core.data.readers.axis import AT_REST
from specvae_core.data.understanding import FileHints
from specvae_core.errors import Reason, Refused
from specvae_core.lines import air_to_vacuum

from .fits_files import LINE, image, line_centre, spectrum, write

N = 1000
WAVELENGTH = 6000.0 + np.arange(N)
SCALE = {"CRVAL1": 6000.0, "CDELT1": 1.0, "CRPIX1": 1.0}
FLUX = spectrum(WAVELENGTH)


def test_an_image_without_a_scale_is_refused_for_pixel_numbers_are_no_wavelengths(tmp_path):
    with pytest.raises(Refused, match="1000 pixels") as refused:
        list(read_file(write(tmp_path / "a.fits", primary=FLUX)))
    assert refused.value.reason == Reason.UNIT


def test_pixels_without_wavelengths_are_counted_where_the_user_says_so(tmp_path):
    path = write(tmp_path / "a.fits", primary=FLUX)
    (observation,) = read_file(path, FileHints(wavelength_unit="pixel"))
    assert observation.wavelength.tolist() == list(range(1, N + 1))


def test_a_scale_of_pixel_numbers_is_refused_too(tmp_path):
    with pytest.raises(Refused, match="counts pixels"):
        list(read_file(write(tmp_path / "a.fits", primary=FLUX, CRVAL1=1.0, CDELT1=1.0, CUNIT1="Angstrom")))


def test_small_numbers_without_a_unit_are_asked_for_and_the_answer_is_used(tmp_path):
    path = write(tmp_path / "a.fits", primary=FLUX, CRVAL1=600.0, CDELT1=0.1)
    with pytest.raises(Refused, match="--wavelength-unit") as refused:
        list(read_file(path))
    assert refused.value.answer == "wavelength_unit"
    (observation,) = read_file(path, FileHints(wavelength_unit="nm"))
    assert line_centre(observation.wavelength, observation.flux) == pytest.approx(LINE, abs=0.1)


@pytest.mark.parametrize(
    ("header", "in_air"),
    [({"CTYPE1": "AWAV"}, True), ({"CTYPE1": "WAVE"}, False), ({"VACUUM": False}, True), ({"AIRORVAC": "air"}, True)],
)
def test_the_header_says_air_or_vacuum(tmp_path, header, in_air):
    (observation,) = read_file(write(tmp_path / "a.fits", primary=FLUX, **SCALE, CUNIT1="Angstrom", **header))
    assert observation.in_air == in_air


def test_falling_wavelengths_are_turned_round_with_their_errors(tmp_path):
    error = np.linspace(0.1, 0.2, N)
    path = write(
        tmp_path / "a.fits", image("ERROR", error[::-1].copy()), primary=FLUX[::-1], CRVAL1=6999.0, CDELT1=-1.0
    )
    (observation,) = read_file(path)
    np.testing.assert_allclose(observation.flux, FLUX)
    np.testing.assert_allclose(observation.ivar, error**-2.0)


@pytest.mark.parametrize(
    ("name", "values", "ivar"),
    [("ERROR", 0.05, 400.0), ("ERRS", 0.05, 400.0), ("STAT", 0.05, 20.0), ("VARIANCE", 0.05, 20.0), ("IVAR", 7.0, 7.0)],
)
def test_extensions_of_errors_by_their_names(tmp_path, name, values, ivar):
    units = [image("DATA", FLUX, **SCALE), image(name, np.full(N, values)), image("DQ", (np.arange(N) == 5) * 1)]
    (observation,) = read_file(write(tmp_path / "a.fits", *units))
    assert np.flatnonzero(observation.ivar == 0).tolist() == [5]
    assert observation.ivar[0] == pytest.approx(ivar)


def test_wavelengths_of_an_extension_with_what_linetools_says_of_them(tmp_path):
    units = [image("ERROR", np.full(N, 0.05)), image("WAVELENGTH", WAVELENGTH / 10)]
    header = {"METADATA": '{"headers": ["none"], "airvac": "air"}', "UNITS": '{"wave": "nm", "flux": "none"}'}
    (observation,) = read_file(write(tmp_path / "a.fits", *units, primary=FLUX, **header))
    np.testing.assert_allclose(observation.wavelength, WAVELENGTH)
    assert observation.in_air
    assert observation.understood.assumed == (AT_REST,)


def test_a_list_of_spectra_with_one_wavelength_axis(tmp_path):
    path = write(tmp_path / "a.fits", image("WAVELENGTH", WAVELENGTH), primary=np.array([FLUX, 2 * FLUX]))
    first, second = read_file(path)
    assert (first.id, second.id) == ("a-1", "a-2")
    np.testing.assert_allclose(second.flux, 2 * FLUX)


def test_irafs_bands_give_spectrum_and_sigma(tmp_path):
    bands = np.array([FLUX, FLUX * 0, FLUX * 9, np.full(N, 0.05)])[:, None, :]
    names = {f"BANDID{i}": f"{word} - background fit" for i, word in enumerate(("spectrum", "raw", "background"), 1)}
    header = {**SCALE, **names, "BANDID4": "sigma - background fit", "WAT0_001": "system=equispec"}
    (observation,) = read_file(write(tmp_path / "a.fits", primary=bands, **header))
    np.testing.assert_allclose(observation.flux, FLUX)
    np.testing.assert_allclose(observation.ivar, 400.0)


def test_apertures_of_equal_range_are_objects_and_orders_are_joined(tmp_path):
    both = np.array([FLUX, FLUX])
    same = {"WAT0_001": "system=equispec", "APNUM1": "3 3 1. 2.", "APNUM2": "5 5 1. 2.", **SCALE}
    assert [o.id for o in read_file(write(tmp_path / "a.fits", primary=both, **same))] == ["a-3", "a-5"]
    orders = {"WAT0_001": "system=multispec", "WAT1_001": "wtype=multispec units=angstroms"}
    specs = 'spec1 = "1 56 0 6500. 1. 1000 0. 1. 2."'.ljust(68) + 'spec2 = "2 57 0 5600. 1. 1000 0. 1. 2."'
    cards = {"WAT2_001": specs[:68], "WAT2_002": specs[68:]}
    (echelle,) = read_file(write(tmp_path / "b.fits", primary=both, **orders, **cards))
    assert echelle.wavelength[[0, -1]].tolist() == [5600.0, 7499.0]
    assert echelle.id == "b"


def test_flux_and_error_in_two_files(tmp_path):
    write(tmp_path / "J0100_nF.fits", primary=FLUX, **SCALE)
    write(tmp_path / "J0100_nE.fits", primary=np.full(N, 0.05), **SCALE)
    (observation,) = read_file(tmp_path / "J0100_nF.fits")
    np.testing.assert_allclose(observation.ivar, 400.0)
    with pytest.raises(Refused, match=r"errors of J0100_nF\.fits"):
        list(read_file(tmp_path / "J0100_nE.fits"))


def test_images_of_the_sky_and_cubes_are_refused(tmp_path):
    for shape in ((25, 30), (5, 6, 7)):
        with pytest.raises(Refused, match=f"{shape[-1]} x {shape[-2]}") as refused:
            list(read_file(write(tmp_path / f"{len(shape)}.fits", primary=np.zeros(shape), **SCALE)))
        assert refused.value.reason == Reason.FOREIGN


def test_errors_of_another_length_are_refused(tmp_path):
    with pytest.raises(Refused) as refused:
        list(read_file(write(tmp_path / "a.fits", image("ERROR", np.ones(5)), primary=FLUX, **SCALE)))
    assert refused.value.reason == Reason.SHAPE


def test_object_position_and_redshift_of_the_header(tmp_path):
    header = {"OBJECT": "NGC 1", "RA": "00:07:15.84", "DEC": "-27:42:29.1", "REDSHIFT": 0.0152}
    (observation,) = read_file(write(tmp_path / "a.fits", primary=FLUX, **SCALE, **header))
    assert observation.redshift == 0.0152
    assert observation.columns["object"] == "NGC 1"
    assert observation.columns["ra"] == pytest.approx(15 * (7 / 60 + 15.84 / 3600))
    assert observation.columns["dec"] == pytest.approx(-(27 + 42 / 60 + 29.1 / 3600))


def test_positions_of_another_equinox_are_left_out(tmp_path):
    header = {"RA": 10.0, "DEC": 20.0, "EQUINOX": 1950.0}
    (observation,) = read_file(write(tmp_path / "a.fits", primary=FLUX, **SCALE, **header))
    assert "ra" not in observation.columns


REAL = {
    "linetools/PH957_f.fits": (3811.51, 10931.57, True),
    "linetools/UM184_nF.fits": (3042.35, 10271.88, True),
    "linetools/spec_example_2.fits": (2000.0, 2099.9, True),
    "linetools/specexample1.fits": (1721.13, 1749.91, True),
    "linetools/SDSSJ220248.31+123656.3.fits": (3553.86, 10356.19, False),
    "linetools/popler_sample.fits": (3045.49, 3045.72, True),
    "mpdaf/Spectrum_lines.fits": (6550.0, 9120.0, True),
    "mpdaf/Spectrum_Variance.fits": (4602.6, 7184.29, False),
    "specutils/L5g_0355+11_Cruz09.fits": (6100.0, 10250.0, False),
    "specutils/UM669_nF.fits": (3041.45, 10283.95, False),
    "specutils/multispec_equispec.fits": (14740.27, 24465.76, False),
    "specutils/evega.0039.rs.ec.dispcor.fits": (3466.37, 10290.58, False),
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_real_files(real_data, name):
    low, high, has_errors = REAL[name]
    (observation,) = read_file(real_data / "formats" / name)
    assert observation.wavelength[[0, -1]] == pytest.approx([low, high], abs=0.02)
    assert (np.diff(observation.wavelength) > 0).all()
    assert (observation.ivar is not None) == has_errors


@pytest.mark.real_data
def test_per_angstrom_is_not_per_ampere(real_data):
    (observation,) = read_file(real_data / "formats/specutils/L5g_0355+11_Cruz09.fits")
    assert observation.flux_unit == "1e-17 erg / (s cm2 Angstrom)"


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "reason", "words"),
    [
        ("muler/NS.20011009.54395_60_flux.fits", Reason.UNIT, "1024 pixels"),
        ("linetools/SDSSJ220248.31+123656.3_c.fits", Reason.UNIT, "4599 pixels"),
        ("linetools/PH957_e.fits", Reason.FOREIGN, "PH957_f.fits"),
        ("mpdaf/origin-00026.fits", Reason.FOREIGN, "25 x 25"),
    ],
)
def test_real_files_that_are_no_spectra(real_data, name, reason, words):
    with pytest.raises(Refused, match=words) as refused:
        list(read_file(real_data / "formats" / name))
    assert refused.value.reason == reason


def test_air_in_an_image_ends_in_vacuum(tmp_path):
    flux = spectrum(WAVELENGTH, 6562.80)
    (observation,) = read_file(write(tmp_path / "a.fits", primary=flux, **SCALE, CTYPE1="AWAV", CUNIT1="Angstrom"))
    assert line_centre(air_to_vacuum(observation.wavelength), observation.flux) == pytest.approx(LINE, abs=0.1)
