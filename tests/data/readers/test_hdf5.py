"""HDF5 in the layouts of those who write it."""

import h5py
import numpy as np
import pytest

from specvae_core.data.readers import read_file
from specvae_core.errors import Reason, Refused

WAVE = np.linspace(4000.0, 4110.0, 12)
FLUX = np.arange(48.0).reshape(4, 12) + 1


def test_groups_beside_columns_of_objects(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["spectrum/flux"], file["spectrum/ivar"] = FLUX, np.full((4, 12), 4.0)
        file["spectrum/lambda"], file["spectrum/mask"] = np.tile(WAVE, (4, 1)), FLUX == 3
        file["spectrum/lambda"].attrs["unit"] = "Angstrom"
        file["Z"], file["object_id"] = np.arange(4) / 10, np.arange(4) + 2**60
        file["image/flux"] = np.ones((4, 5, 5))
    spectra = list(read_file(tmp_path / "a.h5"))
    assert [s.id for s in spectra] == [str(2**60 + i) for i in range(4)]
    assert [s.redshift for s in spectra] == [0.0, 0.1, 0.2, 0.3]
    np.testing.assert_array_equal(spectra[3].flux, FLUX[3])
    assert np.flatnonzero(spectra[0].ivar == 0).tolist() == [2]
    assert "wavelengths in Angstrom" not in spectra[0].understood.assumed


def test_a_group_for_each_object(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for row, name in enumerate(("ngc1", "ngc2")):
            file[f"{name}/flux"], file[f"{name}/wave"] = FLUX[row], WAVE + row
            file[name].attrs["redshift"] = 0.1 * row
    first, second = read_file(tmp_path / "a.h5")
    assert (first.id, second.id) == ("ngc1", "ngc2")
    assert second.redshift == 0.1
    np.testing.assert_array_equal(second.wavelength, WAVE + 1)


def test_compound_datasets(tmp_path):
    rows = np.zeros(12, [("wavelength", "f8"), ("flux", "f4"), ("sigma", "f4")])
    rows["wavelength"], rows["flux"], rows["sigma"] = WAVE, FLUX[0], 0.5
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["table"] = rows
    (spectrum,) = read_file(tmp_path / "a.h5")
    np.testing.assert_array_equal(spectrum.flux, FLUX[0])
    np.testing.assert_allclose(spectrum.ivar, 4.0)


def test_arms_in_groups_are_no_objects(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for arm in ("blue", "red"):
            file[f"{arm}/flux"], file[f"{arm}/wave"] = FLUX[0], WAVE
    with pytest.raises(Refused, match="arms blue, red"):
        list(read_file(tmp_path / "a.h5"))


def test_nothing_outside_the_file_is_read(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["flux"] = FLUX
    (tmp_path / "raw").write_bytes(FLUX.tobytes())
    for name in ("link", "external", "virtual"):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["wave"] = WAVE
            if name == "link":
                file["flux"] = h5py.ExternalLink("other.h5", "flux")
            elif name == "external":
                file.create_dataset("flux", FLUX.shape, "f8", external=[(str(tmp_path / "raw"), 0, h5py.h5f.UNLIMITED)])
            else:
                layout = h5py.VirtualLayout(FLUX.shape, "f8")
                layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "flux", FLUX.shape)
                file.create_virtual_dataset("flux", layout)
        with pytest.raises(Refused, match="no array known as flux") as caught:
            list(read_file(tmp_path / f"{name}.h5"))
        assert caught.value.reason is Reason.FOREIGN


def test_a_dataset_that_claims_more_than_it_holds_is_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["wave"] = WAVE
        file.create_dataset("flux", (10**9, 12), "f8", chunks=(1, 12))
    with pytest.raises(Refused, match="claims") as caught:
        list(read_file(tmp_path / "a.h5"))
    assert caught.value.reason is Reason.UNREADABLE


def test_a_damaged_tree_is_refused_as_damaged(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("spectrum/flux", data=np.ones((3, 50)))
        file.create_dataset("spectrum/wave", data=np.linspace(4000.0, 5000.0, 50))
    content = (tmp_path / "a.h5").read_bytes()
    (tmp_path / "a.h5").write_bytes(content.replace(b"SNOD", b"XXXX"))
    with pytest.raises(Refused, match="damaged") as caught:
        list(read_file(tmp_path / "a.h5"))
    assert caught.value.reason is Reason.UNREADABLE
