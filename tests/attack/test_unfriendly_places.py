"""Read-only, full, without a home, under a clock that jumps, deleted meanwhile: a sentence, and nothing lost."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time

import pandas as pd
import pytest
from astropy.table import Table
from places import ROOT, on_a_disk
from survey_of_slopes import write_survey

from specvae_core.assets import asset
from specvae_core.atomic import read_json, write_json
from specvae_core.errors import UserError
from specvae_core.jobs import JobRunner
from specvae_core.results import Kind
from specvae_core.tasks.export import write_table
from specvae_core.tasks.fits_tables import as_fits, fits_names
from specvae_core.workspace import Workspace

READ_ONLY = """
import shutil
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from specvae_core.__main__ import main
from specvae_core.assets import asset
from specvae_core.workspace import Workspace
folder = Path(sys.argv[1]) / "w"
shutil.copytree(asset("demo"), folder)
Workspace.open(folder).annotations.change("demo", "demo-00001", "me", mark=4)
(folder / "results" / "tracks" / "torn").mkdir()
(folder / "results" / "tracks" / "torn" / "result.json").write_text("{")  # so that there is something to repair
remount("ro")

workspace = Workspace.open(folder)
assert workspace.read_only
survey, model = workspace.surveys()[0].id, workspace.models()[0].id
assert workspace.survey(survey).read(slice(0, 5)).flux.any()
assert workspace.annotations.get("demo", "demo-00001").mark == 4

def command(*arguments):  # in this process: each of its own would spend seconds on loading what is loaded here
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()) as told:
        status = main([*map(str, arguments), "--workspace", str(folder)])
    return status, told.getvalue()

status, told = command("info", "--json")
assert status == 0, told
outliers = ["outliers", "--survey", survey, "--model", model]
for arguments in (["train", "--survey", survey, "--model", "pca"], ["check", "--repair"], outliers):
    status, told = command(*arguments)
    assert status == 2 and "read-only" in told.splitlines()[-1], (arguments, status, told)

from dashboard.page import Session
from dashboard.app import PAGES
from dashboard.header import READ_ONLY, Header
from dashboard.server_files import ServerFiles
from dashboard.shared import Shared
from dashboard.state import SessionState
from specvae_core.jobs import JobRunner
runner = JobRunner(folder / "jobs")
session = Session(SessionState(), Shared(workspace, runner, ServerFiles(folder)))
header = Header(session, {"explore": "Explore"})
assert header.read_only.visible and "read-only" in header.read_only.object
runner.shutdown()
print("explored")
"""


def test_a_read_only_workspace_is_explored_and_says_so_once(tmp_path):
    assert on_a_disk(tmp_path / "disk", 64, READ_ONLY).endswith("explored\n")


FULL = """
import numpy as np
from pathlib import Path
from specvae_core.workspace import Workspace
disk = Path(sys.argv[1])
wave = np.linspace(3500.0, 7000.0, 800)
rng = np.random.default_rng(0)
files = Path(sys.argv[1] + "-files"); files.mkdir()
for number in range(6):
    flux = rng.normal(1, 0.05, (400, 800))
    np.savez(files / f"{number}.npz", wave=wave, flux=flux, ivar=np.full(flux.shape, 400.0), z=np.zeros(400))
ingest = ["ingest", files, "--workspace", disk / "w", "--name", "s", "--grid", "4000:6500:700", "--json"]
status, out, sentence = specvae(*ingest)
assert status == 2 and "full" in sentence, (status, sentence)
workspace = Workspace.open(disk / "w")
kept = workspace.survey_summary("s").n
remount("size=64m")
status, out, sentence = specvae(*ingest, "--resume")
assert status == 0, sentence
assert workspace.survey("s").n == len(workspace.survey("s").table) == 2400
assert np.isfinite(workspace.survey("s").read().flux).all()

