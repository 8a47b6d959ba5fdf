"""Tasks: long verbs over a workspace. Each gets a workspace, a progress callback and a job's folder, and returns an id.

``report`` is called several times a second, so that a task can be stopped at any time; in ``folder`` a task keeps what
it needs to go on later, as a checkpoint; ``model`` and ``survey`` are ids in the workspace, which
holds the two and gets the result. Docstrings of tasks describe these only where there is more to say.

`submit` starts one in the background; `resume` lets a stopped or interrupted one go on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from ..errors import BadConfig, UserError
from ..job import Job
from ..jobs import JobRunner, Lane, Work
from ..progress import Report
from ..workspace import Workspace

__all__ = ["TASKS", "Task", "resume", "submit"]


@dataclass(frozen=True)
class Task:
    """A verb that can run as a job.

    Parameters
    ----------
    run
        Function ``run(workspace, report, folder, **arguments) -> id``, as ``module:name`` in this package. It is
        imported when it first runs, since importing all of them takes seconds.
    title
        Line in the job list, with the arguments by name.
    lane
        The queue in which it waits: nothing waits behind a training but another training.
    makes
        What the id that it returns belongs to: ``survey``, ``model`` or ``result``.
    """

    run: str
    title: str
    lane: Lane = Lane.TRAINING
    makes: str = "result"

    def function(self) -> Callable[..., str]:
        """The function itself."""
        module, name = self.run.split(":")
        return getattr(import_module(f".{module}", __name__), name)


TASKS: dict[str, Task] = {
    "ingest": Task("ingest:ingest", "ingest {name}", lane=Lane.FILES, makes="survey"),
    "ingest_refused": Task("refused:ingest_refused", "ingest {name}", lane=Lane.FILES, makes="survey"),
    "ingest_photometry": Task("photometry:ingest_photometry", "ingest {name}", lane=Lane.FILES, makes="survey"),
    "download": Task("download:download", "download {sample}", lane=Lane.FILES),
    "photoz": Task("photoz:photoz", "redshifts of {survey} by {model}", lane=Lane.QUICK),
    "train": Task("train:train", "train {model} on {survey}", makes="model"),
    "encode": Task("encode:encode", "encode {survey} with {model}", lane=Lane.QUICK),
    "density": Task("density:density", "density of {survey} under {model}", lane=Lane.QUICK),
    "compare": Task("compare:compare", "compare models on {survey}"),
    "compare_within": Task("compare_within:compare_within", "errors within {where}", lane=Lane.SURVEY),
    "search": Task("search:search", "search settings of {model} on {survey}"),
    "redshift": Task("redshift:redshift", "redshifts of {survey} with {model}", lane=Lane.SURVEY),
    "fit_raw": Task("fit_raw:fit_raw", "fit raw pixels of {survey} with {model}", lane=Lane.QUICK),
    "leak": Task("redshift:measure_leak", "leaks of {model} on {survey}", lane=Lane.QUICK),
    "noise": Task("noise:noise", "noise test of {model} on {survey}", lane=Lane.QUICK),
    "calibrate": Task("calibrate:calibrate", "check the errors of {model} on {survey}", lane=Lane.SURVEY),
    "infill": Task("infill:infill", "fill holes of {survey} with {model}", lane=Lane.SURVEY, makes="survey"),
    "outliers": Task("outliers:outliers", "outliers of {survey} under {model}", lane=Lane.QUICK),
    "overlay": Task("overlay:overlay", "{other} over {survey} under {model}", lane=Lane.QUICK),
    "embed": Task("embed:embed", "embed {survey} as {model}", lane=Lane.FILES, makes="model"),
    "teach": Task("teach:teach", "learn what is interesting in {survey}", lane=Lane.QUICK),
    "explain": Task("explain:explain", "explain {a} in {survey}", lane=Lane.QUICK),
    "agree": Task("agree:agree", "neighbours of {survey} under {model} and others", lane=Lane.QUICK),
    "project": Task("project:make_projection", "second view of {survey} under {model}", lane=Lane.QUICK),
    "cluster": Task("cluster:cluster", "clusters of {survey} under {model}", lane=Lane.QUICK),
    "crossvalidate": Task("crossvalidate:crossvalidate", "choose lux's settings on {survey}"),
    "predict": Task("predict:predict", "predict {survey} with {model}", lane=Lane.QUICK),
    "invert": Task("invert:invert", "reconstruct with {model}", lane=Lane.QUICK),
    "invert_survey": Task(
        "invert_survey:invert_survey", "reconstruct {survey} with {model}", lane=Lane.SURVEY, makes="survey"
    ),
    "inverse_bench": Task("inverse_bench:inverse_bench", "inverse problems on {survey}"),
    "repack": Task("repack:repack", "repack {survey}", makes="survey"),
    "copy": Task("duplicate:copy_survey", "copy {survey} as {name}", lane=Lane.FILES, makes="survey"),
    "demo": Task("demo:demo", "make the demo survey", lane=Lane.SURVEY, makes="model"),
}


def submit(runner: JobRunner, workspace: Workspace, task: str, **arguments: object) -> Job:
    """Queue a task with JSON-ready arguments and return its job at once."""
    known = _task(task)
    work = _work(known, workspace, arguments)
    title = known.title.format(**_by_title(workspace, arguments))
    return runner.submit(title, work, task=task, arguments=arguments, lane=known.lane)


def resume(runner: JobRunner, workspace: Workspace, job: Job) -> Job:
    """Let a stopped, interrupted or failed job go on from what it kept."""
    known = _task(job.task)
    return runner.resume(job, _work(known, workspace, job.arguments), lane=known.lane)


def _by_title(workspace: Workspace, arguments: Mapping[str, object]) -> dict[str, object]:
    """The arguments with the titles of surveys, models and kinds of models in place of their ids."""
    named = dict(arguments)
    for key, find in _SUMMARIES.items():
        try:
            named[key] = find(workspace, str(arguments[key])).title
        except KeyError:  # no such argument
            continue
        except UserError:
            if key == "model":
                named[key] = _kind(str(arguments[key]))
    return named


def _kind(model: str) -> str:
    """Title of a kind of models, which is what a training is given."""
    from ..models import MODELS  # PyTorch; a training needs it next

    return MODELS[model].title if model in MODELS else model


_SUMMARIES = {"survey": Workspace.survey_summary, "other": Workspace.survey_summary, "model": Workspace.model_summary}


def _task(name: str) -> Task:
    if name not in TASKS:
        raise BadConfig(f"There is no task named {name}: this version knows {', '.join(TASKS)}.")
    return TASKS[name]


def _work(task: Task, workspace: Workspace, arguments: Mapping[str, object]) -> Work:
    def work(report: Report, folder: Path) -> str:
        return task.function()(workspace, report, folder, **arguments)

    return work
