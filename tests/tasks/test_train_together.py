"""One training in two processes, as `torchrun` starts them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from survey_of_slopes import write_survey

from specvae_core.workspace import Workspace

TOGETHER = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--rdzv-backend", "c10d",
            "--rdzv-endpoint", "localhost:0")  # fmt: skip
SETTINGS = ("--survey", "slopes", "--model", "infovae", "--n-latent", "2", "--epoch-steps", "100")


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace, n=800)
    return workspace


def command(workspace: Workspace, *arguments: object) -> list[str]:
    rest = ("-m", "specvae_core", *arguments, "--workspace", workspace.folder, "--json")
    return [sys.executable, *map(str, (*TOGETHER, *rest))]


def run_together(workspace: Workspace, *arguments: object) -> dict:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command(workspace, *arguments), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def history(workspace: Workspace, model_id: str) -> list[float]:
    return [record["validation/loss"] for record in workspace.model(model_id).history]


def test_two_processes_learn_as_one_with_batches_twice_as_large_and_go_on_after_a_kill(workspace, run):
    settings = (*SETTINGS, "--max-epochs", 5)
    one = run("train", *settings, "--batch-size", 64, "--workspace", workspace.folder)
    two = run_together(workspace, "train", *settings, "--batch-size", 32)
    assert {model.id for model in workspace.models()} == {one["model"], two["model"]}
    assert min(history(workspace, two["model"])) == pytest.approx(min(history(workspace, one["model"])), rel=0.05)

    job = killed_after_an_epoch(workspace, "train", *settings, "--batch-size", 32)
    again = run_together(workspace, "resume", job)
    assert history(workspace, again["result"]) == pytest.approx(history(workspace, two["model"]), rel=1e-4)


def killed_after_an_epoch(workspace: Workspace, *arguments: object) -> str:
    """Start a training, kill all its processes when it has a checkpoint; returns its job."""
    before = set((workspace.folder / "jobs").glob("*-train-*/checkpoint"))
    started = subprocess.Popen(
        command(workspace, *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    end = time.monotonic() + 120
    while not (new := set((workspace.folder / "jobs").glob("*-train-*/checkpoint")) - before):
        assert started.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)
    for process in processes_below(started.pid):
        os.kill(process, signal.SIGKILL)
    started.wait()
    return next(iter(new)).parent.name


def processes_below(pid: int) -> list[int]:
    """A process and all that it has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in processes_below(int(child)))]
