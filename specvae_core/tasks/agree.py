"""A model compared with others, or with embeddings: neighbours in common, and the columns that each one knows."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..analysis.agreement import NEIGHBOURS, known_of, neighbours, shared_neighbours
from ..atomic import without_nan
from ..errors import BadConfig
from ..progress import Progress, Report, sub_report
from ..results import Kind, Result
from ..workspace import Workspace
from .outlier_table import encoded
from .selections import rows_of, selections_of
from .unseen import unseen_objects

MOST_OBJECTS = 10_000
"""Objects, evenly taken, among which neighbours are looked for."""

MOST_PREDICTED = 2000
"""Test objects whose columns are predicted."""

NOT_COMPARED = ("id", "source")


def agree(workspace: Workspace, report: Report, folder: Path, *, model: str, survey: str, others: Sequence[str]) -> str:
    """Compare the neighbours and the knowledge of models of a survey; returns the result's id.

    Parameters
    ----------
    workspace
        Gets the result of kind ``agreements``: header ``model, survey, others, n`` (objects with latents under all of
        them that were compared), ``k``, ``agreement`` (mean share by model), ``expected`` (share by chance), ``tested``
        (objects that were predicted), ``objects`` (where these come from, in words) and ``columns``, each with
        ``name, kind, n`` and ``scores`` by model, the best known first; arrays ``agreement_0``… (n_survey,) float32 in
        the order of ``others``, NaN for objects that were not compared.
    others
        Ids of the models and embeddings that the model is compared with.

    Raises
    ------
    BadConfig
        There is no other model, or too few objects have latents under all of them.
    """
    others = [other for other in dict.fromkeys(others) if other != model]
    if not others:
        raise BadConfig("A model was to be compared with no other one: name one or more.")
    names = [model, *others]
    latents = {}
    for place, name in enumerate(names):
        part = sub_report(report, 0.5 * place / len(names), 0.5 / len(names), name)
        latents[name] = encoded(workspace, name, survey, part).latents
    finite = np.logical_and.reduce([np.isfinite(values).all(axis=1) for values in latents.values()])
    rows = _evenly(np.flatnonzero(finite), MOST_OBJECTS)
    if len(rows) <= 2 * NEIGHBOURS:
        raise BadConfig(
            f"{len(rows)} objects of {survey} have latents under {' and '.join(names)}: more than {2 * NEIGHBOURS} "
            "are needed."
        )
    report(Progress(0.5, f"neighbours among {len(rows):,} objects"))
    nearest = {}
    for place, name in enumerate(names):
        nearest[name] = neighbours(latents[name][rows])
        report(Progress(0.5 + 0.3 * (place + 1) / len(names), f"neighbours under {name}"))
    arrays, means = {}, {}
    for place, other in enumerate(others):
        share = np.full(len(finite), np.nan, np.float32)
        share[rows] = shared_neighbours(nearest[model], nearest[other])
        arrays[f"agreement_{place}"], means[other] = share, float(share[rows].mean())
    asked = {"model": model, "survey": survey, "others": others}
    header = {
        **asked,
        "n": len(rows),
        "k": NEIGHBOURS,
        "agreement": means,
        "expected": NEIGHBOURS / (len(rows) - 1),
        **_knowledge(workspace, survey, latents, rows, report),
    }
    result_id = workspace.results.reserve(Kind.AGREEMENTS, f"agreement-{model}", asked)
    workspace.results.save(Kind.AGREEMENTS, result_id, without_nan(header), arrays)
    return result_id


def by_selection(workspace: Workspace, result: Result) -> list[dict[str, object]]:
    """Neighbours in common for each kept selection of the survey.

    Parameters
    ----------
    workspace
        Holds the selections.
    result
        What `agree` has kept.

    Returns
    -------
    rows
        ``name``; ``n``, its objects that were compared; ``agreement``, their mean share by model. Selections without
        such an object are left out.
    """
    survey, others = workspace.survey(result.header["survey"]), result.header["others"]
    found = []
    for kept in selections_of(workspace, survey.name):
        shares = {other: result.arrays[f"agreement_{i}"][rows_of(kept, survey)] for i, other in enumerate(others)}
        n = int(np.isfinite(shares[others[0]]).sum())
        if n:
            means = {other: float(np.nanmean(share)) for other, share in shares.items()}
            found.append({"name": kept.title, "n": n, "agreement": means})
    return found


def _knowledge(
    workspace: Workspace, survey: str, latents: dict[str, np.ndarray], rows: np.ndarray, report: Report
) -> dict[str, object]:
    """What each model knows of the catalogue, on objects that none of them has seen."""
    unseen = [unseen_objects(workspace, name, survey) for name in latents]
    mask = np.logical_and.reduce([one.mask for one in unseen])
    tested = _evenly(rows[mask[rows]], MOST_PREDICTED)
    learnt_from = np.setdiff1d(rows, rows[mask[rows]])
    if not len(learnt_from):  # a survey that no model has learnt from: half of it predicts the other half
        learnt_from, tested = rows[::2], _evenly(rows[1::2], MOST_PREDICTED)
    if len(learnt_from) <= NEIGHBOURS or not len(tested):
        return {"tested": 0, "objects": "", "columns": []}
    nearest = {name: neighbours(values[learnt_from], values[tested]) for name, values in latents.items()}
    table = workspace.survey(survey).catalogue
    columns = []
    for name in (column for column in table if column not in NOT_COMPARED):
        report(Progress(0.9, f"column {name}"))
        values = table[name].to_numpy()
        found = {of: known_of(values, learnt_from, tested, near) for of, near in nearest.items()}
        if all(found.values()):
            scores = {of: one.score for of, one in found.items()}
            first = next(iter(found.values()))
            columns.append({"name": str(name), "kind": first.kind, "n": first.n, "scores": scores})
    columns.sort(key=lambda column: -max(column["scores"].values()))
    words = f"{len(tested):,} objects that none of the models has learnt from"
    return {"tested": len(tested), "objects": words, "columns": columns}


def _evenly(rows: np.ndarray, most: int) -> np.ndarray:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(int)]
