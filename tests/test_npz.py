"""Arrays in one file, read or left on the disk."""

import numpy as np
import pytest

from specvae_core import npz


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "latents": rng.random((1000, 6)).astype(np.float32),
        "seen": np.arange(3),
        "made_from": np.array("a model"),
        "nothing": np.empty((0, 3)),
        "turned": np.asfortranarray(rng.random((4, 5))),
    }


def test_mapped_arrays_are_those_that_were_written(arrays, tmp_path, monkeypatch):
    monkeypatch.setattr(npz, "LARGE", 0)
    npz.write_npz(tmp_path / "a.npz", arrays)
    for read in (npz.read_npz, npz.map_npz):
        found = read(tmp_path / "a.npz")
        assert set(found) == set(arrays)
        for name, array in arrays.items():
            np.testing.assert_array_equal(found[name], array)
            assert found[name].dtype == array.dtype
    assert not npz.map_npz(tmp_path / "a.npz")["latents"].flags.writeable


def test_files_of_earlier_versions_are_read(arrays, tmp_path, monkeypatch):
    monkeypatch.setattr(npz, "LARGE", 0)
    np.savez(tmp_path / "a.npz", **arrays)
    np.testing.assert_array_equal(npz.map_npz(tmp_path / "a.npz")["latents"], arrays["latents"])


def test_damage_is_seen_however_the_file_is_read(arrays, tmp_path, monkeypatch):
    monkeypatch.setattr(npz, "LARGE", 0)
    path = tmp_path / "a.npz"
    npz.write_npz(path, arrays)
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    for read in (npz.read_npz, npz.map_npz):
        with pytest.raises(ValueError, match="CRC"):
            read(path)
    path.write_bytes(content[:3000])
    with pytest.raises(ValueError, match="zip"):
        npz.map_npz(path)
