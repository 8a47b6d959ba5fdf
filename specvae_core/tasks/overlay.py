"""Overlay: a second survey on the map of the first, and its objects that are foreign there."""

from collections import Counter
from pathlib import Path

import numpy as np

from ..analysis.lof import FOREIGN, NEIGHBOURS, local_outlier_factor
from ..atomic import without_nan
from ..errors import BadConfig
from ..jobs import on_all_cores
from ..progress import Report, sub_report
from ..results import Kind
from ..workspace import Workspace
from .encode import encode_survey
from .outlier_table import encoded, explain, make_explainer

EXPLAINED = 2000
"""Largest number of foreign objects that get a reason, those with the highest LOF first."""


def overlay(
    workspace: Workspace, report: Report, folder: Path, *, model: str, survey: str, other: str, k: int = NEIGHBOURS
) -> str:
    """Encode a second survey with the model and compute its LOF relative to the first; returns the result's id.

    Parameters
    ----------
    workspace
        Holds all three; gets the encoding of the second survey, and the result of kind ``overlays``: header ``model,
        survey, other, k, n, n_foreign, foreign_fraction, n_explained, reasons`` (how many of each) and ``objects``
        (those with a reason, the highest LOF first); array ``lof`` (n,), of the second survey.
    model, survey, other
        The model, the survey whose map it is, and the one laid over it.
    k
        Neighbours of LOF.

    Raises
    ------
    BadConfig
        Both surveys are the same, or k is outside 1 to n - 1.
    GridMismatch
        The second survey lies on another grid than the model.
    """
    if other == survey:
        raise BadConfig(f"{survey} cannot be drawn over its own map: choose another survey.")
    first, second = workspace.survey(survey), workspace.survey(other)
    encoding = encoded(workspace, model, survey, sub_report(report, 0.0, 0.1, survey))
    second_encoding = encode_survey(workspace, model, other, sub_report(report, 0.1, 0.1, other))
    first_lof = local_outlier_factor(encoding.latents, k, sub_report(report, 0.2, 0.4, "LOF"), on_all_cores)
    lof = first_lof.newcomers(second_encoding.latents, sub_report(report, 0.6, 0.1, "LOF"))
    foreign = np.flatnonzero(lof > FOREIGN)
    rows = foreign[np.argsort(-lof[foreign], kind="stable")][:EXPLAINED]
    explainer = make_explainer(first, encoding, first_lof.scores)
    objects = explain(explainer, second, second_encoding, lof, rows, sub_report(report, 0.7, 0.3, "why"))
    asked = {"model": model, "survey": survey, "other": other, "k": k}
    header = {
        **asked,
        "n": second.n,
        "n_foreign": len(foreign),
        "foreign_fraction": len(foreign) / second.n,
        "n_explained": len(rows),
        "reasons": dict(Counter(row["reason"] for row in objects).most_common()),
        "objects": objects,
    }
    result_id = workspace.results.reserve(Kind.OVERLAYS, other, asked)
    workspace.results.save(Kind.OVERLAYS, result_id, without_nan(header), {"lof": lof})
    return result_id
