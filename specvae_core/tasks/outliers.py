"""Outliers: objects of a survey ranked by local outlier factor, with reasons."""

from pathlib import Path

import numpy as np

from ..analysis.lof import NEIGHBOURS, local_outlier_factor
from ..atomic import without_nan
from ..data.split import Part
from ..errors import BadConfig
from ..jobs import on_all_cores
from ..models import LatentModel
from ..progress import Report, sub_report
from ..results import Kind
from ..workspace import Workspace
from .outlier_table import encoded, explain, make_explainer, ranks

TOP = 100


def outliers(
    workspace: Workspace, report: Report, folder: Path, *, model: str, survey: str, top: int = TOP, k: int = NEIGHBOURS
) -> str:
    """Rank a survey by LOF in latent space and explain the objects at the top; returns the result's id.

    Parameters
    ----------
    workspace
        Holds model and survey; gets the result of kind ``outliers``: header ``model, survey, k, n`` and ``outliers``,
        the rows of the table, each with the ``part`` of the survey that the object was in when the model was fitted,
        since χ² of training objects is too small, and with ``log_density`` and ``density_rank``, 1 for the least
        dense, where a density was fitted to the latents; arrays ``lof`` (n,), and ``rank`` and ``chi2_rank`` (n,), 1
        for the largest.
    top
        Number of objects that get a reason.
    k
        Neighbours of LOF.

    Raises
    ------
    BadConfig
        ``top`` below 1, or k outside 1 to n - 1.
    """
    if top < 1:
        raise BadConfig(f"The {top} strongest outliers were asked for: give a number of at least 1.")
    encoding, spectra = encoded(workspace, model, survey, report), workspace.survey(survey)
    lof = local_outlier_factor(encoding.latents, k, sub_report(report, 0.0, 0.6, "LOF"), on_all_cores).scores
    rank = ranks(lof)
    explainer = make_explainer(spectra, encoding, lof)
    rows = np.argsort(rank)[:top]
    found = explain(explainer, spectra, encoding, lof, rows, sub_report(report, 0.65, 0.35, "why"))
    part = parts(workspace.model(model), spectra.ids)
    listed = [row | {"part": str(part[row["row"]])} for row in found]
    density = workspace.results.find(Kind.DENSITIES, model=model, survey=survey)
    if density is not None and len(density.arrays["log_density"]) == spectra.n:
        values = density.arrays["log_density"]
        order = ranks(-values)
        listed = [
            row | {"log_density": float(values[row["row"]]), "density_rank": int(order[row["row"]])} for row in listed
        ]
    header = {"model": model, "survey": survey, "k": k, "n": spectra.n, "outliers": listed}
    arrays = {"lof": lof, "rank": rank, "chi2_rank": ranks(encoding.chi2_per_pixel)}
    result_id = workspace.results.reserve(Kind.OUTLIERS, "outliers", {"model": model, "survey": survey, "k": k})
    workspace.results.save(Kind.OUTLIERS, result_id, without_nan(header), arrays)
    return result_id


def parts(model: LatentModel, ids: np.ndarray) -> np.ndarray:
    """Name of the `Part` that each object was in when a model was fitted, (n,) strings; empty where in none."""
    found = np.full(len(ids), "", dtype="U10")
    for part in Part:
        found[model.in_part(part, ids)] = part
    return found
