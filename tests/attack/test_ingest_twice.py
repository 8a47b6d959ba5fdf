"""Ingest is killed, or run twice at the same time: nothing is lost, and nothing is taken twice."""

import errno
import fcntl
import json
import signal
import subprocess
import sys

import numpy as np
import pytest

from specvae_core.data.refused import read_refused
from specvae_core.errors import Locked
from specvae_core.locks import FolderLock
from specvae_core.workspace import Workspace

N = 700
INGEST = """
import os, signal, sys
from pathlib import Path
from specvae_core.tasks import ingest, ingest_run
from specvae_core.workspace import Workspace

ingest_run.SECONDS_BETWEEN_REPORTS = -1.0  # a report after each object
folder, path, act = sys.argv[1:]
workspace = Workspace.open(folder)

def report(progress):
    if workspace.survey_summary("s").n:
        if act == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        print("ready", flush=True)
        sys.stdin.read()

ingest.ingest(workspace, report, Path("job"), paths=[path], name="s", options={"grid": "4000:6000:40"})
"""


@pytest.fixture
def spectra(tmp_path):
    """One file of many objects, two of them with the same id."""
    wave = np.linspace(3500.0, 7000.0, 120)
    ids = [f"o-{number}" for number in range(N - 1)] + ["o-3"]
    flux = np.random.default_rng(0).normal(1, 0.05, (N, 120))
    np.savez(tmp_path / "many.npz", wave=wave, flux=flux, ivar=np.full(flux.shape, 400.0), id=ids, z=np.zeros(N))
    return tmp_path / "many.npz"


def begin(tmp_path, spectra, act) -> subprocess.Popen:
    command = [sys.executable, "-c", INGEST, str(tmp_path / "w"), str(spectra), act]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def go_on(run, tmp_path, spectra, *more):
    return run("ingest", spectra, "--workspace", tmp_path / "w", "--name", "s", "--grid", "4000:6000:40", *more)


def test_a_killed_ingest_of_one_file_goes_on_without_duplicates(run, tmp_path, spectra):
    with begin(tmp_path, spectra, "die") as first:
        assert first.wait() == -signal.SIGKILL
    report = go_on(run, tmp_path, spectra, "--resume")
    assert (report["ingested"], report["reasons"]) == (N - 1, {"duplicate": 1})
    survey = Workspace.open(tmp_path / "w").survey("s")
    assert survey.n == len(survey.table) == survey.table["id"].nunique() == N - 1
    assert [row["message"].split()[0] for row in read_refused(survey.folder)] == ["o-3"]


def test_a_second_ingest_of_a_name_and_its_deletion_are_refused_while_the_first_runs(run, tmp_path, spectra):
    with begin(tmp_path, spectra, "wait") as first:
        assert first.stdout.readline() == "ready\n"
        for more in ((), ("--resume",)):
            status, sentence = go_on(run, tmp_path, spectra, *more)
            assert status
            assert "s is being written by another program or job" in sentence
        with pytest.raises(Locked, match="wait until that has ended"):
            Workspace.open(tmp_path / "w").delete_survey("s")
        first.kill()
    assert go_on(run, tmp_path, spectra, "--resume")["ingested"] == N - 1
    header = json.loads((tmp_path / "w" / "surveys" / "s" / "survey.json").read_text())
    assert (header["complete"], header["n"]) == (True, N - 1)


def test_where_the_file_system_has_no_locks_the_owner_signs(tmp_path, spectra, monkeypatch):
    def no_locks(*arguments):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    signed = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "s")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with signed:
        assert signed.stdout.readline() == "ready\n"
        with pytest.raises(Locked):
            FolderLock(tmp_path / "s").acquire()
        signed.kill()
    with FolderLock(tmp_path / "s").acquire() as lock:
        assert lock.held


OWNER = """
import errno, fcntl, sys
from pathlib import Path
from specvae_core.locks import FolderLock

def no_locks(*arguments):
    raise OSError(errno.ENOLCK, "No locks available")

fcntl.flock = no_locks
lock = FolderLock(Path(sys.argv[1])).acquire()
print("ready", flush=True)
sys.stdin.read()
"""
