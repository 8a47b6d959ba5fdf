from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from specvae_core.data.readers import read_file
from specvae_core.data.readers.axis import ASSUMED_MEDIUM, ASSUMED_UNIT, AT_REST
from specvae_core.data.understanding import FileHints, Understanding
from specvae_core.errors import Reason, Refused

N, M = 4, 12
WAVE = np.linspace(4000.0, 4110.0, M)
FLUX = np.arange(N * M, dtype=np.float32).reshape(N, M) + 1


def read(path: Path, **arrays: object) -> list:
    np.savez(path, **arrays)
    return list(read_file(path))


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    return tmp_path / "spectra.npz"


@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("wave", WAVE),
        ("Wavelength", WAVE),
        ("loglam", np.log10(WAVE)),
        ("wave_nm", WAVE / 10),
        ("wave_um", WAVE / 1e4),
        ("wave", np.broadcast_to(WAVE, (N, M))),
    ],
)
def test_wavelengths_under_any_name_and_unit(npz, name, scale):
    spectra = read(npz, flux=FLUX, **{name: scale})
    assert len(spectra) == N
    for row, spectrum in enumerate(spectra):
        np.testing.assert_allclose(spectrum.wavelength, WAVE, rtol=1e-12)
        np.testing.assert_array_equal(spectrum.flux, FLUX[row])
        assert spectrum.ivar is None
        assert spectrum.redshift is None
        assert spectrum.id == f"spectra-{row:05d}"


def test_falling_and_missing_wavelengths_are_put_in_order(npz):
    wave = WAVE[::-1].copy()
    wave[3] = np.nan
    (spectrum, *_) = read(npz, flux=FLUX, wave=np.tile(wave, (N, 1)), ivar=FLUX)
    kept = np.delete(np.arange(M), 3)[::-1]
    np.testing.assert_array_equal(spectrum.wavelength, wave[kept])
    np.testing.assert_array_equal(spectrum.flux, FLUX[0, kept])
    np.testing.assert_array_equal(spectrum.ivar, FLUX[0, kept])


def test_errors_masks_and_holes_end_as_ivar_0(npz):
    flux, error, mask = FLUX.copy(), np.full((N, M), 0.5), np.zeros((N, M), dtype=int)
    flux[0, 0], error[0, 1:4], mask[0, 4] = np.nan, [0.0, -1.0, np.inf], 7
    spectra = read(npz, flux=flux, wave=WAVE, err=error, mask=mask)
    assert spectra[0].ivar.tolist() == [0.0] * 5 + [4.0] * 7
    assert spectra[1].ivar.tolist() == [4.0] * M
    spectra = read(npz, flux=flux, wave=WAVE, ivar=4 * np.ones((N, M)), mask=mask)
    assert spectra[0].ivar.tolist() == [0.0, 4.0, 4.0, 4.0, 0.0] + [4.0] * 7


def test_a_mask_without_errors_makes_holes(npz):
    spectra = read(npz, reflectance=FLUX, wave=WAVE, mask=FLUX == 2)
    assert spectra[0].ivar is None
    assert np.flatnonzero(np.isnan(spectra[0].flux)).tolist() == [1]


def test_every_array_of_length_n_is_a_column(npz):
    spectra = read(
        npz,
        flux=FLUX,
        wave=WAVE,
        z=np.array([0.1, 0.2, np.nan, 0.4]),
        name=np.array([b"a", b"b", b"c", b"d"]),
        taxon=np.array([["C"], ["S"], ["V"], ["X"]]),
        labels=np.arange(8.0).reshape(4, 2),
        label_names=np.array(["teff", "logg"]),
        labels_err=np.ones((4, 2)),
        meta=np.arange(4).reshape(4, 1) * [1, 10],
        meta_cols=np.array(["one", "ten"]),
        coefficients=np.zeros((4, 5)),
        scale=np.array(1e-17),
    )
    assert [s.id for s in spectra] == ["a", "b", "c", "d"]
    assert spectra[3].redshift == 0.4
    assert np.isnan(spectra[2].redshift)
    assert dict(spectra[1].columns) == {
        "taxon": "S",
        **{"teff": 2.0, "logg": 3.0, "teff_err": 1.0, "logg_err": 1.0},
        **{"one": 1, "ten": 10},
    }


def test_sdss_numbers_make_the_sdss_id(npz):
    numbers = np.array([[270, 51909, 602 + row] for row in range(N)])
    spectra = read(npz, flux=FLUX, wave=WAVE, plate_mjd_fiber=numbers)
    assert spectra[1].id == "0270-51909-0603"
    assert dict(spectra[1].columns) == {"plate": 270, "mjd": 51909, "fiberid": 603}


def test_repeated_names_stay_as_written_for_the_survey_to_judge(npz):
    spectra = read(npz, flux=FLUX, wave=WAVE, name=np.array(["a", "a", "b", "c"]))
    assert [s.id for s in spectra] == ["a", "a", "b", "c"]


