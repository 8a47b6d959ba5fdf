"""Run a task from the command line: as a job, with its progress on standard error."""

import sys
import time
from collections.abc import Callable

from tqdm import tqdm

from .. import tasks
from ..errors import Cancelled
from ..job import Job
from ..jobs import JobRunner
from ..workspace import Workspace


def run_job(workspace: Workspace, task: str, **arguments: object) -> Job:
    """Run a task as a job, so that the dashboard sees it and it can go on after an interruption."""
    runner = JobRunner(workspace.folder / "jobs")
    return wait(runner, lambda: tasks.submit(runner, workspace, task, **arguments))


def wait(runner: JobRunner, start: Callable[[], Job]) -> Job:
    """Start a job, show its progress on standard error, and return it finished."""
    try:
        job = start()
        with tqdm(total=1.0, file=sys.stderr, bar_format="{bar:20} {percentage:3.0f}% {desc}") as bar:
            while job.active:
                _show(bar, job)
                time.sleep(0.1)
            _show(bar, job)
    finally:
        runner.shutdown()
    if job.exception is not None:
        raise job.exception
    if job.state != "finished":
        raise Cancelled(f"stopped; `specvae resume {job.id} --workspace …` goes on.")
    return job


def _show(bar: tqdm, job: Job) -> None:
    progress = job.progress()
    if progress is not None:
        bar.n = progress.fraction if progress.fraction is not None else bar.n
        bar.set_description_str(progress.message)
