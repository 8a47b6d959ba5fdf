"""Programs that are killed at random moments, or run twice at the same time; and what has to hold afterwards.

Each act runs in a child of this process (`fork`), so that PyTorch and the readers are imported once. It is killed after
a random share of the time that it takes undisturbed.
"""

import os
import shutil
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from damages import REFUSED, make_workspace, probe

from specvae_core import tasks
from specvae_core.__main__ import main
from specvae_core.errors import UserError
from specvae_core.jobs import JobRunner
from specvae_core.results import Kind
from specvae_core.tasks.encode import encode_survey
from specvae_core.workspace import Workspace

Rng = np.random.Generator
LONGEST = 300.0
"""Seconds after which an act counts as hanging."""


def prepare(folder: Path) -> None:
    """A workspace, and a file of spectra to ingest beside it."""
    make_workspace(folder / "w")
    wave, rng = np.linspace(3500.0, 9000.0, 200), np.random.default_rng(1)
    (folder / "files").mkdir()
    for number in range(4):
        flux = rng.normal(1, 0.05, (400, 200))
        ids = [f"{number}-{row}" for row in range(400)]
        np.savez(folder / "files" / f"{number}.npz", wave=wave, flux=flux, ivar=np.full(flux.shape, 400.0), id=ids)


def ingest(folder: Path) -> None:
    """Ingest 1600 spectra as ``new``; go on where that was begun."""
    _run(folder, "ingest", paths=[str(folder / "files")], name="new", options={"grid": "4000:8000:80"}, resume=True)


def train(folder: Path) -> None:
    """Train a model for some epochs; go on with an interrupted training."""
    runner, workspace = JobRunner(folder / "w" / "jobs"), Workspace.open(folder / "w")
    try:
        old = next((job for job in runner.jobs() if job.task == "train" and job.resumable), None)
        config = {"n_latent": 2, "max_epochs": 4, "patience": 4, "epoch_steps": 20}
        if old is None:
            job = tasks.submit(runner, workspace, "train", survey="slopes", model="infovae", config=config)
        else:
            job = tasks.resume(runner, workspace, old)
        _wait(job)
    finally:
        runner.shutdown()


def delete(folder: Path) -> None:
    """Delete the survey ``other`` and the model ``pca-2``."""
    workspace = Workspace.open(folder / "w")
    if (folder / "w" / "surveys" / "other").exists():
        workspace.delete_survey("other")
    if (folder / "w" / "models" / "pca-2").exists():
        workspace.delete_model("pca-2")


def save(folder: Path) -> None:
    """Replace the model ``pca-2`` and the result ``track-2`` by the same ones, some times."""
    workspace = Workspace.open(folder / "w")
    for _ in range(4):
        workspace.save_model(workspace.model("pca-2"), "pca-2", survey_id="other", seconds=1.0, seed=0)
        track = workspace.results.load(Kind.TRACKS, "track-2")
        workspace.results.save(Kind.TRACKS, "track-2", track.header, track.arrays)


def encode(folder: Path) -> None:
    """Encode ``other`` again, some times."""
    for _ in range(4):
        encode_survey(Workspace.open(folder / "w"), "pca-2", "other")


def repair(folder: Path) -> None:
    """``specvae check --repair``."""
    if main(["check", "--repair", "--json", "--workspace", str(folder / "w")]) == 2:
        raise UserError("the check was refused")


ACTS: tuple[Callable[[Path], None], ...] = (ingest, train, delete, save, encode, repair)

TOUCHED = {
    "ingest": (), "train": ("job",), "delete": ("survey other", "model pca-2", "encoding pca-2"),
    "save": ("model pca-2", "result track-2", "encoding pca-2"), "encode": ("encoding pca-2",), "repair": (),
}  # fmt: skip
"""What an act may change; all else has to stay as it was."""


def _run(folder: Path, task: str, **arguments: object) -> None:
    runner = JobRunner(folder / "w" / "jobs")
    try:
        _wait(tasks.submit(runner, Workspace.open(folder / "w"), task, **arguments))
    finally:
        runner.shutdown()


def _wait(job) -> None:
    while job.active:
        time.sleep(0.01)
    if job.exception is not None:
        raise job.exception


