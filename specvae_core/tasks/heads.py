"""Errors of heads that predict columns of the catalogue, trained with the model or afterwards."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from ..data.label_columns import read_labels
from ..data.spectra import SpectraSet
from ..data.survey import Survey
from ..errors import BadConfig
from ..models import Ability, LatentModel, require_ability
from ..models.multitask import HeadsAfterwards, HeadsAfterwardsConfig, MultiTask, PredictsByHeads
from ..progress import Report, ignore
from ..workspace import Workspace
from .unseen import unseen_objects


def evaluate_heads(
    workspace: Workspace, model_id: str, survey_id: str, baseline_id: str = "", report: Report = ignore, seed: int = 0
) -> dict[str, dict[str, object]]:
    """Errors of each head on objects that no model has learnt from, beside those of heads trained afterwards.

    Parameters
    ----------
    workspace
        Holds models and survey.
    model_id, survey_id
        A model with heads, and a survey with their columns.
    baseline_id
        A model without heads, on whose latents some are trained afterwards: how much do latents gain from heads? The
        latents of the model itself were shaped by its heads, so that they are no such baseline.
    report
        Progress callback of that training.
    seed
        Seed of that training.

    Returns
    -------
    heads
        For each column: ``n`` objects; ``measure``, ``accuracy`` or ``rmse``; its value for heads that were trained
        ``together`` with the model; and where a baseline was given, ``afterwards`` and ``gain``, the difference in
        accuracy or the share by which the rms error is smaller.

    Raises
    ------
    BadConfig
        The model has no heads, the survey no object that is unseen, or the baseline has heads itself.
    """
    model = workspace.model(model_id)
    require_ability(model, Ability.PREDICTS_CLASSES)
    survey = workspace.survey(survey_id)
    mask = unseen_objects(workspace, model_id, survey_id).mask
    if baseline_id:
        baseline = workspace.model(baseline_id)
        if Ability.PREDICTS_CLASSES in baseline.abilities:
            raise BadConfig(f"{baseline_id} has heads itself: a baseline is a model without, as infovae.")
        mask = mask & unseen_objects(workspace, baseline_id, survey_id).mask
    if not mask.any():
        raise BadConfig(f"Survey {survey_id} holds no object that is new to the models: give another survey.")
    together = {column: _told(found) for column, found in scores(model, _some(survey, mask)).items()}
    if not baseline_id:
        return together
    afterwards = scores(heads_afterwards(baseline, model, survey.read(), report, seed), _some(survey, mask))
    return {column: found | _gain(found, afterwards[column]) for column, found in together.items()}


def heads_afterwards(
    baseline: LatentModel, model: MultiTask, spectra: SpectraSet, report: Report = ignore, seed: int = 0
) -> HeadsAfterwards:
    """Heads for the columns of ``model``, trained on the latents of ``baseline``, with the same objects kept out."""
    config = HeadsAfterwardsConfig(
        n_latent=baseline.n_latent,
        **{name: getattr(model.config, name) for name in ("validation_fraction", "test_fraction", "fold", "group")},
        classify=model.config.classify,
        regress=model.config.regress,
    )
    return HeadsAfterwards(baseline, config).fit(spectra, report, seed=seed)


def scores(predictor: PredictsByHeads, parts: Iterable[SpectraSet]) -> dict[str, dict[str, object]]:
    """``n, measure, value`` of each column over the objects whose column is known; NaN where it is for none.

    Parameters
    ----------
    predictor
        Predicts the columns.
    parts
        The objects, some at a time.
    """
    right: dict[str, list[np.ndarray]] = {}
    residuals: dict[str, list[np.ndarray]] = {}
    for spectra in parts:
        for column, (names, _) in predictor.predict_classes(spectra).items():
            truth = spectra.table[column].astype(str).str.strip().to_numpy(dtype=str)
            known = np.isin(truth, predictor.heads.classes[column])
            right.setdefault(column, []).append(names[known] == truth[known])
        if predictor.label_names:
            labels = read_labels(spectra.table, predictor.label_names, needed=False)
            off = predictor.predict_labels(spectra)[0] - labels.values
            for column, known, values in zip(labels.names, labels.known.T, off.T, strict=True):
                residuals.setdefault(column, []).append(values[known])
    result = {column: _score("accuracy", np.concatenate(found), np.mean) for column, found in right.items()}
    return result | {column: _score("rmse", np.concatenate(found), _rms) for column, found in residuals.items()}


def _score(measure: str, values: np.ndarray, of: Callable[[np.ndarray], float]) -> dict[str, object]:
    return {"n": len(values), "measure": measure, "value": float(of(values)) if len(values) else float("nan")}


def _rms(values: np.ndarray) -> float:
    return np.sqrt(np.mean(values**2))


def _some(survey: Survey, mask: np.ndarray) -> Iterator[SpectraSet]:
    """Spectra of a survey where a mask (n,) is set, some at a time."""
    for rows, spectra in survey.chunks():
        if mask[rows].any():
            yield spectra.take(np.flatnonzero(mask[rows]))


def _told(found: dict[str, object]) -> dict[str, object]:
    return {"n": found["n"], "measure": found["measure"], "together": float(found["value"])}


def _gain(together: dict[str, object], afterwards: dict[str, object]) -> dict[str, float]:
    first, second = float(together["together"]), float(afterwards["value"])
    gain = first - second if together["measure"] == "accuracy" else 1 - first / max(second, 1e-30)
    return {"afterwards": second, "gain": gain}