used = int(subprocess.run(["df", "-k", "--output=used", disk], capture_output=True, text=True).stdout.split()[-1])
remount(f"size={used + 40}k")
train = ["train", "--survey", "s", "--model", "infovae", "--max-epochs", "2", "--epoch-steps", "20"]
train += ["--workspace", disk / "w"]
status, out, sentence = specvae(*train)
assert status == 2 and ("full" in sentence), (status, sentence)
status, out, sentence = specvae("check", "--workspace", disk / "w", "--json")
assert '"damaged": []' in out, (out, sentence)
print("kept", kept)
"""


def test_a_full_disk_ends_an_ingest_and_a_training_in_a_sentence_and_both_go_on(tmp_path):
    assert on_a_disk(tmp_path / "disk", 5, FULL).startswith("kept ")


def test_a_quota_is_named(tmp_path, run):
    """The limit on the size of a file, which a quota resembles: EFBIG in place of EDQUOT."""
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace, n=600)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    command = [sys.executable, "-m", "specvae_core", "train", "--survey", "slopes", "--model", "pca"]
    command += ["--workspace", str(workspace.folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, preexec_fn=limit, cwd=ROOT)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "free some space" in done.stderr
    assert run("check", "--workspace", workspace.folder)["damaged"] == []
    assert workspace.models() == []


def test_without_a_home(tmp_path):
    shutil.copytree(asset("demo"), tmp_path / "w")
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "TMPDIR": str(tmp_path)}
    for command in (["info", "--workspace", str(tmp_path / "w")], ["look", str(tmp_path / "w" / "workspace.json")]):
        done = subprocess.run(
            [sys.executable, "-m", "specvae_core", *command],
            check=False,
            capture_output=True,
            env=environment,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr


def test_a_clock_that_jumps_back_hides_no_change_of_a_job(tmp_path):
    """What another process has written is seen, although its files are older than those that were there."""
    (tmp_path / "jobs").mkdir()
    first, second = JobRunner(tmp_path / "jobs"), JobRunner(tmp_path / "jobs")
    job = first.submit("a", lambda report, folder: "done", task="t", arguments={})
    first.shutdown()
    future = time.time() + 1e6
    for path in job.folder.iterdir():
        os.utime(path, (future, future))
    assert second.job(job.id).title == "a"
    write_json(job.folder / "job.json", read_json(job.folder / "job.json") | {"title": "b"})
    assert second.job(job.id).title == "b"
    second.shutdown()


def test_a_workspace_that_is_deleted_meanwhile_is_not_made_again_by_halves(tmp_path):
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace)
    survey, runner = workspace.survey("slopes"), JobRunner(workspace.folder / "jobs")
    shutil.rmtree(workspace.folder)
    acts = (
        lambda: workspace.survey("slopes"),
        lambda: survey.read(),
        lambda: runner.submit("a", lambda report, folder: "done", task="t", arguments={}),
        lambda: workspace.results.save(Kind.TRACKS, "a", {}),
        lambda: workspace.annotations.change("slopes", "a", "me", mark=1),
        lambda: write_survey(workspace, name="other"),
        lambda: workspace.delete_survey("slopes"),
    )
    for act in acts:
        with pytest.raises(UserError):
            act()
    assert workspace.surveys() == workspace.models() == runner.jobs() == []
    runner.shutdown()
    assert not workspace.folder.exists()


def test_names_that_fits_cannot_hold(tmp_path):
    names = ["n" * 200, "n" * 201, "λ (Å)", "Flux", "FLUX", "a\nb"]
    table = pd.DataFrame({name: [number, number] for number, name in enumerate(names)} | {"id": ["한", "b"]})
    write_table(table, tmp_path / "t.fits")
    found = Table.read(tmp_path / "t.fits")
    assert len(found.colnames) == len(names) + 1
    assert all(len(name) <= 68 for name in found.colnames)
    assert [found[name][0] for name in fits_names(names).values()] == list(range(len(names)))
    assert as_fits(Table({"é": [1]}, meta={"TITLE": "π"})).meta["TITLE"].isascii()


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize(
    "change", [{"n": 10**12}, {"n": -1}, {"n_pixel": 10**12}, {"log10_step": 1e300}, {"log10_start": 1e12}]
)
def test_numbers_of_10_to_the_12_in_a_header(tmp_path, run, change, sealed):
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace)
    path = workspace.survey_folder("slopes") / "survey.json"
    header = read_json(path)
    for part in (header, header["grid"]):
        part |= {key: value for key, value in change.items() if key in part}
    write_json(path, header) if sealed else path.write_text(json.dumps(header))
    with pytest.raises(UserError):
        Workspace.open(workspace.folder).survey("slopes").read()
    assert [one["id"] for one in run("check", "--workspace", workspace.folder)["damaged"]] == ["slopes"]
    run("info", "--workspace", workspace.folder)


def test_a_full_disk_names_the_annotations(tmp_path):
    script = """
from pathlib import Path
from specvae_core.annotations import Annotations
from specvae_core.errors import NotWritable
annotations = Annotations(Path(sys.argv[1]) / "labels.sqlite")
kept = 0
try:
    for number in range(100_000):
        annotations.change("s", str(number), "me", note="x" * 3000)
        kept += 1
except NotWritable as error:
    print(error)
remount("size=9m")
assert len(annotations.of("s")) == kept
annotations.change("s", "after", "me", mark=3)
print("kept")
"""
    told = on_a_disk(tmp_path / "disk", 0.5, script)
    assert "is the disk full" in told
    assert told.endswith("kept\n")
