"""Noise test: reported posterior widths against the scatter under added noise."""

import argparse

from ..results import Kind
from ..tasks.noise import N_REALISATIONS, SNR
from ..workspace import Workspace
from .options import command, model_and_survey, numbers, words
from .running import run_job


def add(commands) -> None:
    """Add the commands of this file."""
    made = command(commands, "noise", run_noise)
    model_and_survey(made)
    made.add_argument("--ids", default="", metavar="ID,…", help="objects (default: the spectra of highest S/N)")
    made.add_argument(
        "--posterior", default="", help="encoder or likelihood: test under that setting (default: the model's own)"
    )
    made.add_argument(
        "--snr", default=",".join(f"{value:g}" for value in SNR), help="median S/N per pixel (default %(default)s)"
    )
    made.add_argument(
        "--realisations", type=int, default=N_REALISATIONS, help="realisations of the noise (default %(default)s)"
    )
    made.add_argument("--seed", type=int, default=0, help="seed of the noise (default %(default)s)")


def run_noise(options: argparse.Namespace) -> dict[str, object]:
    """``specvae noise``."""
    workspace = Workspace.open(options.workspace, create=False)
    job = run_job(
        workspace,
        "noise",
        model=options.model,
        survey=options.survey,
        ids=words(options.ids),
        posterior=options.posterior,
        snr=numbers(options.snr, float, "--snr"),
        realisations=options.realisations,
        seed=options.seed,
    )
    result = workspace.results.load(Kind.NOISE, job.result)
    return {
        "result": result.id,
        **{name: result.header[name] for name in ("model", "survey", "posterior", "ids", "rows")},
    }
