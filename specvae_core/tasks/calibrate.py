"""Calibration of a model: are its errors as large as the differences from a truth that it did not learn from?"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..analysis.calibration.answers import LEAST, Answers, table
from ..analysis.calibration.case import Case
from ..analysis.calibration.quantities import quantities_of
from ..atomic import without_nan
from ..data.split import Part
from ..errors import BadConfig
from ..grid import check_grid
from ..progress import Progress, Report, sub_report
from ..results import Kind
from ..workspace import Workspace
from .unseen import unseen_objects, within

MOST_LEARNING = 1000
"""Training and validation spectra at most that answers take their priors from."""


def calibrate(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    model: str,
    survey: str,
    n: int = 400,
    where: str = "",
    seed: int = 0,
    device: str = "auto",
) -> str:
    """Check every error that a model quotes, on objects that it did not learn from; returns the result's id.

    Parameters
    ----------
    n
        Test objects at most.
    where
        Expression, or kept selection ``@NAME``, from whose objects the test objects are taken; empty for all.
    seed
        Seed of all random numbers.
    device
        ``auto``, ``cpu`` or ``cuda``, where the model computes.

    Raises
    ------
    BadConfig
        The model learnt from all objects of the survey, or quotes no errors.
    """
    case, header = _case(workspace, model, survey, where, n, seed)
    case = replace(case, model=case.model.on(device))
    answers: list[Answers] = []
    quantities = quantities_of(case.model)
    for number, quantity in enumerate(quantities):
        share = 1 / len(quantities)
        report(Progress(number * share, f"checking {quantity.__name__} of {len(case.spectra):,} objects"))
        answers += quantity(case, sub_report(report, number * share, share, quantity.__name__))
    if not answers:
        raise BadConfig(f"{model} quotes no errors of anything of which {survey} knows the truth.")
    asked = {"model": model, "survey": survey}
    same = asked | {"where": where or None}  # that of all objects lacks the entry
    result_id = workspace.results.reserve(Kind.CALIBRATIONS, f"{model}-{survey}", same)
    header = asked | ({"where": where} if where else {}) | header | {"rows": table(answers, case.subsets)}
    workspace.results.save(Kind.CALIBRATIONS, result_id, without_nan(header))
    return result_id


def _case(
    workspace: Workspace, model_id: str, survey_id: str, where: str, n: int, seed: int
) -> tuple[Case, dict[str, object]]:
    """The case, and what the result says of it."""
    model, survey = workspace.model(model_id), workspace.survey(survey_id)
    check_grid(model.grid, survey.grid)
    unseen = unseen_objects(workspace, model_id, survey_id)
    rows = unseen.rows
    if unseen.part == "validation":  # the other half is what errors may be scaled by
        rows = rows[::2]
    learning = rows
    rows = within(workspace, model_id, survey_id, where, rows)
    if n < LEAST or len(rows) < LEAST:
        raise BadConfig(
            f"{min(n, len(rows))} objects of {survey_id} can be checked, {LEAST} are needed: figures come from "
            f"{unseen.sentence}{f', within {where}' if where else ''}."
        )
    random = np.random.default_rng(seed)
    reference = workspace.reference_survey(model_id, survey_id)
    learning = np.setdiff1d(np.arange(reference.n), learning) if reference is survey else np.arange(reference.n)
    learning = learning[~model.in_part(Part.TEST, reference.ids[learning])]
    test, learning = (_some(random, some, most) for some, most in ((rows, n), (learning, MOST_LEARNING)))
    case = Case(model, survey.read(test), reference.read(learning), seed)
    return case, {"n": len(test), "part": unseen.part, "objects": unseen.sentence, "seed": seed}


def _some(random: np.random.Generator, rows: np.ndarray, most: int) -> np.ndarray:
    """At most so many of some rows, drawn at random, rising."""
    return np.sort(random.permutation(rows)[:most])
