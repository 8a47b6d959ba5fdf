"""Predictions of models, and the choice of Lux's settings."""

import argparse
from pathlib import Path

from ..analysis.label_flags import domain_shift, flag_counts
from ..atomic import check_ending
from ..data.label_columns import label_names
from ..results import Kind
from ..tasks.crossvalidate import precision
from ..tasks.export import FORMATS, provenance, write_table
from ..tasks.photoz import write_densities
from ..tasks.predict import FLAGS, errors_in_words, prediction_table
from ..tasks.unseen import unseen_objects
from ..workspace import Workspace
from .options import command, device, model_and_survey, numbers, one_survey, random_seed
from .running import run_job


def add(commands) -> None:
    """Add the commands of this file."""
    _crossvalidate(command(commands, "crossvalidate", run_crossvalidate))
    _precision(command(commands, "precision", run_precision))
    _predict(command(commands, "predict", run_predict))


def _predict(made: argparse.ArgumentParser) -> None:
    model_and_survey(made)
    formats = "ends in .parquet, .fits, .csv or .ecsv; in .hdf5 for p(z)"
    made.add_argument("--out", required=True, type=Path, metavar="FILE", help=formats)
    device(made)


def _crossvalidate(made: argparse.ArgumentParser) -> None:
    one_survey(made)
    made.add_argument("--labels", required=True, metavar="TEFF,LOGG,…", help="labels to learn")
    made.add_argument("--latents", metavar="P,P", help="numbers of latents (default: 1, 2, 4 and 8 times the labels)")
    made.add_argument(
        "--regularisations",
        default="0.1,1,10,100",
        metavar="O,O",
        help="regularisations to compare (default %(default)s)",
    )
    made.add_argument("--folds", type=int, default=5, metavar="K", help="number of folds (default %(default)s)")
    made.add_argument("--group", default="", metavar="COLUMN", help="names the object, which is in one fold as a whole")
    random_seed(made)


def _precision(made: argparse.ArgumentParser) -> None:
    model_and_survey(made)
    made.add_argument("--sn", default="10,20,50,100,200", metavar="S,S", help="S/N per pixel (default %(default)s)")
    made.add_argument("--n", type=int, default=500, help="objects, drawn at random (default %(default)s)")
    made.add_argument("--draws", type=int, default=10, help="noise realisations of each (default %(default)s)")
    random_seed(made)


def run_crossvalidate(options: argparse.Namespace) -> dict[str, object]:
    """``specvae crossvalidate``."""
    workspace = Workspace.open(options.workspace, create=False)
    workspace.survey(options.survey)
    n_labels = max(1, len(label_names(options.labels)))
    latents = numbers(options.latents, int, "--latents") if options.latents else [n_labels * i for i in (1, 2, 4, 8)]
    job = run_job(
        workspace,
        "crossvalidate",
        survey=options.survey,
        labels=options.labels,
        latents=latents,
        regularisations=numbers(options.regularisations, float, "--regularisations"),
        folds=options.folds,
        group=options.group,
        seed=options.seed,
    )
    trials = workspace.results.load(Kind.CROSS_VALIDATIONS, job.result).header["trials"]
    return {"survey": options.survey, "best": trials[0], "trials": trials}


def run_precision(options: argparse.Namespace) -> dict[str, object]:
    """``specvae precision``."""
    workspace = Workspace.open(options.workspace, create=False)
    ratios = numbers(options.sn, float, "--sn")
    found = precision(
        workspace, options.model, options.survey, ratios, n=options.n, n_draws=options.draws, seed=options.seed
    )
    return {"model": options.model, "survey": options.survey, "sn": ratios, "precision": found}


def run_predict(options: argparse.Namespace) -> dict[str, object]:
    """``specvae predict``."""
    workspace = Workspace.open(options.workspace, create=False)
    if options.out.suffix == ".hdf5":
        n = write_densities(workspace, options.model, options.survey, options.out)
        return {"model": options.model, "survey": options.survey, "n": n, "out": str(options.out)}
    check_ending(options.out, FORMATS)
    workspace.model(options.model)
    workspace.survey(options.survey)
    job = run_job(workspace, "predict", model=options.model, survey=options.survey, device=options.device)
    table = prediction_table(workspace, job.result)
    write_table(table, options.out, provenance(workspace, options.survey, options.model))
    columns = [name for name in table if name != "id"]
    summary = {"model": options.model, "survey": options.survey, "n": len(table), "columns": columns}
    if FLAGS in table:
        flags = table[FLAGS].to_numpy()
        summary |= {"errors": errors_in_words(workspace.model(options.model)), "flagged": flag_counts(flags)}
        summary["shift"] = domain_shift(flags[unseen_objects(workspace, options.model, options.survey).mask])
    return summary | {"out": str(options.out)}
