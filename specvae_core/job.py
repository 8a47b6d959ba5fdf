"""One piece of long work: its state, its progress, and the folder that keeps both."""

import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path

from .atomic import write_json, write_with
from .errors import Cancelled
from .progress import Progress

ACTIVE = ("queued", "running")
RESUMABLE = ("stopped", "interrupted", "failed")

_KEPT = (
    *("title", "task", "arguments", "runner", "created", "started", "ended"),
    *("state", "result", "error", "hopeless"),
)
"""Attributes of a job in ``job.json``."""


class Job:
    """State of one piece of work; any thread may read it.

    Parameters
    ----------
    folder
        Folder of the job.
    record
        Content of ``job.json``.
    """

    def __init__(self, folder: Path, record: Mapping) -> None:
        self.folder = folder
        self.id: str = folder.name
        self.title: str = record["title"]
        self.task: str = record["task"]
        self.arguments: dict = record["arguments"]
        self.runner: str = record["runner"]
        self.created: float = record["created"]
        self.started: float | None = record["started"]
        self.ended: float | None = record["ended"]
        self.state: str = record["state"]
        self.result: str | None = record["result"]
        self.error: str | None = record["error"]
        self.hopeless: bool = record.get("hopeless", False)
        self.exception: Exception | None = None
        self._latest: Progress | None = None
        self._history: list[Progress] = _read_history(folder / "history.jsonl")
        self.waiting: Future | None = None
        """Its place in the queue of a runner of this process."""
        self._stop = threading.Event()

    def progress(self) -> Progress | None:
        """The latest report."""
        return self._latest or (self._history[-1] if self._history else None)

    def history(self) -> tuple[Progress, ...]:
        """All reports that carried values, oldest first."""
        return tuple(self._history)

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ACTIVE

    @property
    def resumable(self) -> bool:
        """Whether it can go on; not where its own input is at fault, which would fail again."""
        return self.state in RESUMABLE and not self.hopeless

    @property
    def stopping(self) -> bool:
        """Whether the work was asked to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask the work to stop at its next report, its product so far is kept; work that waits leaves the queue."""
        self._stop.set()
        if self.waiting is not None:
            self.waiting.cancel()

    def save(self, **changes: object) -> None:
        """Write ``job.json`` with these changes, then apply them here."""
        write_json(self.folder / "job.json", {name: getattr(self, name) for name in _KEPT} | changes)
        vars(self).update(changes)

    def report(self, progress: Progress) -> None:
        """Progress callback of the worker; raises `Cancelled` after `stop`."""
        self._latest = progress
        if progress.values:
            self._history.append(progress)
            with (self.folder / "history.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps({**vars(progress), "values": dict(progress.values)}) + "\n")
        if self.stopping:
            raise Cancelled(f"{self.title} was stopped.")


def remembered(folder: Path, name: str, make: Callable[[], str]) -> str:
    """Id of a job's product: made when the job first runs, and the same when it goes on.

    Parameters
    ----------
    folder
        The job's own folder.
    name
        File in that folder that keeps the id.
    make
        Reserves an id.
    """
    path = folder / name
    if not path.exists():
        product = make()
        write_with(path, lambda temporary: temporary.write_text(product, encoding="utf-8"))
    return path.read_text(encoding="utf-8")


def _read_history(path: Path) -> list[Progress]:
    if not path.exists():
        return []
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entries.append(Progress(**json.loads(line)))
        except (ValueError, TypeError):  # the last line of a process that was killed while writing
            continue
    return entries
