"""Reconstruction error of a model on a survey, and errors of its predictions."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from ..analysis.compare import distance
from ..analysis.folds import FOLDS, SMALL, fitted_folds
from ..analysis.label_quality import label_quality
from ..data.column_names import check_column
from ..data.label_columns import read_labels
from ..data.split import Part, Unseen
from ..encodings import Encoding
from ..models import Ability, LatentModel, require_ability
from ..progress import Report, ignore
from ..workspace import Workspace
from .abundances import evaluate_abundances
from .encode import encode_survey
from .heads import evaluate_heads
from .label_report import evaluate_labels
from .photoz import evaluate_redshifts
from .unseen import unseen_objects


@dataclass(frozen=True)
class Evaluation:
    """Reconstruction of some spectra.

    Parameters
    ----------
    n
        Number of spectra.
    mse
        Mean over all their seen pixels of the squared residual of normalised flux.
    chi2_per_pixel
        Mean over the same pixels of ``ivar`` times the squared residual.
    chi2_median
        Median over spectra of the mean over their seen pixels: a few outliers do not move it.
    """

    n: int
    mse: float
    chi2_per_pixel: float
    chi2_median: float


class Case(NamedTuple):
    """A model and a survey to evaluate it on.

    Attributes
    ----------
    unseen
        Objects of the survey that neither taught nor chose the model.
    baseline_id
        The model on whose latents heads are trained afterwards; empty for the model itself.
    """

    workspace: Workspace
    model_id: str
    model: LatentModel
    survey_id: str
    unseen: Unseen
    baseline_id: str
    report: Report


def _labels(case: Case) -> dict[str, object]:
    model = case.model
    labels = evaluate_labels(
        case.workspace, model.label_names, model.predict_labels, case.survey_id, case.unseen, case.report
    )
    return {"labels": labels} if labels else {}


def _inputs(case: Case) -> dict[str, object]:
    model = case.model
    inputs = evaluate_labels(
        case.workspace, model.column_names, model.predict_columns, case.survey_id, case.unseen, case.report
    )
    return {"inputs": inputs} if inputs else {}


def _redshifts(case: Case) -> dict[str, object]:
    return evaluate_redshifts(case.workspace, case.model_id, case.survey_id, case.unseen)


def _abundances(case: Case) -> dict[str, object]:
    return evaluate_abundances(case.workspace, case.model, case.survey_id, case.unseen)


def _heads(case: Case) -> dict[str, object]:
    if not (case.baseline_id or case.unseen.mask.any()):
        return {}
    return {"heads": evaluate_heads(case.workspace, case.model_id, case.survey_id, case.baseline_id, case.report)}


METRICS: dict[Ability, Callable[[Case], dict[str, object]]] = {
    Ability.PREDICTS_LABELS: _labels,
    Ability.PREDICTS_COLUMNS: _inputs,
    Ability.PREDICTS_REDSHIFT: _redshifts,
    Ability.HAS_ENDMEMBERS: _abundances,
    Ability.PREDICTS_CLASSES: _heads,
}
"""Metrics beside those of the reconstruction, by the ability that they measure."""


def evaluate(
    workspace: Workspace,
    model_id: str,
    survey_id: str,
    by: str = "class",
    baseline_id: str = "",
    report: Report = ignore,
    device: str = "auto",
) -> dict[str, object]:
    """Errors of a model on the objects of a survey that neither taught nor chose it, overall and per class.

    Parameters
    ----------
    workspace
        Holds both.
    model_id, survey_id
        Ids.
    by
        The catalogue column that serves as class.
    baseline_id
        For a model with heads: the model on whose latents heads are trained afterwards, see `evaluate_heads`.
    device
        ``auto``, ``cpu`` or ``cuda``, where the model computes.

    Returns
    -------
    dict
        ``n, mse, chi2_per_pixel, chi2_median`` and ``per_class`` {class: the same four} of the unseen objects; ``part``
        and ``objects`` say which these are, see `Unseen`. ``training`` and ``validation`` (the same four) only for
        comparison, where the survey holds such objects. ``cross_validation`` (``folds, n, mse, chi2_per_pixel,
        per_class`` and ``labels``) where the survey has fewer than `SMALL` objects, of which a test part says little:
        the model is fitted five times with its own settings and seed. ``labels`` and ``inputs`` (columns beside
        spectra, each predicted without its own value), see `evaluate_labels`; ``heads``, see `evaluate_heads`, where
        the model has some; for a model of photometry the entries of `evaluate_redshifts`, for one of endmembers those
        of `evaluate_abundances`.
    """
    model = workspace.model(model_id).on(device)
    if baseline_id:
        require_ability(model, Ability.PREDICTS_CLASSES)
    encoding = encode_survey(workspace, model_id, survey_id, report, device=device)
    survey = workspace.survey(survey_id)
    table = survey.catalogue
    if by != "class":
        check_column(by, table, "to group objects by")
    unseen = unseen_objects(workspace, model_id, survey_id)
    result: dict[str, object] = {"part": unseen.part, "objects": unseen.sentence}
    result |= asdict(_summary(encoding, unseen.mask))
    classes = table[by].astype(str).to_numpy() if by in table else np.full(len(table), "")
    result["per_class"] = {
        name or "unclassified": asdict(_summary(encoding, unseen.mask & (classes == name)))
        for name in np.unique(classes[unseen.mask])
    }
    for part in (Part.TRAINING, Part.VALIDATION):
        rows = model.in_part(part, survey.ids)
        if rows.any():
            result[str(part)] = asdict(_summary(encoding, rows))
    if unseen.part == "test" and len(survey) < SMALL:
        result["cross_validation"] = _cross_validation(workspace, model_id, survey_id, report)
    case = Case(workspace, model_id, model, survey_id, unseen, baseline_id, report)
    for ability, metrics in METRICS.items():
        if ability in model.abilities:
            result |= metrics(case)
    return result


def _summary(encoding: Encoding, rows: np.ndarray) -> Evaluation:
    rows = rows & (encoding.n_seen > 0) & np.isfinite(encoding.squared_error)
    weight = encoding.n_seen[rows].astype(float)
    if not rows.any():
        return Evaluation(0, *[float("nan")] * 3)
    chi2 = encoding.chi2_per_pixel[rows].astype(float)
    mse = float(np.average(encoding.squared_error[rows].astype(float), weights=weight))
    return Evaluation(int(rows.sum()), mse, float(np.average(chi2, weights=weight)), float(np.median(chi2)))


def _cross_validation(workspace: Workspace, model_id: str, survey_id: str, report: Report) -> dict[str, object]:
    """Errors over a whole small survey, each object under a model that was fitted without it."""
    model, spectra = workspace.model(model_id), workspace.survey(survey_id).read()
    flux, predicted = np.zeros_like(spectra.flux), None
    for network, rows in fitted_folds(model, spectra, report, seed=workspace.model_summary(model_id).header["seed"]):
        some = spectra.take(rows)
        flux[rows] = network.reconstruct(some)
        if Ability.PREDICTS_LABELS in network.abilities:
            predicted = np.full((len(spectra), len(network.label_names)), np.nan) if predicted is None else predicted
            predicted[rows] = network.predict_labels(some)[0]
    found: dict[str, object] = {"folds": FOLDS, **asdict(distance(flux, spectra))}
    if predicted is not None and set(model.label_names) <= set(spectra.table):
        quality = label_quality(predicted, read_labels(spectra.table, model.label_names, needed=False))
        found["labels"] = {name: asdict(one) for name, one in quality.items()}
    return found
