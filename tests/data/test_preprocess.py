import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from specvae_core.data.file_lists import find_files
from specvae_core.data.preprocess import PreprocessOptions, collect, preprocess
from specvae_core.data.readers import read_file
from specvae_core.data.spectra import Observation
from specvae_core.errors import BadConfig, Reason, Refused
from specvae_core.grid import DEFAULT_GRID, SpectralGrid

WAVELENGTH = 10 ** np.arange(3.58, 3.965, 1e-4)


def observation(**changes):
    """A flat spectrum with noise, S/N 10 per pixel, at z = 0.05."""
    rng = np.random.default_rng(0)
    flux = 7.0 * (1 + 0.1 * rng.normal(size=len(WAVELENGTH)))
    given = {"id": "a", "wavelength": WAVELENGTH, "flux": flux, "ivar": np.full(len(flux), 1 / 0.7**2)}
    return Observation(**(given | {"redshift": 0.05, "source": "a.fits"} | changes))


def peak_of(prepared, grid=DEFAULT_GRID):
    """Centre of gravity of the flux above 1.5."""
    line = np.clip(prepared.flux - 1.5, 0, None)
    return (grid.wavelength * line).sum() / line.sum()


def with_line(wavelength_of_line, **changes):
    flux = 1 + 20 * np.exp(-0.5 * ((WAVELENGTH - wavelength_of_line) / 5) ** 2)
    return observation(flux=flux, ivar=np.full(len(flux), 1e4), **changes)


def refusal(spectrum, **options):
    with pytest.raises(Refused) as caught:
        preprocess(spectrum, PreprocessOptions(**options))
    assert str(caught.value).startswith("a ")
    return caught.value.reason


def test_rows_are_normalised_and_finite():
    prepared = preprocess(observation(), PreprocessOptions())
    seen = prepared.ivar > 0
    assert prepared.flux.dtype == prepared.ivar.dtype == np.float32
    assert np.isfinite(prepared.flux).all()
    assert np.isfinite(prepared.ivar).all()
    assert prepared.flux[seen].mean() == pytest.approx(1, abs=1e-6)
    assert not prepared.flux[~seen].any()
    assert prepared.columns["mean_flux"] == pytest.approx(7, rel=0.01)
    # About four source pixels of S/N 10 fill a grid pixel.
    assert prepared.columns["sn"] == pytest.approx(10 * np.sqrt(DEFAULT_GRID.log10_step / 1e-4), rel=0.1)
    assert prepared.columns["seen_fraction"] == pytest.approx(seen.mean())
    assert prepared.columns["coverage"] == prepared.columns["seen_fraction"] < 1


def test_noise_of_the_result_is_what_ivar_says():
    prepared = preprocess(observation(), PreprocessOptions())
    seen = prepared.ivar > 0
    pulls = (prepared.flux - 1)[seen] * np.sqrt(prepared.ivar[seen])
    assert pulls.std() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("redshift", [-0.001, 0.0, 0.05, 0.3])
def test_lines_move_to_the_rest_frame(redshift):
    prepared = preprocess(with_line(6000 * (1 + redshift), redshift=redshift), PreprocessOptions())
    assert peak_of(prepared) == pytest.approx(6000, abs=0.1)
    assert prepared.columns["z"] == redshift


def test_a_spectrum_at_rest_stays_where_it_is():
    prepared = preprocess(with_line(6000, redshift=0.3, rest_frame=True), PreprocessOptions())
    assert peak_of(prepared) == pytest.approx(6000, abs=0.1)
    assert prepared.columns["z"] == 0.3
    prepared = preprocess(with_line(6000, redshift=None), PreprocessOptions())
    assert peak_of(prepared) == pytest.approx(6000, abs=0.1)
    assert np.isnan(prepared.columns["z"])


def test_air_becomes_vacuum():
    in_air = with_line(6562.80, redshift=0.0)  # Hα in air
    assert peak_of(preprocess(in_air, PreprocessOptions(air=True))) == pytest.approx(6564.61, abs=0.1)
    by_file = replace(in_air, in_air=True)
    assert peak_of(preprocess(by_file, PreprocessOptions())) == pytest.approx(6564.61, abs=0.1)


def test_signal_to_noise_is_capped():
    spectrum = with_line(6000, redshift=0.0)
    prepared = preprocess(spectrum, PreprocessOptions(max_sn=50))
    sn = np.abs(prepared.flux) * np.sqrt(prepared.ivar)
    assert sn.max() == pytest.approx(50, rel=1e-5)
    # The catalogue tells what was measured, before the cap.
    assert prepared.columns["sn"] > 100
    noisy = observation()
    low = preprocess(noisy, PreprocessOptions(max_sn=50))
    lower = preprocess(noisy, PreprocessOptions(max_sn=1000))
    np.testing.assert_array_equal(low.ivar, lower.ivar)