def test_numbers_of_objects_are_kept_to_the_last_digit(npz):
    spectra = read(npz, flux=FLUX, wave=WAVE, TARGETID=2**60 + np.arange(N))
    assert [s.id for s in spectra] == [str(2**60 + row) for row in range(N)]


def test_one_odd_redshift_leaves_the_others(npz):
    spectra = read(npz, flux=FLUX, wave=WAVE, z_spec=np.array(["0.1", "--", "0.3", "0.4"]), z=np.full(N, 18.5))
    assert [s.redshift for s in spectra] == pytest.approx([0.1, np.nan, 0.3, 0.4], nan_ok=True)
    assert spectra[0].columns["z"] == 18.5
    assert spectra[0].understood.redshift == "column z_spec"


@pytest.mark.parametrize("scale", [WAVE / 10, WAVE / 1e4, np.arange(1.0, M + 1)])
def test_wavelengths_that_cannot_be_angstrom_are_asked_for(npz, scale):
    with pytest.raises(Refused) as caught:
        read(npz, flux=FLUX, wave=scale)
    assert caught.value.reason is Reason.UNIT


def test_the_word_of_the_user(npz):
    np.savez(npz, flux=np.zeros((N, M)), best=FLUX, x=WAVE / 10, noise_level=FLUX / 10, zz=np.full(N, 0.5))
    hints = FileHints({"flux": "best", "wavelength": "x", "error": "noise_level", "redshift": "zz"}, "nm", "", "air")
    (spectrum, *_) = read_file(npz, hints)
    np.testing.assert_allclose(spectrum.wavelength, WAVE, rtol=1e-12)
    np.testing.assert_array_equal(spectrum.flux, FLUX[0])
    np.testing.assert_allclose(spectrum.ivar, 100 / FLUX[0] ** 2, rtol=1e-6)
    assert (spectrum.redshift, spectrum.in_air) == (0.5, True)


def test_units_beside_the_arrays(npz):
    (spectrum, *_) = read(npz, flux=FLUX, wave=WAVE / 1e4, wave_unit="um", flux_unit="mJy", err=FLUX / 10)
    np.testing.assert_allclose(spectrum.wavelength, WAVE, rtol=1e-12)
    np.testing.assert_allclose(spectrum.flux, FLUX[0] * 1e-26 * 2.99792458e18 / WAVE**2 * 1e17, rtol=1e-6)
    np.testing.assert_allclose(spectrum.flux**2 * spectrum.ivar, 100, rtol=1e-5)
    assert spectrum.understood.converted == ("um to Angstrom", "f_nu (mJy) to f_lambda")


def test_what_was_understood(npz):
    (spectrum, *_) = read(npz, flux=FLUX, wave=WAVE, ivar=FLUX, mask=FLUX < 0, TARGETID=np.arange(N))
    assert spectrum.understood == Understanding(
        reader="arrays (.npz)",
        wavelength="column wave",
        wavelength_unit="Angstrom",
        medium="vacuum",
        flux="column flux",
        error="column ivar (inverse variance)",
        mask="column mask, not 0 is bad",
        id="column TARGETID",
        assumed=(ASSUMED_UNIT, ASSUMED_MEDIUM, AT_REST),
    )


def test_hdf5_says_the_same_as_npz(tmp_path):
    arrays = {"flux": FLUX, "wave": WAVE, "ivar": FLUX, "z": np.full(N, 0.5), "teff": np.arange(N)}
    np.savez(tmp_path / "a.npz", **arrays)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, array in arrays.items():
            file[name] = array
        file["id"] = ["w", "x", "y", "z"]
        file.create_group("history")
    for one, other in zip(read_file(tmp_path / "a.npz"), read_file(tmp_path / "a.h5"), strict=True):
        np.testing.assert_array_equal(one.flux, other.flux)
        np.testing.assert_array_equal(one.ivar, other.ivar)
        assert one.redshift == other.redshift
        assert dict(one.columns) == dict(other.columns)
        assert other.id in "wxyz"


def test_a_single_spectrum(tmp_path):
    pd.DataFrame({"wavelength": WAVE, "flux": FLUX[0], "err": 0.5, "redshift": 0.25, "kind": "galaxy"}).to_csv(
        tmp_path / "ngc1.csv", index=False
    )
    (tmp_path / "bare.txt").write_text(
        "# wavelength flux error\n" + "\n".join(f"{w} {f} 0.5" for w, f in zip(WAVE, FLUX[0], strict=True))
    )
    np.savez(tmp_path / "one.npz", wave=WAVE, flux=FLUX[0], err=np.full(M, 0.5), z=0.25)
    for name, redshift in (("ngc1.csv", 0.25), ("bare.txt", None), ("one.npz", 0.25)):
        (spectrum,) = read_file(tmp_path / name)
        np.testing.assert_allclose(spectrum.wavelength, WAVE)
        np.testing.assert_allclose(spectrum.flux, FLUX[0])
        np.testing.assert_allclose(spectrum.ivar, 4.0)
        assert spectrum.redshift == redshift
        assert spectrum.id == name.partition(".")[0]
    (spectrum,) = read_file(tmp_path / "ngc1.csv")
    assert dict(spectrum.columns) == {"kind": "galaxy"}


