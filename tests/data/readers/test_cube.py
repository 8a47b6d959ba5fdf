"""Scenes and images whose pixels are objects: MATLAB, ENVI and arrays."""

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from specvae_core.data.readers import read_file
from specvae_core.data.understanding import FileHints
from specvae_core.errors import Reason, Refused

ROWS, COLUMNS, BANDS = 5, 3, 12
CUBE = 1.0 + np.arange(ROWS * COLUMNS * BANDS, dtype=float).reshape(ROWS, COLUMNS, BANDS)
NM = np.linspace(400.0, 510.0, BANDS)
SHARES = np.stack([np.linspace(0, 1, 15).reshape(ROWS, COLUMNS), np.linspace(1, 0, 15).reshape(ROWS, COLUMNS)], axis=-1)
COUNTED = FileHints(wavelength_unit="pixel")


def check(spectra: list, wavelength: np.ndarray = 10 * NM) -> None:
    assert len(spectra) == ROWS * COLUMNS
    for spectrum in spectra:
        y, x = spectrum.columns["y"], spectrum.columns["x"]
        np.testing.assert_allclose(spectrum.flux, CUBE[y, x])
        np.testing.assert_allclose(spectrum.wavelength, wavelength)
        assert spectrum.id.endswith(f"-{y:04d}-{x:04d}")
    assert len({spectrum.id for spectrum in spectra}) == len(spectra)


@pytest.mark.parametrize("flat", [False, True])
def test_a_scene_of_matlab_with_its_maps(tmp_path, flat):
    matrix = CUBE.transpose(1, 0, 2).reshape(-1, BANDS).T  # MATLAB counts down the columns first
    arrays = {"Y" if flat else "scene": matrix if flat else CUBE, "wavelength_nm": NM[None], "S_GT": SHARES}
    savemat(tmp_path / "a.mat", arrays | {"kind": np.arange(15).reshape(ROWS, COLUMNS)})
    spectra = list(read_file(tmp_path / "a.mat"))
    check(spectra)
    for spectrum in spectra:
        y, x = spectrum.columns["y"], spectrum.columns["x"]
        assert spectrum.columns["kind"] == 3 * y + x
        assert [spectrum.columns[f"abundance_{k}"] for k in (1, 2)] == SHARES[y, x].tolist()


def test_the_newer_version_of_matlab_is_hdf5_with_axes_reversed(tmp_path):
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        file["scene"], file["wavelength_nm"] = CUBE.T, NM[:, None]
    with (tmp_path / "a.mat").open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64")
    check(list(read_file(tmp_path / "a.mat")))


def test_spectra_of_matlab_by_name(tmp_path):
    savemat(tmp_path / "a.mat", {"data": {"flux": CUBE[0], "wave": 10 * NM, "z": [0.1, 0.2, 0.3]}})
    spectra = list(read_file(tmp_path / "a.mat"))
    assert [s.redshift for s in spectra] == [0.1, 0.2, 0.3]
    np.testing.assert_allclose(spectra[2].flux, CUBE[0, 2])


def test_bands_of_unknown_wavelength_are_asked_for_and_counted(tmp_path):
    savemat(tmp_path / "a.mat", {"scene": CUBE})
    with pytest.raises(Refused, match=r"12 bands .*--wavelength-unit pixel") as caught:
        list(read_file(tmp_path / "a.mat"))
    assert caught.value.answer == "wavelength_unit"
    spectra = list(read_file(tmp_path / "a.mat", COUNTED))
    check(spectra, np.arange(1.0, BANDS + 1))
    assert all(spectrum.on_pixels for spectrum in spectra)


def write_envi(tmp_path, interleave: str, kind: int, values: np.ndarray, *more: str) -> None:
    axes = {"bsq": (2, 0, 1), "bil": (0, 2, 1), "bip": (0, 1, 2)}[interleave]
    (tmp_path / "scene.img").write_bytes(b"12345678" + np.ascontiguousarray(values.transpose(axes)).tobytes())
    bands = ",\n ".join(f"{value:.1f}" for value in NM)
    lines = ["ENVI", "description = {made here}", f"samples = {COLUMNS}", f"lines = {ROWS}", f"bands = {BANDS}"]
    lines += [
        "header offset = 8",
        f"data type = {kind}",
        f"interleave = {interleave}",
        f"wavelength = {{{bands}}}",
        *more,
    ]
    (tmp_path / "scene.hdr").write_text("\n".join(lines))


