"""Outliers: objects of a survey ranked by local outlier factor, with reasons."""

from pathlib import Path

import numpy as np

from ..analysis.demud import ORDERS, demud
from ..analysis.density_contrast import density_contrast
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
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    model: str,
    survey: str,
    top: int = TOP,
    k: int = NEIGHBOURS,
    order: str = "lof",
) -> str:
    """Rank a survey by LOF in latent space and explain the objects at the top; returns the result's id.

    Parameters
    ----------
    workspace
        Holds model and survey; gets the result of kind ``outliers``: header ``model, survey, k, n, order`` and
        ``outliers``, the rows of the table, each with the ``part`` of the survey that the object was in when the model
        was fitted, since χ² of training objects is too small, with ``contrast``, the `density_contrast`, and
        ``contrast_rank``, with ``demud_rank``, ``None`` beyond the first hundred or ``top``, and with ``log_density``
        and ``density_rank``, 1 for the least dense, where a density was fitted to the latents; arrays ``lof`` and
        ``contrast`` (n,), and ``rank`` and ``chi2_rank`` (n,), 1 for the largest.
    top
        Number of objects that get a reason.
    k
        Neighbours of LOF.
    order
        One of `ORDERS`, by which the objects of the table are chosen.

    Raises
    ------
    BadConfig
        ``top`` below 1, k outside 1 to n - 1, or an order that is unknown or by a density that was not fitted.
    """
    if order not in ORDERS:
        raise BadConfig(f"There is no order {order!r}: choose one of {', '.join(ORDERS)}.")
    if top < 1:
        raise BadConfig(f"The {top} strongest outliers were asked for: give a number of at least 1.")
    encoding, spectra = encoded(workspace, model, survey, report), workspace.survey(survey)
    lof = local_outlier_factor(encoding.latents, k, sub_report(report, 0.0, 0.4, "LOF"), on_all_cores).scores
    around = sub_report(report, 0.4, 0.2, "density contrast")
    contrast = density_contrast(encoding.latents, encoding.log_variance, report=around)
    rank, chi2_rank = ranks(lof), ranks(encoding.chi2_per_pixel)
    density = _log_density(workspace, model, survey, spectra.n)
    selected = demud(encoding.latents, max(top, TOP))
    if order == "density" and density is None:
        raise BadConfig(f"No density was fitted to latents of {survey} under {model}: fit it first.")
    by = {"lof": rank, "chi2": chi2_rank, "contrast": ranks(contrast)}
    by["density"] = None if density is None else ranks(-density)
    explainer = make_explainer(spectra, encoding, lof)
    rows = selected[:top] if order == "demud" else np.argsort(by[order])[:top]
    found = explain(explainer, spectra, encoding, lof, rows, sub_report(report, 0.65, 0.35, "why"))
    part = parts(workspace.model(model), spectra.ids)
    place = {int(row): number for number, row in enumerate(selected, 1)}
    listed = [
        row
        | {"contrast": float(contrast[row["row"]]), "contrast_rank": int(by["contrast"][row["row"]])}
        | {"part": str(part[row["row"]]), "demud_rank": place.get(row["row"])}
        for row in found
    ]
    if density is not None:
        thin = by["density"]
        listed = [
            row | {"log_density": float(density[row["row"]]), "density_rank": int(thin[row["row"]])} for row in listed
        ]
    header = {"model": model, "survey": survey, "k": k, "n": spectra.n, "order": order, "outliers": listed}
    arrays = {"lof": lof, "contrast": contrast, "rank": rank, "chi2_rank": chi2_rank}
    result_id = workspace.results.reserve(Kind.OUTLIERS, "outliers", {"model": model, "survey": survey, "k": k})
    workspace.results.save(Kind.OUTLIERS, result_id, without_nan(header), arrays)
    return result_id


def _log_density(workspace: Workspace, model: str, survey: str, n: int) -> np.ndarray | None:
    """Log densities (n,) of the objects, ``None`` where none were fitted to this survey as it is."""
    found = workspace.results.find(Kind.DENSITIES, model=model, survey=survey)
    return None if found is None or len(found.arrays["log_density"]) != n else found.arrays["log_density"]


def parts(model: LatentModel, ids: np.ndarray) -> np.ndarray:
    """Name of the `Part` that each object was in when a model was fitted, (n,) strings; empty where in none."""
    found = np.full(len(ids), "", dtype="U10")
    for part in Part:
        found[model.in_part(part, ids)] = part
    return found
