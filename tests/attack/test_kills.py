"""Programs are killed while they delete or replace: afterwards there is the old state or the new one."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import survey_of_slopes
from survey_of_slopes import write_survey

from specvae_core.errors import NotFound
from specvae_core.folders import replacing
from specvae_core.models import PCA
from specvae_core.results import Kind
from specvae_core.workspace import Workspace

KILLED = """
import os, shutil, signal, sys
from specvae_core.workspace import Workspace

folder, call, number, action = sys.argv[1:]
workspace = Workspace.open(folder)
module, name = {"rename": (os, "rename"), "rmtree": (shutil, "rmtree"), "unlink": (os, "unlink")}[call]
original, count = getattr(module, name), iter(range(99))

def fatal(*arguments, **options):
    if next(count) == int(number):
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **options)

setattr(module, name, fatal)
exec(action)
"""

SAVE_MODEL = """
workspace.save_model(workspace.model("pca-1"), "pca-1", survey_id="slopes", seconds=2.0, seed=0)
"""
SAVE_RESULT = """
from specvae_core.results import Kind
workspace.results.save(Kind.TRACKS, "a", {"version": 2})
"""


@pytest.fixture
def folder(tmp_path):
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace)
    spectra = workspace.survey("slopes").read()
    model = PCA(spectra.grid, PCA.Config(n_latent=1)).fit(spectra)
    workspace.save_model(model, "pca-1", survey_id="slopes", seconds=1.0, seed=0)
    workspace.results.save(Kind.TRACKS, "a", {"version": 1}, {"x": np.arange(3)})
    return workspace.folder


def killed(folder, call, number, action) -> None:
    command = [sys.executable, "-c", KILLED, str(folder), call, str(number), action]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL


@pytest.mark.parametrize(("call", "number"), [("rename", 0), ("rmtree", 0)])
def test_a_killed_deletion_leaves_the_survey_whole(folder, call, number):
    killed(folder, call, number, 'workspace.delete_survey("slopes")')
    workspace = Workspace.open(folder)
    assert len(workspace.survey("slopes").table) == workspace.survey("slopes").read().flux.shape[0] == 120
    workspace.delete_survey("slopes")
    with pytest.raises(NotFound):
        workspace.survey("slopes")
    assert workspace.damaged() == []
    assert sorted(path.name for path in (folder / "surveys").iterdir()) == [".deleted", ".locks"]
    write_survey(workspace, n=30)  # the name is free again
    assert workspace.survey("slopes").n == 30


def test_a_killed_restoration_can_be_repeated(folder):
    Workspace.open(folder).delete_survey("slopes")
    killed(folder, "rename", 0, 'workspace.restore_survey("slopes")')
    workspace = Workspace.open(folder)
    workspace.restore_survey("slopes")
    assert workspace.survey("slopes").read().flux.shape[0] == 120


@pytest.mark.parametrize("number", [0, 1])
def test_a_model_that_was_being_replaced_is_still_there(folder, number):
    killed(folder, "rename", number, SAVE_MODEL)
    workspace = Workspace.open(folder)
    assert workspace.model_summary("pca-1").header["seconds"] == 1.0
    assert workspace.model("pca-1").n_latent == 1
    assert sorted(path.name for path in (folder / "models").iterdir()) == [".locks", "pca-1"]


@pytest.mark.parametrize("number", [0, 1])
def test_a_result_that_was_being_replaced_is_still_there(folder, number):
    killed(folder, "rename", number, SAVE_RESULT)
    results = Workspace.open(folder).results
    assert results.load(Kind.TRACKS, "a").header["version"] == 1
    np.testing.assert_array_equal(results.load(Kind.TRACKS, "a").arrays["x"], [0, 1, 2])
    assert [result.id for result in results.list(Kind.TRACKS)] == ["a"]


def test_a_workspace_opened_meanwhile_leaves_a_living_replacement_alone(folder):
    target = folder / "results" / "tracks" / "a"
    with replacing(target) as new:
        (new / "result.json").write_text('{"version": 3}')
        Workspace.open(folder)
        assert new.exists()
    assert Workspace.open(folder).results.load(Kind.TRACKS, "a").header["version"] == 3


def test_of_a_linked_survey_only_the_link_goes(folder, tmp_path):
    (folder / "surveys" / "slopes").rename(tmp_path / "elsewhere")
    (folder / "surveys" / "slopes").symlink_to(tmp_path / "elsewhere")
    workspace = Workspace.open(folder)
    (folder / "encodings" / "pca-1").mkdir(parents=True)
    (folder / "encodings" / "pca-1" / "slopes.npz").write_bytes(b"latents")
    workspace.delete_survey("slopes")
    assert (tmp_path / "elsewhere" / "survey.json").exists()
    assert (folder / "encodings" / "pca-1" / "slopes.npz").exists()
    assert workspace.surveys() == []


def test_another_process_replaces_a_survey(folder):
    workspace = Workspace.open(folder)
    before = workspace.survey("slopes")
    before.read(slice(0, 3))
    action = """
import sys
sys.path.insert(0, sys.argv[2])
from survey_of_slopes import write_survey
from specvae_core.workspace import Workspace
workspace = Workspace.open(sys.argv[1])
workspace.delete_survey("slopes")
write_survey(workspace, n=50)
"""
    subprocess.run([sys.executable, "-c", action, str(folder), str(Path(survey_of_slopes.__file__).parent)], check=True)
    with pytest.raises(NotFound, match="deleted or replaced"):
        before.read(slice(0, 3))
    assert workspace.survey("slopes").n == len(workspace.survey("slopes").table) == 50