@pytest.mark.parametrize("interleave", ["bsq", "bil", "bip"])
def test_a_scene_of_envi_in_every_interleave(tmp_path, interleave):
    bad = "bbl = {" + ", ".join(["1"] * 11 + ["0"]) + "}"
    write_envi(tmp_path, interleave, 12, CUBE.astype(">u2"), "byte order = 1", "wavelength units = Nanometers", bad)
    spectra = list(read_file(tmp_path / "scene.hdr"))
    assert all(np.isnan(spectrum.flux[-1]) for spectrum in spectra)
    for spectrum in spectra:
        spectrum.flux[-1] = CUBE[spectrum.columns["y"], spectrum.columns["x"], -1]
    check(spectra)
    with pytest.raises(Refused, match="read through it"):
        list(read_file(tmp_path / "scene.img"))


def test_scale_and_missing_data_of_envi(tmp_path):
    more = (
        "byte order = 0",
        "wavelength units = Micrometers",
        "data ignore value = 1",
        "reflectance scale factor = 10000",
    )
    write_envi(tmp_path, "bip", 4, CUBE.astype("<f4"), *more)
    spectra = list(read_file(tmp_path / "scene.hdr"))
    assert np.isnan(spectra[0].flux[0])
    np.testing.assert_allclose(spectra[1].flux, CUBE[0, 1] / 10000, rtol=1e-6)


def test_envi_without_its_unit_data_or_all_of_them(tmp_path):
    write_envi(tmp_path, "bip", 4, CUBE.astype("<f4"))
    with pytest.raises(Refused, match="in which unit") as caught:
        list(read_file(tmp_path / "scene.hdr"))
    assert caught.value.reason is Reason.UNIT
    check(list(read_file(tmp_path / "scene.hdr", FileHints(wavelength_unit="nm"))))
    (tmp_path / "scene.img").write_bytes(bytes(100))
    with pytest.raises(Refused, match="cut short"):
        list(read_file(tmp_path / "scene.hdr"))
    (tmp_path / "scene.img").unlink()
    with pytest.raises(Refused, match="not beside it"):
        list(read_file(tmp_path / "scene.hdr"))


def test_images_are_read_where_their_pixels_are_said_to_be_counted(tmp_path):
    np.savez(tmp_path / "a.npz", image=CUBE, label=np.arange(ROWS))
    with pytest.raises(Refused, match="--column flux=NAME"):
        list(read_file(tmp_path / "a.npz"))
    spectra = list(read_file(tmp_path / "a.npz", FileHints({"flux": "image"}, wavelength_unit="pixel")))
    assert [s.columns["label"] for s in spectra] == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(spectra[3].flux, CUBE[3].ravel())
    assert spectra[0].on_pixels


@pytest.mark.real_data
def test_samson_and_its_abundances(real_data):
    spectra = list(read_file(real_data / "samson.mat", COUNTED))
    assert len(spectra) == 9025
    flux = np.array([s.flux for s in spectra])
    shares = np.array([[s.columns[f"abundance_{k}"] for k in (1, 2, 3)] for s in spectra])
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=0.02)
    other = shares.reshape(95, 95, 3).transpose(1, 0, 2).reshape(-1, 3)  # x and y exchanged
    here, there = (
        np.square(flux - some @ np.linalg.lstsq(some, flux, rcond=None)[0]).sum() for some in (shares, other)
    )
    assert here < 0.5 * there


@pytest.mark.real_data
def test_digits(real_data):
    hints = FileHints({"flux": "image"}, wavelength_unit="pixel")
    spectra = list(read_file(real_data / "mnist_t10k.npz", hints))
    assert len(spectra) == 8000
    assert spectra[0].flux.shape == (784,)
    assert spectra[0].columns["label"] == 2
