"""How well a model reconstructs a survey."""

from dataclasses import asdict, dataclass

import numpy as np

from ..encodings import Encoding
from ..errors import NotFound
from ..models import PredictsRedshift
from ..models.multitask import MultiTask
from ..models.untapped.model import Untapped
from ..progress import Report, ignore
from ..workspace import Workspace
from .abundances import evaluate_abundances
from .encode import encode_survey
from .heads import evaluate_heads
from .label_report import evaluate_labels
from .photoz import evaluate_redshifts


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
    """

    n: int
    mse: float
    chi2_per_pixel: float


def evaluate(
    workspace: Workspace,
    model_id: str,
    survey_id: str,
    by: str = "class",
    baseline_id: str = "",
    report: Report = ignore,
) -> dict[str, object]:
    """Reconstruction of a survey, overall, per class, and on the part that the model was not fitted to.

    Parameters
    ----------
    workspace
        Holds both.
    model_id, survey_id
        Their ids.
    by
        The catalogue column that serves as class.
    baseline_id
        For a model with heads: the model on whose latents heads are trained afterwards, see `evaluate_heads`.

    Returns
    -------
    dict
        ``n, mse, chi2_per_pixel``, ``per_class`` {class: the same three}, and ``validation`` (the same three) where
        the survey holds objects of the model's own validation set; ``labels``, see `evaluate_labels`; ``heads``, see
        `evaluate_heads`, where the model has some and the survey holds such objects; for a model of photometry
        what `evaluate_redshifts` tells, for one of endmembers what `evaluate_abundances` does.
    """
    encoding = encode_survey(workspace, model_id, survey_id, report)
    survey = workspace.survey(survey_id)
    table = survey.table
    if by not in table and by != "class":
        raise NotFound(f"Survey {survey_id} has no column {by}: it has {', '.join(table.columns)}.")
    result: dict[str, object] = asdict(_summary(encoding, np.ones(len(table), bool)))
    classes = table[by].astype(str).to_numpy() if by in table else np.full(len(table), "")
    result["per_class"] = {
        name or "unclassified": asdict(_summary(encoding, classes == name)) for name in np.unique(classes)
    }
    model = workspace.model(model_id)
    held_out = model.held_out(survey.ids)
    if held_out.any():
        result["validation"] = asdict(_summary(encoding, held_out))
    labels = evaluate_labels(workspace, model, survey_id, held_out, report)
    if labels:
        result["labels"] = labels
    if isinstance(model, PredictsRedshift):
        result |= evaluate_redshifts(workspace, model_id, survey_id)
    if isinstance(model, Untapped):
        result |= evaluate_abundances(workspace, model, survey_id, held_out)
    if baseline_id or (held_out.any() and isinstance(model, MultiTask)):
        result["heads"] = evaluate_heads(workspace, model_id, survey_id, baseline_id, report)
    return result


def _summary(encoding: Encoding, rows: np.ndarray) -> Evaluation:
    rows = rows & (encoding.n_seen > 0)
    weight = encoding.n_seen[rows].astype(float)
    if not rows.any():
        return Evaluation(0, float("nan"), float("nan"))
    mse = float(np.average(encoding.squared_error[rows].astype(float), weights=weight))
    return Evaluation(
        int(rows.sum()), mse, float(np.average(encoding.chi2_per_pixel[rows].astype(float), weights=weight))
    )
