"""``specvae fit``: redshift and latents of spectra, fitted to the pixels of the files they are in."""

import argparse
import os
from pathlib import Path

from ..errors import BadConfig, NotFound
from ..results import Kind
from ..tasks.fit_files import fit_files
from ..tasks.fit_raw import fit_rows
from ..tasks.select import choose
from ..workspace import Workspace
from .file_hints import add_hints, given_hints
from .options import command, interval, prior_of_latents
from .running import run_job


def add(commands) -> None:
    """Add the command of this file."""
    made = command(commands, "fit", run_fit)
    made.add_argument("--model", required=True, metavar="ID", help="id of the model")
    made.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files of spectra")
    made.add_argument("--survey", metavar="NAME", help="without files: fit its objects, in the files they came from; "
                      "with files: whose latents are the prior (default: the model's own)")  # fmt: skip
    made.add_argument("--where", metavar="EXPR", help="only these objects of the survey, as `specvae select` takes it")
    made.add_argument("--redshift-range", metavar="LO:HI", help="search for the redshift between these")
    made.add_argument(
        "--resolution",
        type=float,
        metavar="R",
        help="resolution λ / FWHM of the instrument, where it is below the model's",
    )
    prior_of_latents(made)
    add_hints(made)


def run_fit(options: argparse.Namespace) -> dict[str, object]:
    """``specvae fit``."""
    workspace = Workspace.open(options.workspace, create=False)
    limits = interval(options.redshift_range, "--redshift-range") if options.redshift_range else None
    if not options.files:
        return _fit_survey(workspace, options, limits)
    if options.where:
        raise BadConfig("--where chooses objects of a survey: leave the files away, or leave --where away.")
    missing = [path for path in options.files if not os.path.isfile(path)]
    if missing:
        raise NotFound(f"There is no file {missing[0]}: give paths of files of spectra.")
    rows = fit_files(
        workspace,
        options.model,
        options.files,
        survey=options.survey,
        redshift_range=limits,
        resolution=options.resolution,
        prior=options.prior,
        hints=given_hints(options),
    )
    return {"model": options.model, "fits": list(rows)}


def _fit_survey(
    workspace: Workspace, options: argparse.Namespace, limits: tuple[float, float] | None
) -> dict[str, object]:
    if not options.survey:
        raise BadConfig("There is nothing to fit: give files of spectra, or --survey NAME.")
    settings = {"model": options.model, "survey": options.survey, "redshift_range": limits, "prior": options.prior}
    if options.where:
        model = options.model if workspace.encoding(options.model, options.survey) else None
        rows = choose(workspace, options.survey, options.where, model).rows
        if not len(rows):
            raise BadConfig(f"{options.where} selects no object of {options.survey}: loosen it.")
        settings["ids"] = workspace.survey(options.survey).ids[rows].tolist()
    job = run_job(workspace, "fit_raw", resolution=options.resolution, **settings)
    result = workspace.results.load(Kind.RAW_FITS, job.result)
    return {"model": options.model, "survey": options.survey, "result": result.id, "fits": fit_rows(result)}
