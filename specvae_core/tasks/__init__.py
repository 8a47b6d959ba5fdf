"""Long verbs over a workspace. Each takes a workspace, a report callable and its job's folder, and returns an id.

`submit` starts one in the background; `resume` lets a stopped or interrupted one go on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadConfig
from ..jobs import Job, JobRunner, Work
from ..progress import Report
from ..workspace import Workspace
from .demo import demo
from .encode import encode
from .ingest import ingest
from .train import train

__all__ = ["TASKS", "Task", "resume", "submit"]


@dataclass(frozen=True)
class Task:
    """A verb that can run as a job.

    Parameters
    ----------
    run
        ``run(workspace, report, folder, **arguments) -> id``.
    title
        What the job list shows, with the arguments by name.
    short
        Whether it takes seconds, so that it need not wait behind a training.
    """

    run: Callable[..., str]
    title: str
    short: bool = False


TASKS: dict[str, Task] = {
    "ingest": Task(ingest, "ingest {name}"),
    "train": Task(train, "train {model} on {survey}"),
    "encode": Task(encode, "encode {survey} with {model}", short=True),
    "demo": Task(demo, "make the demo survey"),
}


def submit(runner: JobRunner, workspace: Workspace, task: str, **arguments: object) -> Job:
    """Queue a task with JSON-ready arguments and return its job at once."""
    known = _task(task)
    work = _work(known, workspace, arguments)
    return runner.submit(known.title.format(**arguments), work, task=task, arguments=arguments, short=known.short)


def resume(runner: JobRunner, workspace: Workspace, job: Job) -> Job:
    """Let a stopped, interrupted or failed job go on from what it kept."""
    known = _task(job.task)
    return runner.resume(job, _work(known, workspace, job.arguments), short=known.short)


def _task(name: str) -> Task:
    if name not in TASKS:
        raise BadConfig(f"There is no task named {name}: this version knows {', '.join(TASKS)}.")
    return TASKS[name]


def _work(task: Task, workspace: Workspace, arguments: Mapping[str, object]) -> Work:
    def work(report: Report, folder: Path) -> str:
        return task.run(workspace, report, folder, **arguments)

    return work
