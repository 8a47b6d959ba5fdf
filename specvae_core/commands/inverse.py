"""Inverse problems: solutions, and a comparison of models and baselines."""

import argparse

from ..errors import BadConfig
from ..inverse import METHODS, PROBLEM_PARTS
from ..inverse.bench import FIGURE
from ..names import checked
from ..results import Kind
from ..workspace import Workspace
from .file_hints import add_hints, given_hints
from .options import command, device, interval, random_seed, words
from .running import run_job


def add(commands) -> None:
    """Add the commands of this file."""
    made = command(commands, "invert", run_invert)
    made.add_argument("--model", required=True, metavar="ID", help="id of the model")
    made.add_argument("--survey", metavar="NAME", help="name of the survey")
    which = made.add_mutually_exclusive_group(required=True)
    which.add_argument("--ids", metavar="ID,…", help="spectra of the survey")
    which.add_argument(
        "--all", action="store_true", help="all spectra of the survey, into a new survey named by --name"
    )
    which.add_argument("--upload", metavar="FILE", help="the spectra of a file instead")
    add_hints(made)
    made.add_argument("--redshift-range", metavar="LO:HI", help="find the upload's redshift as well, between these")
    made.add_argument("--name", help="name of the new survey, or of the result")
    known = "; ".join(f"{word}: {text}" for word, text in PROBLEM_PARTS.items())
    made.add_argument("--problem", help=f"what is done to the spectra first, joined by + ({known})")
    made.add_argument("--method", default="regularised", choices=METHODS, help="how codes are kept in place")
    made.add_argument("--weight", type=float, default=1.0, metavar="λ", help="of the prior of codes (Eq. 4): 1 is the "
                      "prior as it is learnt, more pulls harder (default %(default)s)")  # fmt: skip
    made.add_argument("--starts", type=int, default=4, help="searches for each spectrum (default %(default)s)")
    random_seed(made)
    device(made)

    made = command(commands, "inverse-bench", run_bench)
    made.add_argument("--models", required=True, metavar="ID,…", help="model ids")
    made.add_argument("--survey", required=True, metavar="NAME", help="survey that they were trained on")
    made.add_argument("--test", metavar="NAME", help="survey that they have not met (default: half of the validation)")
    made.add_argument(
        "--problems", default=",".join(FIGURE), help="problems, with commas between them (default %(default)s)"
    )
    made.add_argument("--where", default="", metavar="EXPR", help="test spectra from these alone, as @NAME or sn > 10")
    made.add_argument("-n", type=int, default=50, help="spectra of each part at most (default %(default)s)")
    random_seed(made)


def run_invert(options: argparse.Namespace) -> dict[str, object]:
    """``specvae invert``."""
    workspace = Workspace.open(options.workspace, create=False)
    settings = {"model": options.model, "method": options.method, "starts": options.starts, "seed": options.seed}
    settings |= {"weight": options.weight, "device": options.device}
    if options.all:
        if not (options.survey and options.name):
            raise BadConfig("--all makes a new survey: give --survey, the spectra to take, and --name, its name.")
        settings |= {"problem": options.problem or "as-is", "survey": options.survey, "name": options.name}
        survey = run_job(workspace, "invert_survey", **settings).result
        return {**settings, "from": options.survey, "survey": survey, "n": workspace.survey(survey).n}
    if options.redshift_range:
        settings["redshift_range"] = interval(options.redshift_range, "--redshift-range")
    what = {"ids": words(options.ids or ""), "upload": options.upload, "survey": options.survey}
    if options.upload:
        what["hints"] = given_hints(options).to_json()
    if options.name:
        what["name"] = workspace.results.reserve(Kind.RECONSTRUCTIONS, checked(options.name, "result"))
    problem = options.problem or ("as-is" if options.upload else "inpaint:0.4")
    job = run_job(workspace, "invert", problem=problem, **settings, **what)
    result = workspace.results.load(Kind.RECONSTRUCTIONS, job.result)
    return {"result": result.id, **result.header}


def run_bench(options: argparse.Namespace) -> dict[str, object]:
    """``specvae inverse-bench``."""
    workspace = Workspace.open(options.workspace, create=False)
    job = run_job(
        workspace,
        "inverse_bench",
        models=words(options.models),
        survey=options.survey,
        test=options.test,
        problems=words(options.problems),
        n=options.n,
        where=options.where,
        seed=options.seed,
    )
    result = workspace.results.load(Kind.BENCHES, job.result)
    return {"result": result.id, **result.header}
