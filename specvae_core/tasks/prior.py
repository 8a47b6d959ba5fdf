"""Priors of inverse problems, learnt from the survey that a model was trained on and kept for the next problem."""

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from ..data.split import Part
from ..data.survey import Survey
from ..errors import BadConfig
from ..grid import check_grid
from ..inverse import Prior, Question, SurveyResiduals, learn_residuals
from ..inverse.measure import MOST_SPECTRA
from ..models import LatentModel
from ..models.density import LatentDensity
from ..models.latent_prior import PRIORS, FlowPrior, GaussianPrior, LatentPrior
from ..progress import Report, sub_report
from ..workspace import Workspace
from .outlier_table import encoded

MOST_LATENTS = 4000
"""Objects at most that a flow is fitted to: within seconds."""

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
    method: str = "regularised",
    weight: float = 1.0,
    device: str = "cpu",
) -> Prior:
    """Prior of a model from the survey that it was trained on, or from another survey where that one is gone.

    Parameters
    ----------
    question
        Problem for which the error bands are calibrated.
    report, share
        Progress callback of the whole task, and the share of it that this part makes up.
    without
        Ids of spectra that are left out.
    method, weight
        As those of `solve`; for ``density`` a flow is fitted to the latents of the survey.
    device
        Where the error bands are calibrated.

    Raises
    ------
    BadConfig
        Nothing remains to learn from.
    """
    survey = workspace.reference_survey(model_id, survey_id)
    residuals = _residuals(workspace, model_id, survey, without, sub_report(report, 0.0, 0.6 * share, model_id))
    density = None
    if method == "density":
        fitting = sub_report(report, 0.6 * share, 0.1 * share, model_id)
        density = latent_density(workspace, model_id, survey, without, fitting)
    calibrating = sub_report(report, 0.7 * share, 0.3 * share, model_id)
    network = workspace.model(model_id).on(device)
    return residuals.prior(network, question, weight=weight, density=density, report=calibrating)


def latent_prior(workspace: Workspace, model_id: str, survey: Survey, kind: str, report: Report) -> LatentPrior:
    """Prior of latents of a survey, one of `PRIORS`; its test part is left out.

    Raises
    ------
    BadConfig
        There is no such prior.
    """
    if kind not in PRIORS:
        raise BadConfig(f"There is no prior {kind!r}: choose one of {', '.join(PRIORS)}.")
    if kind == "density":
        return FlowPrior(latent_density(workspace, model_id, survey, (), report))
    latents = encoded(workspace, model_id, survey.name, report).latents
    placed = np.isfinite(latents).all(axis=1)  # an object without a vector of an embedding has no latents
    latents, known = latents[placed], ~workspace.model(model_id).in_part(Part.TEST, survey.ids[placed])
    return GaussianPrior.of(latents[known] if known.any() else latents)


def latent_density(
    workspace: Workspace, model_id: str, survey: Survey, without: Sequence[str], report: Report
) -> LatentDensity:
    """A flow fitted to latents of a survey without some of its spectra, and without its test part."""
    model, latents = workspace.model(model_id), encoded(workspace, model_id, survey.name, report).latents
    known = ~np.isin(survey.ids, without) & ~model.in_part(Part.TEST, survey.ids) & np.isfinite(latents).all(axis=1)
    held_out = known & model.in_part(Part.VALIDATION, survey.ids)
    if not held_out.any():
        held_out = known & (np.arange(survey.n) % 10 == 0)
    learnt = np.random.default_rng(0).permutation(np.flatnonzero(known & ~held_out))[:MOST_LATENTS]
    return LatentDensity.fit(latents[np.sort(learnt)], latents[held_out], latents[held_out], report=report)


def _residuals(
    workspace: Workspace, model_id: str, survey: Survey, without: Sequence[str], report: Report
) -> SurveyResiduals:
    """Codes and residuals of a survey without some of its spectra."""
    model = workspace.model(model_id)
    check_grid(model.grid, survey.grid)
    encoding = workspace.encoding(model_id, survey.name)
    latents = encoding.latents if encoding is not None and len(encoding.latents) == survey.n else None
    rows = np.random.default_rng(0).permutation(survey.n)
    rows = rows[~np.isin(survey.ids[rows], without)]
    if latents is not None:
        rows = rows[np.isfinite(latents[rows]).all(axis=1)]
    rows = np.sort(rows[:MOST_SPECTRA])
    if not len(rows):
        raise BadConfig(
            f"The prior is learnt from the spectra of {survey.name} that are not asked for, and these are all of them: "
            "leave some out."
        )
    known = _LEARNT.get(model)
    if known is not None and known[0] is survey and known[1] == rows.tobytes():
        return known[2]
    codes = None if latents is None else latents[rows]
    residuals = learn_residuals(model, survey.read(rows).on_scale(model.flux_scale), codes=codes, report=report)
    _LEARNT[model] = survey, rows.tobytes(), residuals
    return residuals