@dataclass
class Child:
    """An act in a process of its own."""

    process: int

    @classmethod
    def start(cls, act: Callable[[Path], None], folder: Path, output: str = os.devnull) -> "Child":
        """Begin an act; what it prints, and the error that ends it, go into the file *output*."""
        process = os.fork()
        if process:
            return cls(process)
        status = 70
        try:
            file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(file, 1)
            os.dup2(file, 2)
            torch.set_num_threads(1)  # threads of the parent's pool are not in the child, which would wait for them
            act(folder)
            status = 0
        except UserError as error:
            status = 2
            os.write(2, f"{error}\n".encode(errors="replace"))
        except BaseException:
            os.write(2, traceback.format_exc().encode(errors="replace"))
        finally:
            os._exit(status)

    def end(self, after: float = LONGEST) -> int:
        """Status of the process, which is killed after some seconds; negative where it was."""
        limit = time.monotonic() + after
        while time.monotonic() < limit:
            found, status = os.waitpid(self.process, os.WNOHANG)
            if found:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.002)
        os.kill(self.process, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


def copy(sound: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sound, folder)


def duration(act: Callable[[Path], None], sound: Path, folder: Path) -> float:
    """Seconds that an act takes undisturbed."""
    copy(sound, folder)
    start = time.monotonic()
    assert Child.start(act, folder).end() == 0, act.__name__
    return time.monotonic() - start


def kill(act: Callable[[Path], None], seconds: float, sound: Path, folder: Path, before: dict[str, str]) -> list[str]:
    """Kill an act after some seconds and do it once more to its end; returns what is wrong, nothing if all is well."""
    copy(sound, folder)
    was_over = Child.start(act, folder).end(seconds) == 0  # before it was to be killed
    was_over |= act is ingest and _is_ingested(folder)  # or killed when all was written
    wrong = _changed(act, folder, before, "killed")
    if (status := Child.start(act, folder).end()) != 0 and not (was_over and status == 2):  # refused: it is done
        wrong.append(f"{act.__name__} killed after {seconds:.2f} s ends with status {status} when it is run again")
    return wrong + _changed(act, folder, before, "run again") + _unfinished(act, folder)


@dataclass
class Race:
    """Two acts at the same time, the second *delay* seconds after the first."""

    first: Callable[[Path], None]
    second: Callable[[Path], None]
    delay: float = 0.0
    statuses: list[int] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def run(self, sound: Path, folder: Path, before: dict[str, str]) -> list[str]:
        """What is wrong afterwards: each ends well or in a sentence, and what neither touches is as before."""
        copy(sound, folder)
        outputs = [folder.with_name(f"{folder.name}-{number}.log") for number in (1, 2)]
        first = Child.start(self.first, folder, str(outputs[0]))
        time.sleep(self.delay)
        second = Child.start(self.second, folder, str(outputs[1]))
        self.statuses = [first.end(), second.end()]
        after = probe(folder / "w")
        touched = (*TOUCHED[self.first.__name__], *TOUCHED[self.second.__name__], "job")
        self.lost = [f"{name} is {after[name]}" for name, value in before.items() if after[name] != value
                     and not name.startswith(touched)]  # fmt: skip
        self.lost += [f"{one.kind} {one.id} is damaged" for one in Workspace.open(folder / "w").damaged()]
        if not self.lost and set(self.statuses) <= {0, 2}:
            return []
        return [f"{self}: ends with {self.statuses}; {'; '.join(self.lost)}; {_last_lines(outputs)}"]

    def __str__(self) -> str:
        return f"{self.first.__name__} beside {self.second.__name__} after {self.delay:.3f} s"


def _last_lines(outputs: list[Path]) -> str:
    """The end of what each of two acts printed."""
    texts = [path.read_text(errors="replace").strip()[-1500:] for path in outputs]
    return "; ".join(
        f"{which} printed: {text or 'nothing'}" for which, text in zip(("one", "other"), texts, strict=True)
    )


def _changed(act: Callable, folder: Path, before: dict[str, str], when: str) -> list[str]:
    after = probe(folder / "w")
    touched = (*TOUCHED[act.__name__], "job")
    wrong = [f"{act.__name__} {when}: {name} is {after[name]}" for name, value in before.items()
             if after[name] != value and not name.startswith(touched)]  # fmt: skip
    if act is save:  # the same content under new headers
        wrong += [
            f"save {when}: {name}"
            for name in ("model pca-2 weights", "result track-2 arrays")
            if after[name] != before[name]
        ]
    return wrong


def _is_ingested(folder: Path) -> bool:
    return any(survey.id == "new" and survey.complete for survey in Workspace.open(folder / "w").surveys())


def _unfinished(act: Callable, folder: Path) -> list[str]:
    workspace = Workspace.open(folder / "w")
    wrong = [f"{act.__name__}: {one.kind} {one.id} is damaged: {one.reason}" for one in workspace.damaged()]
    if act is ingest:
        survey = workspace.survey("new")
        if survey.n != 1600 or survey.table["id"].nunique() != 1600 or not survey.read().flux.any():
            wrong.append(f"ingest: {survey.n} rows, {survey.table['id'].nunique()} ids")
    if act is train and not any(model.name == "infovae" for model in workspace.models()):
        wrong.append("train: there is no model")
    if act is delete and {"other", "pca-2"} & {one.id for one in (*workspace.surveys(), *workspace.models())}:
        wrong.append("delete: it is still there")
    if act is encode and probe(folder / "w")["encoding pca-2"] == REFUSED:
        wrong.append("encode: there is no encoding")
    return wrong