def test_without_errors_weights_are_equal_and_stated():
    flux = observation().flux.copy()
    flux[:200], flux[1500] = 0.0, np.nan
    prepared = preprocess(observation(flux=flux, ivar=None), PreprocessOptions(assumed_sn=25))
    assert set(np.unique(prepared.ivar)) == {0.0, 625.0}
    assert prepared.columns["assumed_sn"] == 25
    assert np.isnan(prepared.columns["sn"])
    whole = preprocess(observation(ivar=None), PreprocessOptions())
    assert whole.columns["seen_fraction"] - prepared.columns["seen_fraction"] == pytest.approx(0.05, abs=0.01)
    assert "assumed_sn" not in preprocess(observation(), PreprocessOptions()).columns


def test_wild_pixels_do_not_rule_the_mean():
    spectrum = observation()
    flux, ivar = spectrum.flux.copy(), spectrum.ivar.copy()
    flux[100], ivar[100] = -1e6, 1.0  # impossible: a million sigma below zero
    flux[2000], ivar[2000] = 1e6, 1e-10  # an error of 1e5 beside errors of 0.7
    clean = preprocess(spectrum, PreprocessOptions())
    wild = preprocess(replace(spectrum, flux=flux, ivar=ivar), PreprocessOptions())
    assert wild.columns["mean_flux"] == pytest.approx(clean.columns["mean_flux"], rel=1e-3)
    assert np.abs(wild.flux - clean.flux).max() < 0.2


def test_falling_or_doubled_wavelengths_are_refused():
    assert refusal(observation(wavelength=WAVELENGTH[::-1])) == Reason.SHAPE
    assert refusal(observation(wavelength=np.repeat(WAVELENGTH[::2], 2)[: len(WAVELENGTH)])) == Reason.SHAPE
    assert refusal(observation(wavelength=np.where(WAVELENGTH > 9000, np.nan, WAVELENGTH))) == Reason.SHAPE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_sky": True}, Reason.SKY),
        ({"columns": {"ZWARNING": 1 | 4}}, Reason.SKY),
        ({"columns": {"zwarning": 1 << 7}}, Reason.ZWARNING),
        ({"columns": {"zwarning": np.int32(1 << 9)}}, Reason.ZWARNING),
        ({"redshift": np.nan}, Reason.REDSHIFT),
        ({"redshift": np.inf}, Reason.REDSHIFT),
        ({"redshift": -0.5}, Reason.REDSHIFT),
        ({"redshift": -9999.0}, Reason.REDSHIFT),
        ({"redshift": 3.0}, Reason.COVERAGE),
        ({"redshift": 15.0}, Reason.COVERAGE),
        ({"ivar": np.zeros(len(WAVELENGTH))}, Reason.NO_GOOD_PIXELS),
        ({"ivar": np.full(len(WAVELENGTH), np.nan)}, Reason.NO_GOOD_PIXELS),
        ({"flux": np.full(len(WAVELENGTH), np.nan)}, Reason.NO_GOOD_PIXELS),
        ({"flux": np.full(len(WAVELENGTH), np.nan), "ivar": None}, Reason.NO_GOOD_PIXELS),
        ({"flux": np.zeros(len(WAVELENGTH)), "ivar": None}, Reason.NO_GOOD_PIXELS),
        ({"flux": np.zeros(len(WAVELENGTH))}, Reason.MEAN_FLUX),
        ({"flux": -np.ones(len(WAVELENGTH)), "ivar": None}, Reason.MEAN_FLUX),
        ({"flux": np.random.default_rng(0).normal(0, 0.7, len(WAVELENGTH))}, Reason.MEAN_FLUX),
    ],
)
def test_gates_close_with_their_reason(changes, reason):
    assert refusal(observation(**changes)) == reason


def test_half_of_the_grid_is_needed_by_default():
    bad = np.ones(len(WAVELENGTH)) * observation().ivar
    bad[::] = np.where((WAVELENGTH > 4200) & (WAVELENGTH < 7600), 0, bad)
    assert refusal(observation(ivar=bad)) == Reason.COVERAGE
    prepared = preprocess(observation(ivar=bad), PreprocessOptions(min_coverage=0.2))
    assert prepared.columns["coverage"] > 0.9 > 0.5 > prepared.columns["seen_fraction"]


