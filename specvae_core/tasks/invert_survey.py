"""Solutions of an inverse problem for many spectra, as a new survey."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..data.spectra import SpectraSet
from ..data.store import SurveyWriter
from ..grid import check_grid
from ..inverse import InverseProblem, Question, Solution, parse_problem, solve
from ..inverse.operators import Identity
from ..progress import Progress, Report, sub_report
from ..workspace import Workspace
from .prior import prior_of

ROWS = 400
"""Spectra that are solved and saved at once."""

LEARNING = 0.1
"""Share of the task that learning the prior takes."""


def invert_survey(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    model: str,
    survey: str,
    name: str,
    ids: Sequence[str] = (),
    problem: str = "as-is",
    method: str = "regularised",
    starts: int = 4,
    seed: int = 0,
    weight: float = 1.0,
    device: str = "auto",
) -> str:
    """Solve an inverse problem for many spectra and write the solutions into a new survey; returns its id.

    Where the data are pixels (as they are, hidden or noisy), the new survey holds these, and the solutions fill unseen
    pixels. Where the data are blurred, binned or bands, the solutions are the spectra of the new survey, with their
    posterior errors.

    Parameters
    ----------
    name
        Name of the new survey.
    ids
        Ids of the spectra, which the prior then leaves out; by default all, of which some teach the prior as well.
    problem, method, starts, seed, weight, device
        As in `invert`.
    """
    network, source = workspace.model(model).on(device), workspace.survey(survey)
    check_grid(network.grid, source.grid)
    question = parse_problem(problem, source.grid)
    rows = np.unique(source.rows_of(ids)) if len(ids) else np.arange(source.n)
    settings = {"method": method, "starts": starts, "seed": seed}
    provenance = {"from": survey, "model": model, "problem": problem, "weight": weight, **settings, "job": folder.name}
    with SurveyWriter.create(
        workspace.survey_folder(name), name, source.grid, provenance, network.flux_scale
    ) as writer:
        try:
            prior = prior_of(workspace, model, survey, question, report, LEARNING, ids, method, weight, device)
            for first in range(0, len(rows), ROWS):
                some = source.read(rows[first : first + ROWS]).on_scale(network.flux_scale)
                start, share = LEARNING + (1 - LEARNING) * first / len(rows), (1 - LEARNING) * len(some) / len(rows)
                solving = sub_report(report, start, share, f"{first:,} of {len(rows):,} spectra")
                posed, _ = question.pose(some, seed)
                found = solve(posed, network, **vars(prior), **settings, report=solving)
                solutions = _solutions(question, some, posed, found)
                solving(Progress(1.0, "writing"))  # ends here where the search was stopped
                writer.append(solutions)
                writer.write_infilled(slice(first, first + len(some)), solutions.infilled)
        except BaseException:
            writer.discard()
            raise
        writer.finish(report={"ingested": len(rows)}, infill={"model": model, "problem": problem})
    return name


def _solutions(question: Question, asked: SpectraSet, posed: InverseProblem, solution: Solution) -> SpectraSet:
    spectra = solution.spectra.astype(np.float32)
    if isinstance(question.operator, Identity):
        flux, ivar = np.where(posed.ivar > 0, posed.observed, 0.0), np.where(posed.ivar > 0, posed.ivar, 0.0)
        if question.noise == 0:
            ivar = np.where(posed.ivar > 0, asked.ivar, 0.0)  # errors that were only assumed stay so
    else:
        flux, ivar = spectra, 1 / np.square(solution.sigma)
    return replace(asked, flux=flux.astype(np.float32), ivar=ivar.astype(np.float32), infilled=spectra)
