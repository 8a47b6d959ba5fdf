"""Long work in background threads: the only place where threads start.

A worker never touches the user interface. It appends frozen `Progress` entries to its job, writes its product into the
workspace and returns an id; pages poll the job. Each job has a folder, so that another process, or the next one after
a crash, knows its state::

    jobs/ID/
      job.json         title, task, arguments, state, times, result or error
      history.jsonl    one line for each report that carried values
      …                files of the task, as a checkpoint from which it can go on

A runner holds a lock file as long as it lives: a *running* job whose runner's lock is free was interrupted.
"""

import logging
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from threadpoolctl import threadpool_limits

from .atomic import read_json
from .errors import Cancelled, Locked, NotFound, NotWritable, UserError, disk_error
from .folders import remove
from .job import RESUMABLE, Job
from .locks import FolderLock
from .progress import Report

log = logging.getLogger(__name__)

Work = Callable[[Report, Path], str]
"""Function that a job runs: progress callback and the job's folder in, id of the product out."""

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Lane(StrEnum):
    """Queues of jobs. Those of one lane run one after the other, and wait for no other lane."""

    TRAINING = "training"
    SURVEY = "survey"
    FILES = "files"
    QUICK = "quick"


class JobRunner:
    """Runs jobs on background threads, one for each `Lane`, and knows the jobs of a workspace.

    Training fills a processor, so two at a time would only slow both; passes over a survey, files and quick work have
    threads of their own and do not wait for it. What a page waits for (a look at files) has threads that no job takes.

    Parameters
    ----------
    folder
        The workspace's ``jobs`` folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = uuid.uuid4().hex[:12]
        self._own: dict[str, Job] = {}
        self._foreign: dict[str, tuple[int, Job]] = {}
        self._damaged: dict[str, str] = {}
        self._closing = False
        self._alive = FolderLock(folder / self.id)
        with suppress(NotWritable, OSError):  # jobs of a read-only workspace can be looked at
            folder.mkdir(exist_ok=True)
            self._alive.acquire()
        self._lanes = {
            lane: ThreadPoolExecutor(1, thread_name_prefix=f"specvae-{lane}", initializer=_leave_a_core)
            for lane in Lane
        }
        self._beside = ThreadPoolExecutor(2, thread_name_prefix="specvae-beside")  # no PyTorch first

    def submit(self, title: str, work: Work, *, task: str, arguments: Mapping, lane: Lane = Lane.TRAINING) -> Job:
        """Queue work and return its job at once.

        Parameters
        ----------
        title
            Line in the job list.
        work
            Runs on the worker's thread.
        task, arguments
            Name and JSON-ready arguments that would start the same work again.
        lane
            The queue in which it waits.
        """
        folder = self.folder / time.strftime(f"%Y%m%d-%H%M%S-{task}-{uuid.uuid4().hex[:4]}")
        record = dict.fromkeys(("started", "ended", "result", "error"))
        record |= {"title": title, "task": task, "arguments": dict(arguments), "runner": self.id}
        return self._start(Job(folder, {**record, "created": time.time(), "state": "queued"}), work, lane)

    def aside(self, work: Callable[[], object]) -> None:
        """Run short work that a page waits for, two at a time and beside all jobs; it leaves no record."""
        self._beside.submit(_logged, work)

    def prepare(self, work: Callable[[], object]) -> None:
        """Run work that loads what jobs need, on the thread of quick jobs; it leaves no record."""
        self._lanes[Lane.QUICK].submit(_logged, work)

    def resume(self, job: Job, work: Work, *, lane: Lane = Lane.TRAINING) -> Job:
        """Queue an interrupted, stopped or failed job again, in the same folder."""
        if job.state not in RESUMABLE:
            raise UserError(f"Job {job.id} is {job.state}: only one that was stopped, interrupted or failed can go on.")
        if job.hopeless:
            raise UserError(f"Job {job.id} would fail again: {job.error} Start another with other settings.")
        record = read_json(job.folder / "job.json")
        record |= {"state": "queued", "runner": self.id, "started": None, "ended": None, "error": None}
        return self._start(Job(job.folder, record), work, lane)

    def _start(self, job: Job, work: Work, lane: Lane) -> Job:
        """Queue a job under a lock, so that no other process resumes it meanwhile."""
        lock = FolderLock(job.folder).acquire()
        try:
            if not self._alive.held:
                self._alive.acquire()
            job.folder.mkdir(exist_ok=True)
            job.save()
        except BaseException as error:
            lock.remove()
            with suppress(OSError):
                job.folder.rmdir()
            if isinstance(error, OSError) and (sentence := disk_error(error)):
                raise sentence from None
            raise
        self._own[job.id] = job
        job.waiting = self._lanes[lane].submit(self._run, job, work, lock)
        job.waiting.add_done_callback(lambda place: place.cancelled() and self._run(job, work, lock))
        return job

    def _run(self, job: Job, work: Work, lock: FolderLock) -> None:
        try:
            self._do(job, work)
        finally:
            lock.remove()

    def _do(self, job: Job, work: Work) -> None:
        outcome: dict[str, object] = {}
        try:
            if job.stopping:
                raise Cancelled
            job.save(started=time.time(), state="running")
            outcome = {"state": "finished", "result": work(job.report, job.folder)}
        except Cancelled:
            outcome = {"state": "interrupted" if self._closing else "stopped"}
        except Exception as error:
            if isinstance(error, OSError):
                error = disk_error(error) or error
            job.exception = error
            hopeless = isinstance(error, UserError) and not error.passing
            outcome = {"state": "failed", "error": _sentence(error), "hopeless": hopeless}
            if not isinstance(error, UserError):
                log.exception("job %s failed", job.id)
        try:
            job.save(**outcome, ended=time.time())
        except OSError as error:
            log.error("job %s: its record could not be written: %s", job.id, error)
            vars(job).update(outcome)

    def jobs(self) -> list[Job]:
        """All jobs of the workspace, newest first, those of other processes and earlier ones too."""
        for path in self.folder.glob("*/job.json"):
            if path.parent.name not in self._own:
                self._refresh(path)
        foreign = [job for _, job in self._foreign.values() if job.id not in self._own]
        return sorted([*self._own.values(), *foreign], key=lambda job: job.created, reverse=True)

    def damaged(self) -> dict[str, str]:
        """Reasons by id of the jobs whose records cannot be read; `jobs` leaves them out."""
        self.jobs()
        return {job_id: reason for job_id, reason in self._damaged.items() if (self.folder / job_id).exists()}

    def job(self, job_id: str) -> Job:
        """One job by id."""
        for job in self.jobs():
            if job.id == job_id:
                return job
        raise NotFound(f"There is no job {job_id}: `specvae info` lists the jobs of a workspace.")

    def forget(self, job: Job) -> None:
        """Remove the record of a job that has ended, and what it kept to go on from; its product stays."""
        if job.active:
            raise UserError(f"Job {job.id} is {job.state}: stop it first.")
        remove(job.folder)
        self._own.pop(job.id, None)
        self._foreign.pop(job.id, None)

    def _refresh(self, path: Path) -> None:
        """Read a job of another process again, if its files changed or its runner may have died."""
        known = self._foreign.get(path.parent.name)
        try:
            stamp = max(file.stat().st_mtime_ns for file in path.parent.iterdir())
            if known is None or known[0] != stamp:
                known = (stamp, Job(path.parent, read_json(path)))
        except (OSError, ValueError, KeyError, TypeError) as error:
            if path.parent.name not in self._damaged:
                log.warning("the record of job %s cannot be read: %s", path.parent.name, error)
            self._damaged[path.parent.name] = f"job.json cannot be read ({error})"
            return
        self._damaged.pop(path.parent.name, None)
        job = known[1]
        if job.active and not self._is_alive(job.runner):
            job.state = "interrupted"
        self._foreign[job.id] = known

    def _is_alive(self, runner: str) -> bool:
        lock = FolderLock(self.folder / runner)
        try:
            lock.acquire()
        except Locked:
            return True
        except NotWritable:  # nobody can tell; in a read-only workspace nothing goes on
            return False
        lock.remove()
        return False

    def shutdown(self) -> None:
        """Interrupt every job and wait until each has saved its product so far."""
        self._closing = True
        for job in self._own.values():
            job.stop()
        self._beside.shutdown()
        for lane in self._lanes.values():
            lane.shutdown()
        self._alive.remove()


def several_at_once(
    work: Callable[[Item], Outcome], items: Sequence[Item], n_threads: int
) -> Iterator[tuple[Item, Outcome]]:
    """Do the same to each item, a few at a time, for work that waits or is compiled.

    Yields each item with its outcome, in the order in which they are done. What work raises is raised here; items that
    were not begun by then are left alone.
    """
    with ThreadPoolExecutor(n_threads, thread_name_prefix="specvae-several") as pool:
        futures = {pool.submit(work, item): item for item in items}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def on_all_cores(work: Callable[[Item], Outcome], items: Sequence[Item]) -> Iterator[tuple[Item, Outcome]]:
    """As `several_at_once`, for compiled work that lets other threads run."""
    return several_at_once(work, items, os.cpu_count() or 1)


def _leave_a_core() -> None:
    """Keep PyTorch and NumPy from one core.

    The user interface needs it, and threads that wait for a core that others use cost more than they bring: ingest of
    260 files on two cores, one of them busy, took 12 s with both and 5 s with one. Where PyTorch is not loaded yet, it
    finds the number in the environment: many jobs never need it, and loading it takes two seconds.
    """
    threads = max(1, (os.cpu_count() or 2) - 1)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    threadpool_limits(threads, user_api="blas")
    if "torch" in sys.modules:
        # Another thread may be halfway through loading it: this waits for that.
        import_module("torch").set_num_threads(threads)


def _logged(work: Callable[[], object]) -> None:
    """Run work without a result; an exception is logged."""
    try:
        work()
    except Exception:
        log.exception("work beside the jobs failed")


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error} (the log has the details)."
