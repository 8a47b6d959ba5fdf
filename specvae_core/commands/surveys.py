"""Surveys, and the workspace as a whole: demo, ingest, info, resume."""

import argparse
import dataclasses
import os

from .. import tasks
from ..data import preprocess
from ..data.photometry_options import PhotometryOptions
from ..data.survey_files import scale_of
from ..jobs import JobRunner
from ..models.storage import training_summary
from ..names import typed_path
from ..torchrun import rank
from ..workspace import Workspace
from .file_hints import add_hints, given_hints
from .options import command, flag, given, machines, random_seed
from .running import run_job, wait


def add(commands) -> None:
    """Add the commands of this file."""
    _demo(command(commands, "demo", run_demo))
    _ingest(command(commands, "ingest", run_ingest))
    command(commands, "info", run_info)
    resume = command(commands, "resume", run_resume)
    resume.add_argument("job", help="its id, as `specvae info` lists it")


def _demo(made: argparse.ArgumentParser) -> None:
    made.add_argument("--n", type=int, default=4000, help="number of spectra (default %(default)s)")
    random_seed(made)


def _ingest(made: argparse.ArgumentParser) -> None:
    made.add_argument("paths", nargs="+", metavar="PATH", help="files, or folders to search")
    made.add_argument("--name", required=True, help="name of the survey")
    made.add_argument("--resume", action="store_true", help="go on with an interrupted survey of that name")
    made.add_argument(
        "--grid",
        metavar="START:STOP:N",
        help="rest wavelengths in Angstrom (default 3388:8318:1000; with --simplex the range of the files)",
    )
    made.add_argument(
        "--labels", default="", metavar="TEFF,LOGG,…", help="columns that must be there as labels (errors: teff_err…)"
    )
    made.add_argument(
        "--bands",
        metavar="U,G,…",
        help="catalogues of photometry in these bands: columns u, u_err…, or their names as in u=MAG_U:MAGERR_U:A_U,…",
    )
    for field in _catalogue_fields():
        flag(made, field)
    made.add_argument(
        "--simplex", default="", metavar="A,B,…", help="columns with fractions of endmembers, or 0:4 for the first four"
    )
    made.add_argument(
        "--group", default="", metavar="COLUMN", help="names the object where one has several spectra (default: the id)"
    )
    made.add_argument(
        "--catalogue",
        default="",
        metavar="TABLE",
        help="a table that adds redshifts, classes and labels to the objects",
    )
    made.add_argument(
        "--on",
        default="id",
        metavar="KEY",
        help="how objects find their rows in --catalogue: id, a column, plate,mjd,fiberid or ra,dec:1arcsec",
    )
    add_hints(made)
    machines(made)
    for field in dataclasses.fields(preprocess.PreprocessOptions):
        if field.name != "grid":
            flag(made, field)


def _catalogue_fields() -> list[dataclasses.Field]:
    """Options of catalogues beside ``--bands``."""
    return [field for field in dataclasses.fields(PhotometryOptions) if field.name != "bands"]


def run_demo(options: argparse.Namespace) -> dict[str, object]:
    """``specvae demo``."""
    workspace = Workspace.open(options.workspace)
    job = run_job(workspace, "demo", n=options.n, seed=options.seed)
    return {"survey": "demo", "model": job.result, **workspace.survey("demo").header["report"]}


def run_ingest(options: argparse.Namespace) -> dict[str, object]:
    """``specvae ingest``."""
    workspace = Workspace.open(options.workspace)
    settings = given(options, [field.name for field in dataclasses.fields(preprocess.PreprocessOptions)])
    paths = [os.path.realpath(typed_path(path)) for path in options.paths]
    if options.bands is not None:
        more = given(options, [field.name for field in _catalogue_fields()])
        catalogue = {"bands": options.bands, "options": more, "group": options.group}
        run_job(workspace, "ingest_photometry", paths=paths, name=options.name, **catalogue)
        return {"survey": options.name, **workspace.survey(options.name).header["report"]}
    run_job(
        workspace,
        "ingest",
        paths=paths,
        name=options.name,
        options=settings,
        resume=options.resume,
        labels=options.labels,
        simplex=options.simplex,
        group=options.group,
        hints=given_hints(options).to_json(),
        catalogue=os.path.realpath(typed_path(options.catalogue)) if options.catalogue else "",
        on=options.on,
        workers=options.workers,
        scheduler=options.scheduler,
    )
    header = workspace.survey(options.name).header
    return {"survey": options.name, **header["report"], **header["understood"], "infill": header["infill"]}


def run_info(options: argparse.Namespace) -> dict[str, object]:
    """``specvae info``."""
    workspace = Workspace.open(options.workspace, create=False)
    runner = JobRunner(workspace.folder / "jobs")
    surveys = [
        {
            "survey": s.id,
            "n": s.n,
            "grid": str(s.grid),
            "scale": scale_of(s.header),
            "complete": s.complete,
            "created": s.created,
        }
        for s in workspace.surveys()
    ]
    models = [
        {
            "survey": m.survey_id,
            "grid": str(m.grid),
            "created": m.created,
            "model": m.id,
            **({"inputs": m.header["inputs"]} if "inputs" in m.header else {}),
            **training_summary(m.header),
        }
        for m in workspace.models()
    ]
    jobs = [{"job": job.id, "title": job.title, "state": job.state, "error": job.error} for job in runner.jobs()]
    damaged = [dataclasses.asdict(one) for one in workspace.damaged()]
    damaged += [{"kind": "job", "id": job_id, "reason": reason} for job_id, reason in runner.damaged().items()]
    damaged += [
        {"kind": "result", "id": f"{kind}/{result_id}", "reason": "result.json cannot be read"}
        for kind, result_id in workspace.results.damaged()
    ]
    if fault := workspace.annotations.fault:
        damaged.append({"kind": "annotation", "id": workspace.annotations.path.name, "reason": fault})
    runner.shutdown()
    found = {"workspace": str(workspace.folder), "surveys": surveys, "models": models, "jobs": jobs}
    return found | ({"damaged": damaged} if damaged else {})


def run_resume(options: argparse.Namespace) -> dict[str, object] | None:
    """``specvae resume``; a training may go on in several processes, as it began."""
    workspace = Workspace.open(options.workspace, create=False)
    runner = JobRunner(workspace.folder / "jobs")
    if rank():
        from ..tasks.train import assist  # and PyTorch with it

        return assist(workspace, **runner.job(options.job).arguments)
    job = wait(runner, lambda: tasks.resume(runner, workspace, runner.job(options.job)))
    return {"job": job.id, "title": job.title, "result": job.result}
