"""Priors of inverse problems, learnt from the survey that a model was trained on and kept for the next problem."""

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from ..data.survey import Survey
from ..grid import check_grid
from ..inverse import Prior, Question, SurveyResiduals, learn_residuals
from ..inverse.measure import MOST_SPECTRA
from ..models import LatentModel
from ..progress import Report, sub_report
from ..workspace import Workspace

_LEARNT: WeakKeyDictionary[LatentModel, tuple[Survey, bytes, SurveyResiduals]] = WeakKeyDictionary()
"""Codes and residuals used last of each model: the next problem of the same spectrum starts sooner."""


def prior_of(
    workspace: Workspace,
    model_id: str,
    survey_id: str | None,
    question: Question,
    report: Report,
    share: float,
    without: Sequence[str] = (),
) -> Prior:
    """Prior of a model from the survey that it was trained on, or from another survey where that one is gone.

    Parameters
    ----------
    question
        Problem for which the error bands are calibrated.
    report, share
        Progress callback of the whole task, and the share of it that this part makes up.
    without
        Ids of spectra that are left out, unless fewer than half would remain.
    """
    model = workspace.model(model_id)
    survey = workspace.reference_survey(model_id, survey_id)
    residuals = _residuals(workspace, model_id, survey, without, sub_report(report, 0.0, 0.7 * share, model_id))
    return residuals.prior(model, question, report=sub_report(report, 0.7 * share, 0.3 * share, model_id))


def _residuals(
    workspace: Workspace, model_id: str, survey: Survey, without: Sequence[str], report: Report
) -> SurveyResiduals:
    """Codes and residuals of a survey without some of its spectra."""
    model = workspace.model(model_id)
    check_grid(model.grid, survey.grid)
    rows = np.sort(np.random.default_rng(0).permutation(survey.n)[:MOST_SPECTRA])
    others = rows[~np.isin(survey.ids[rows], without)]
    rows = others if len(others) >= 0.5 * len(rows) else rows
    known = _LEARNT.get(model)
    if known is not None and known[0] is survey and known[1] == rows.tobytes():
        return known[2]
    encoding = workspace.encoding(model_id, survey.name)
    codes = encoding.latents[rows] if encoding is not None and len(encoding.latents) == survey.n else None
    residuals = learn_residuals(model, survey.read(rows).on_scale(model.flux_scale), codes=codes, report=report)
    _LEARNT[model] = survey, rows.tobytes(), residuals
    return residuals
