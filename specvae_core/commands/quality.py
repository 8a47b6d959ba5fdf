"""Quality of models: comparison, search of settings, redshifts, leaks of window and noise into latents."""

import argparse

from ..analysis.search import METHODS
from ..errors import BadConfig
from ..models import MODELS
from ..results import Kind
from ..tasks.redshift import redshift_rows
from ..tasks.select import choose
from ..workspace import Workspace
from .options import (
    command,
    device,
    given,
    interval,
    model_and_survey,
    numbers,
    one_survey,
    prior_of_latents,
    random_seed,
    words,
)
from .running import run_job


def add(commands) -> None:
    """Add the commands of this file."""
    _compare(command(commands, "compare", run_compare))
    _search(command(commands, "search", run_search))
    _redshift(command(commands, "redshift", run_redshift))
    _leak(command(commands, "leak", run_leak))


def _compare(made: argparse.ArgumentParser) -> None:
    one_survey(made)
    made.add_argument("--models", default="pca,nmf,ae,infovae", help="kinds of models (default %(default)s)")
    made.add_argument("--latents", default="2,4,6,10", help="numbers of latents (default %(default)s)")
    made.add_argument("--seeds", type=int, default=1, metavar="N", help="trainings of each (default %(default)s)")
    made.add_argument("--where", default="", metavar="EXPR", help="test objects from these alone, as @NAME or sn > 10")
    _training(made)


def _search(made: argparse.ArgumentParser) -> None:
    one_survey(made)
    made.add_argument("--model", required=True, choices=list(MODELS), help="kind of model")
    made.add_argument("--n-latent", type=int, metavar="K", help="number of latents (default 6)")
    made.add_argument("--trials", type=int, default=20, metavar="N", help="number of trials (default %(default)s)")
    made.add_argument(
        "--method", choices=METHODS, default=METHODS[0], help="method of the search (default %(default)s)"
    )
    made.add_argument("--device", help="where to train: auto, cpu or cuda (default auto)")
    _training(made)


def _training(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--max-epochs", type=int, metavar="N", help="end each training after so many epochs at the latest"
    )
    random_seed(made)


def _redshift(made: argparse.ArgumentParser) -> None:
    model_and_survey(made)
    made.add_argument("--ids", metavar="ID,ID", help="ids of the objects (default: all)")
    made.add_argument("--z-range", metavar="A:B", help="trial redshifts (default: as far as the spectra reach)")
    prior_of_latents(made)
    device(made)


def _leak(made: argparse.ArgumentParser) -> None:
    model_and_survey(made)
    made.add_argument("--n", type=int, default=400, help="number of spectra, drawn at random (default %(default)s)")
    random_seed(made)


def run_compare(options: argparse.Namespace) -> dict[str, object]:
    """``specvae compare``."""
    workspace = Workspace.open(options.workspace, create=False)
    workspace.survey(options.survey)
    if options.where and not len(choose(workspace, options.survey, options.where, files=False).rows):
        raise BadConfig(
            f"{options.where} selects no object of {options.survey}: choose others before models are trained."
        )
    job = run_job(
        workspace,
        "compare",
        survey=options.survey,
        models=words(options.models),
        latents=numbers(options.latents, int, "--latents"),
        config=given(options, ["max_epochs"]),
        seed=options.seed,
        seeds=options.seeds,
    )
    if options.where:
        job = run_job(workspace, "compare_within", comparison=job.result, where=options.where)
    header = workspace.results.load(Kind.COMPARISONS, job.result).header
    return {"comparison": job.result, "survey": options.survey, "rows": header["rows"], "refused": header["refused"]}


def run_search(options: argparse.Namespace) -> dict[str, object]:
    """``specvae search``."""
    workspace = Workspace.open(options.workspace, create=False)
    workspace.survey(options.survey)
    config = given(options, ["n_latent", "max_epochs", "device"])
    settings = {"trials": options.trials, "method": options.method, "config": config, "seed": options.seed}
    job = run_job(workspace, "search", survey=options.survey, model=options.model, **settings)
    header = workspace.results.load(Kind.SEARCHES, job.result).header
    best = header["trials"][header["best"]]
    return {"search": job.result, "model": header["model"], "best": best["trial"], "trials": header["trials"]}


def run_redshift(options: argparse.Namespace) -> dict[str, object]:
    """``specvae redshift``."""
    workspace = Workspace.open(options.workspace, create=False)
    settings = {"ids": words(options.ids or ""), "z_range": options.z_range and interval(options.z_range, "--z-range")}
    settings["prior"] = options.prior
    settings["device"] = options.device
    job = run_job(workspace, "redshift", model=options.model, survey=options.survey, **settings)
    result = workspace.results.load(Kind.REDSHIFTS, job.result)
    numbers = {name: result.header[name] for name in ("n", "bias", "nmad", "outliers", "outlier_limit")}
    return {"model": options.model, "survey": options.survey, **numbers, "rows": redshift_rows(result)}


def run_leak(options: argparse.Namespace) -> dict[str, object]:
    """``specvae leak``."""
    workspace = Workspace.open(options.workspace, create=False)
    job = run_job(workspace, "leak", model=options.model, survey=options.survey, n=options.n, seed=options.seed)
    header = workspace.results.load(Kind.LEAKS, job.result).header
    return {name: header[name] for name in ("model", "survey", "n", "rows", "cuts", "foreign")}