def test_doubtful_redshifts_stay_unless_asked():
    doubtful = observation(columns={"zwarning": 4})
    assert preprocess(doubtful, PreprocessOptions()).columns["zwarning"] == 4
    assert refusal(doubtful, any_zwarning=True) == Reason.ZWARNING


def test_sky_fibres_can_be_kept():
    sky = observation(is_sky=True, columns={"zwarning": 1})
    assert preprocess(sky, PreprocessOptions(keep_sky=True, any_zwarning=True)).columns["id"] == "a"


def test_columns_of_the_file_never_replace_the_programs():
    columns = {
        "class": "GALAXY ",
        "z": 9.0,
        "SN": 3,
        "plate": np.int16(266),
        "objid": 2**60,
        "name": b"x ",
        "many": [1, 2],
    }
    made = preprocess(observation(columns=columns), PreprocessOptions()).columns
    assert made["class"] == "GALAXY"
    assert (made["z"], made["z_file"], made["SN_file"]) == (0.05, 9.0, 3)
    assert (made["plate"], made["objid"], made["name"]) == (266, str(2**60), "x")
    assert made["source"] == "a.fits"


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({}, ""),
        ({"subclass": "G2"}, "G2"),
        ({"Taxon": "Sq"}, "Sq"),
        ({"class": "", "label": 7}, "7"),
        ({"type": 0.5}, ""),
    ],
)
def test_the_files_own_class(columns, name):
    assert preprocess(observation(columns=columns), PreprocessOptions()).columns["class"] == name


def test_a_set_has_one_type_per_column(tmp_path):
    rows = [
        {"plate": 1, "note": "a", "flag": True, "mass": 10.5, "mixed": 3},
        {"plate": 2, "flag": False, "mixed": "x"},
        {"mass": np.nan, "extra": 5},
    ]
    prepared = [preprocess(observation(id=str(i), columns=row), PreprocessOptions()) for i, row in enumerate(rows)]
    spectra = collect(prepared, DEFAULT_GRID)
    assert len(spectra) == 3
    np.testing.assert_array_equal(spectra.flux[1], prepared[1].flux)
    spectra.table.to_parquet(tmp_path / "t.parquet")
    table = pd.read_parquet(tmp_path / "t.parquet")
    assert list(table["note"]) == ["a", "", ""]
    assert list(table["mixed"]) == ["3", "x", ""]
    np.testing.assert_array_equal(table["plate"], [1, 2, np.nan])
    np.testing.assert_array_equal(table["flag"], [1, 0, np.nan])
    np.testing.assert_array_equal(table["extra"], [np.nan, np.nan, 5])
    assert list(spectra.ids) == ["0", "1", "2"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_coverage": 1.5},
        {"min_coverage": "half"},
        {"max_sn": float("nan")},
        {"assumed_sn": 60.0},
        {"air": 1},
        {"grid": "1:2"},
        {"smoothing": 3},
    ],
)
def test_bad_options_are_refused_by_name(wrong):
    with pytest.raises(BadConfig, match="smoothing|grid|air|" + next(iter(wrong))):
        PreprocessOptions.from_mapping(wrong)


def test_options_survive_json():
    options = PreprocessOptions.from_mapping({"grid": "3600:7300:1000", "air": True, "min_coverage": 1})
    assert options.grid == SpectralGrid.from_range(3600, 7300, 1000)
    assert PreprocessOptions.from_mapping(json.loads(json.dumps(options.to_json()))) == options


@pytest.mark.real_data
def test_real_sky_fibres_are_refused_and_real_objects_are_not(real_data):
    options = PreprocessOptions()
    for path in find_files([real_data / "sdss_sky"]):
        (sky,) = read_file(path)
        with pytest.raises(Refused) as caught:
            preprocess(sky, options)
        assert caught.value.reason == Reason.SKY
    near = 0
    for path in find_files([real_data / "sdss"]):
        (real,) = read_file(path)
        if real.redshift < 0.8:
            preprocess(real, options)
            near += 1
        elif real.redshift > 1.2:
            with pytest.raises(Refused) as caught:
                preprocess(real, options)
            assert caught.value.reason == Reason.COVERAGE
    assert near > 130


@pytest.mark.real_data
def test_wild_pixels_of_vandels_do_not_cost_the_spectra(real_data):
    options = PreprocessOptions(grid=SpectralGrid.from_range(1150, 1750, 400))
    reasons = []
    for spectrum in read_file(real_data / "vandels.npz"):
        try:
            preprocess(spectrum, options)
        except Refused as refused:
            reasons.append(refused.reason)
    assert len(reasons) <= 5
