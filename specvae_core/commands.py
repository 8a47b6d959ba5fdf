"""The commands of ``specvae``: their options, and what they return as one object."""

import argparse
import dataclasses
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tqdm import tqdm

from . import __version__, tasks
from .data import download, preprocess
from .errors import Cancelled
from .jobs import Job, JobRunner
from .models import MODELS
from .tasks.encode import encode_survey
from .tasks.evaluate import evaluate
from .tasks.export import latent_table, write_table
from .workspace import Workspace

Run = Callable[[argparse.Namespace], Mapping[str, object]]


class Parser(argparse.ArgumentParser):
    """Says a mistake in one line, as everything else here does."""

    def error(self, message: str) -> None:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: {message}; `{self.prog} --help` lists what can be given.\n")


def parser() -> argparse.ArgumentParser:
    """Everything that can be given on the command line."""
    top = Parser(prog="specvae", description="Learn and explore the latent space of spectra.")
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    _demo(_command(commands, "demo", run_demo, "make the synthetic demo survey and its trained model"))
    _ingest(_command(commands, "ingest", run_ingest, "read files and folders of spectra into a new survey"))
    _train(_command(commands, "train", run_train, "train a model on a survey"))
    _evaluate(_command(commands, "evaluate", run_evaluate, "how well a model reconstructs a survey"))
    _encode(_command(commands, "encode", run_encode, "write the latents of a survey to a file"))
    _command(commands, "info", run_info, "list surveys, models and jobs of a workspace")
    resume = _command(commands, "resume", run_resume, "let a stopped or interrupted job go on")
    resume.add_argument("job", help="its id, as `specvae info` lists it")
    _download(_command(commands, "download", run_download, "fetch a public data set", workspace=False))
    return top


def _command(commands, name: str, run: Run, help: str, workspace: bool = True) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
    command.set_defaults(run=run)
    command.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    if workspace:
        command.add_argument("--workspace", required=True, metavar="DIR", help="folder that keeps surveys and models")
    return command


def _demo(command: argparse.ArgumentParser) -> None:
    command.add_argument("--n", type=int, default=4000, help="number of spectra (default %(default)s)")
    command.add_argument("--seed", type=int, default=0, help="of all random numbers (default %(default)s)")


def _ingest(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", nargs="+", metavar="PATH", help="files, or folders to search")
    command.add_argument("--name", required=True, help="what to call the survey")
    command.add_argument("--resume", action="store_true", help="go on with an interrupted survey of that name")
    command.add_argument("--grid", metavar="START:STOP:N", help="rest wavelengths in Angstrom (default 3388:8318:1000)")
    for field in dataclasses.fields(preprocess.PreprocessOptions):
        if field.name != "grid":
            _flag(command, field, None)


def _train(command: argparse.ArgumentParser) -> None:
    command.add_argument("--survey", required=True, help="what to train on")
    command.add_argument("--model", required=True, choices=list(MODELS), help="which method")
    command.add_argument("--seed", type=int, default=0, help="of all random numbers (default %(default)s)")
    settings = {}
    for name, model in MODELS.items():
        for field in dataclasses.fields(model.Config):
            settings.setdefault(field.name, (field, []))[1].append(name)
    for field, names in settings.values():
        _flag(command, field, names if len(names) < len(MODELS) else None)


def _flag(command: argparse.ArgumentParser, field: dataclasses.Field, models: list[str] | None) -> None:
    """One flag for one setting; its range is checked where it is used, so that there is one sentence for it."""
    name = "--" + field.name.replace("_", "-")
    text = field.metadata["help"].replace("%", "%%") + (f" ({', '.join(models)} only)" if models else "")
    text += f" (default {field.default})"
    if isinstance(field.default, bool):
        command.add_argument(name, action=argparse.BooleanOptionalAction, default=None, help=text)
    else:
        command.add_argument(name, type=type(field.default), metavar=field.name.upper(), help=text)


def _given(options: argparse.Namespace, names: list[str]) -> dict[str, object]:
    """Those of the settings that were given."""
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def _evaluate(command: argparse.ArgumentParser) -> None:
    _model_and_survey(command)
    command.add_argument("--by", default="class", metavar="COLUMN", help="catalogue column that serves as class")


def _encode(command: argparse.ArgumentParser) -> None:
    _model_and_survey(command)
    command.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="ends in .parquet, .fits, .csv or .ecsv"
    )