def test_a_table_with_a_spectrum_a_row(tmp_path):
    frame = pd.DataFrame(FLUX, columns=[f"{wave:.1f}" for wave in WAVE])
    frame = frame.assign(**{f"err_{wave:.1f}": 0.5 for wave in WAVE[::-1]})
    frame = frame.assign(id=list("abcd"), z=0.5, teff=[1.0, 2.0, 3.0, np.nan])
    frame.to_csv(tmp_path / "table.csv", index=False)
    spectra = list(read_file(tmp_path / "table.csv"))
    assert [s.id for s in spectra] == list("abcd")
    for row, spectrum in enumerate(spectra):
        np.testing.assert_allclose(spectrum.wavelength, WAVE)
        np.testing.assert_allclose(spectrum.flux, FLUX[row])
        np.testing.assert_allclose(spectrum.ivar, 4.0)
        assert spectrum.redshift == 0.5
    assert spectra[1].columns["teff"] == 2.0


def test_tables_that_leave_the_meaning_open_are_refused(tmp_path):
    np.savetxt(tmp_path / "matrix.csv", FLUX, delimiter=",")
    with pytest.raises(Refused, match="12 columns without names") as caught:
        list(read_file(tmp_path / "matrix.csv"))
    assert caught.value.reason is Reason.FOREIGN
    (tmp_path / "gap.csv").write_text("4000,4010,err_4000\n1,2,3\n")
    with pytest.raises(Refused, match="err_ at other wavelengths") as caught:
        list(read_file(tmp_path / "gap.csv"))
    assert caught.value.reason is Reason.SHAPE


@pytest.mark.parametrize(
    "arrays",
    [
        {"flux": FLUX, "wave": WAVE[:-1]},
        {"flux": FLUX, "wave": WAVE, "ivar": FLUX[:, :-1]},
        {"flux": FLUX.T, "wave": WAVE},
        {"flux": FLUX[None], "wave": WAVE},
        {"flux": FLUX[:0], "wave": WAVE},
    ],
)
def test_arrays_that_do_not_fit_each_other_are_refused(npz, arrays):
    with pytest.raises(Refused) as caught:
        read(npz, **arrays)
    assert caught.value.reason is Reason.SHAPE


def test_archives_without_spectra_are_foreign(npz):
    with pytest.raises(Refused, match="label") as caught:
        read(npz, image=np.zeros((5, 3, 3)), label=np.zeros(5))
    assert caught.value.reason is Reason.FOREIGN


def test_nothing_is_unpickled(npz):
    with pytest.raises(Refused) as caught:
        read(npz, flux=np.array([{"a": 1}], dtype=object), wave=WAVE)
    assert caught.value.reason is Reason.FOREIGN
    (spectrum, *_) = read(npz, flux=FLUX, wave=WAVE, history=np.array([None] * N, dtype=object))
    assert "history" not in spectrum.columns
    with pytest.raises(Refused, match="z as an array of Python objects"):
        read(npz, flux=FLUX, wave=WAVE, z=np.array([0.1, "--", None, 0.2], dtype=object))


@pytest.mark.parametrize("ending", ["npz", "h5"])
def test_a_file_cut_short_is_unreadable(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    if ending == "npz":
        np.savez(path, flux=FLUX, wave=WAVE)
    else:
        with h5py.File(path, "w") as file:
            file["flux"], file["wave"] = FLUX, WAVE
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(Refused) as caught:
        list(read_file(path))
    assert caught.value.reason is Reason.UNREADABLE


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "n", "ends", "columns"),
    [
        ("miles", 738, (3540.5, 7409.6), {"teff", "logg", "feh"}),
        ("lamost", 132, (3700.0, 9088.7), {"subclass", "teff", "teff_err", "feh_err"}),
        ("vandels", 724, (4803.8, 10295.3), {"zflag", "snr", "lmass", "lsfr"}),
        ("sdss_stars_noerr", 524, (3540.0, 10444.8), {"subclass", "plate", "mjd", "fiberid"}),
        ("minerals", 540, (4500.0, 24500.0), {"Fo", "An"}),
        ("asteroids", 591, (4500.0, 24500.0), {"taxon"}),
    ],
)
def test_real_archives(real_data, name, n, ends, columns):
    spectra = list(read_file(real_data / f"{name}.npz"))
    assert len({s.id for s in spectra}) == len(spectra) == n
    assert spectra[0].wavelength[[0, -1]] == pytest.approx(ends, abs=0.1)
    assert columns <= spectra[0].columns.keys()
    assert all(s.ivar is None or (np.isfinite(s.ivar).all() and (s.ivar > 0).any()) for s in spectra)
    assert (spectra[0].redshift is not None) == (name == "vandels")


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["mnist_t10k.npz", "photoz_sdss_train.csv", "README.md"])
def test_real_files_of_other_kinds_are_foreign(real_data, name):
    with pytest.raises(Refused) as caught:
        list(read_file(real_data / name))
    assert caught.value.reason is Reason.FOREIGN
