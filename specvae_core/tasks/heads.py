"""Errors of heads that predict columns of the catalogue, trained with the model or afterwards."""

import numpy as np

from ..data.label_columns import read_labels
from ..data.spectra import SpectraSet
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
    spectra = workspace.survey(survey_id).read()
    mask = unseen_objects(workspace, model_id, survey_id).mask
    if baseline_id:
        baseline = workspace.model(baseline_id)
        if Ability.PREDICTS_CLASSES in baseline.abilities:
            raise BadConfig(f"{baseline_id} has heads itself: a baseline is a model without, as infovae.")
        mask = mask & unseen_objects(workspace, baseline_id, survey_id).mask
    if not mask.any():
        raise BadConfig(f"Survey {survey_id} holds no object that is new to the models: give another survey.")
    test = spectra.take(np.flatnonzero(mask))
    together = {column: _told(found) for column, found in scores(model, test).items()}
    if not baseline_id:
        return together
    afterwards = scores(heads_afterwards(baseline, model, spectra, report, seed), test)
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


def scores(predictor: PredictsByHeads, spectra: SpectraSet) -> dict[str, dict[str, object]]:
    """``n, measure, value`` of each column over the objects whose column is known; NaN where it is for none."""
    result: dict[str, dict[str, object]] = {}
    for column, (names, _) in predictor.predict_classes(spectra).items():
        truth = spectra.table[column].astype(str).str.strip().to_numpy(dtype=str)
        known = np.isin(truth, predictor.heads.classes[column])
        value = float(np.mean(names[known] == truth[known])) if known.any() else float("nan")
        result[column] = {"n": int(known.sum()), "measure": "accuracy", "value": value}
    if predictor.label_names:
        labels = read_labels(spectra.table, predictor.label_names, needed=False)
        residual = predictor.predict_labels(spectra)[0] - labels.values
        for column, known, off in zip(labels.names, labels.known.T, residual.T, strict=True):
            value = float(np.sqrt(np.mean(off[known] ** 2))) if known.any() else float("nan")
            result[column] = {"n": int(known.sum()), "measure": "rmse", "value": value}
    return result


def _told(found: dict[str, object]) -> dict[str, object]:
    return {"n": found["n"], "measure": found["measure"], "together": float(found["value"])}


def _gain(together: dict[str, object], afterwards: dict[str, object]) -> dict[str, float]:
    first, second = float(together["together"]), float(afterwards["value"])
    gain = first - second if together["measure"] == "accuracy" else 1 - first / max(second, 1e-30)
    return {"afterwards": second, "gain": gain}