def _model_and_survey(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", required=True, metavar="ID", help="model id")
    command.add_argument("--survey", required=True, metavar="NAME", help="survey name")


def _download(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", choices=list(download.DATASETS), help="which one")
    command.add_argument("--to", type=Path, default=Path("."), metavar="DIR", help="where to (default: here)")


def run_demo(options: argparse.Namespace) -> dict[str, object]:
    """``specvae demo``."""
    workspace = Workspace.open(options.workspace)
    job = _run_job(workspace, "demo", n=options.n, seed=options.seed)
    return {"survey": "demo", "model": job.result, **workspace.survey("demo").header["report"]}


def run_ingest(options: argparse.Namespace) -> dict[str, object]:
    """``specvae ingest``."""
    workspace = Workspace.open(options.workspace)
    settings = _given(options, [field.name for field in dataclasses.fields(preprocess.PreprocessOptions)])
    paths = [str(Path(path).expanduser().resolve()) for path in options.paths]
    _run_job(workspace, "ingest", paths=paths, name=options.name, options=settings, resume=options.resume)
    header = workspace.survey(options.name).header
    return {"survey": options.name, **header["report"], "infill": header["infill"]}


def run_train(options: argparse.Namespace) -> dict[str, object]:
    """``specvae train``."""
    workspace = Workspace.open(options.workspace, create=False)
    names = [field.name for model in MODELS.values() for field in dataclasses.fields(model.Config)]
    config = _given(options, list(dict.fromkeys(names)))
    workspace.survey(options.survey)
    job = _run_job(workspace, "train", survey=options.survey, model=options.model, config=config, seed=options.seed)
    return trained(workspace, job.result)


def trained(workspace: Workspace, model_id: str) -> dict[str, object]:
    """What there is to say of a training: ``model, epochs, seconds, val_loss``."""
    header = next(model.header for model in workspace.models() if model.id == model_id)
    losses = [entry["validation/loss"] for entry in header["history"] if "validation/loss" in entry]
    val_loss = min(losses) if losses else float("nan")
    return {"model": model_id, "epochs": header["epochs"], "seconds": header["seconds"], "val_loss": val_loss}


def run_evaluate(options: argparse.Namespace) -> dict[str, object]:
    """``specvae evaluate``."""
    workspace = Workspace.open(options.workspace, create=False)
    return {
        "model": options.model,
        "survey": options.survey,
        **evaluate(workspace, options.model, options.survey, options.by),
    }


def run_encode(options: argparse.Namespace) -> dict[str, object]:
    """``specvae encode``."""
    workspace = Workspace.open(options.workspace, create=False)
    encoding = encode_survey(workspace, options.model, options.survey)
    table = latent_table(workspace.survey(options.survey), encoding)
    write_table(table, options.out)
    return {"model": options.model, "survey": options.survey, "n": len(table), "out": str(options.out)}


def run_info(options: argparse.Namespace) -> dict[str, object]:
    """``specvae info``."""
    workspace = Workspace.open(options.workspace, create=False)
    runner = JobRunner(workspace.folder / "jobs")
    surveys = [
        {"survey": s.id, "n": s.n, "grid": str(s.grid), "complete": s.complete, "created": s.created}
        for s in workspace.surveys()
    ]
    models = [
        {"survey": m.survey_id, "grid": str(m.grid), "created": m.created, **trained(workspace, m.id)}
        for m in workspace.models()
    ]
    jobs = [{"job": job.id, "title": job.title, "state": job.state, "error": job.error} for job in runner.jobs()]
    runner.shutdown()
    return {"workspace": str(workspace.folder), "surveys": surveys, "models": models, "jobs": jobs}


def run_resume(options: argparse.Namespace) -> dict[str, object]:
    """``specvae resume``."""
    workspace = Workspace.open(options.workspace, create=False)
    runner = JobRunner(workspace.folder / "jobs")
    job = _wait(runner, lambda: tasks.resume(runner, workspace, runner.job(options.job)))
    return {"job": job.id, "title": job.title, "result": job.result}


def run_download(options: argparse.Namespace) -> dict[str, object]:
    """``specvae download``."""
    return {"file": str(download.download(options.name, options.to))}


def _run_job(workspace: Workspace, task: str, **arguments: object) -> Job:
    """Run a task as a job, so that the dashboard sees it and it can go on after an interruption."""
    runner = JobRunner(workspace.folder / "jobs")
    return _wait(runner, lambda: tasks.submit(runner, workspace, task, **arguments))


def _wait(runner: JobRunner, start: Callable[[], Job]) -> Job:
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
