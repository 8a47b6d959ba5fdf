"""Places of many objects on the disk: those of the latents, made once, and again where the encoding is another one."""

import shutil
from collections import namedtuple

import numpy as np
import pytest

from dashboard.latent_map import limits_of
from dashboard.places import PIECE, kept_places, places_in_memory
from dashboard.shared import make_map
from specvae_core.analysis.basis import principal_basis
from specvae_core.workspace import Workspace

N = PIECE + 1000


@pytest.fixture(scope="module")
def latents() -> np.ndarray:
    return np.random.default_rng(0).normal(5, [3, 2, 1], (N, 3)).astype(np.float32)


def test_kept_places_are_those_in_memory(latents, tmp_path):
    basis = principal_basis(latents, None)
    for axes, name in ((basis, "components-1"), (None, "latents-1")):
        places, limits = kept_places(tmp_path / "m" / name, latents, axes, limits_of)
        expected = places_in_memory(latents, axes)
        np.testing.assert_array_equal(places, expected)
        np.testing.assert_array_equal(limits, limits_of(expected))
        some = slice(PIECE - 5, PIECE + 5)
        along = latents[some] if axes is None else axes.components(latents[some])
        np.testing.assert_allclose(places.T[some], along, atol=1e-4)


def test_they_are_made_once_and_those_of_a_former_encoding_are_removed(latents, tmp_path):
    folders = [tmp_path / "m" / name for name in ("latents-1", "components-1", "latents-2")]
    for folder in folders:
        kept_places(folder, latents, None, limits_of)
    assert [folder.is_dir() for folder in folders] == [False, True, True]
    again = kept_places(folders[2], latents, None, lambda _: pytest.fail("they were made once more"))
    np.testing.assert_array_equal(again[0], latents.T)


def test_without_room_they_stay_in_memory(latents, tmp_path, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(latents.nbytes))
    assert kept_places(tmp_path / "m" / "latents-1", latents, None, limits_of) is None
    assert not (tmp_path / "m" / "latents-1").exists()


def test_damaged_ones_are_made_again(latents, tmp_path):
    folder = tmp_path / "m" / "latents-1"
    kept_places(folder, latents, None, limits_of)
    (folder / "places.npy").write_bytes((folder / "places.npy").read_bytes()[:1000])
    assert kept_places(folder, latents, None, limits_of) is None
    np.testing.assert_array_equal(kept_places(folder, latents, None, limits_of)[0], latents.T)


def test_a_map_of_many_is_the_one_of_few(shared, monkeypatch):
    workspace = shared.workspace
    model = workspace.models()[0].id
    survey = next(one.id for one in workspace.surveys() if workspace.encoding(model, one.id) is not None)
    encoding = workspace.encoding(model, survey)
    few = make_map(workspace, survey, model, encoding, "components")
    monkeypatch.setattr("dashboard.shared.MOST_IN_MEMORY", 10)
    many = make_map(workspace, survey, model, encoding, "components")
    np.testing.assert_array_equal(many.latents, few.latents)
    np.testing.assert_array_equal(many.limits, few.limits)
    made = workspace.folder / "maps" / model / survey
    assert (made / f"components-{workspace.encoding_stamp(model, survey)}").is_dir()
    Workspace.open(workspace.folder)
    assert made.is_dir()
    (workspace.folder / "encodings" / model / f"{survey}.npz").unlink()
    Workspace.open(workspace.folder)
    assert not made.exists(), "nothing is left of an encoding that is gone"
