"""Errors of heads that predict columns of the catalogue, trained with the model or afterwards."""

import numpy as np

from ..data.label_columns import read_labels
from ..data.spectra import SpectraSet
from ..errors import BadConfig
from ..models import Ability, LatentModel, require_ability
from ..models.multitask import HeadsAfterwards, HeadsAfterwardsConfig, MultiTask, PredictsByHeads
from ..progress import Report, ignore
from ..workspace import Workspace


def evaluate_heads(
    workspace: Workspace, model_id: str, survey_id: str, baseline_id: str = "", report: Report = ignore, seed: int = 0
) -> dict[str, dict[str, object]]:
    """Errors of each head on objects that the model was not fitted to, beside those of heads trained afterwards.

    Parameters
    ----------
    workspace
        Holds models and survey.
    model_id, survey_id
        A model with heads, and a survey with their columns.
    baseline_id
        The model on whose latents heads are trained afterwards; by default the model itself.
    report
        Progress callback of that training.
    seed
        Seed of that training.

    Returns
    -------
    heads
        For each column: ``n`` objects; ``measure``, ``accuracy`` or ``rmse``; its value for heads that were trained
        ``together`` with the model and ``afterwards``; and ``gain``, the difference in accuracy or the share by which
        the rms error is smaller.

    Raises
    ------
    BadConfig
        The model has no heads, or the survey none of its validation objects.
    """
    model = workspace.model(model_id)
    require_ability(model, Ability.PREDICTS_CLASSES)
    baseline = workspace.model(baseline_id) if baseline_id else model
    spectra = workspace.survey(survey_id).read()
    rows = np.flatnonzero(model.held_out(spectra.ids))
    if len(rows) == 0:
        raise BadConfig(
            f"Survey {survey_id} holds none of the validation objects of {model_id}: give the survey it was trained on."
        )
    afterwards = heads_afterwards(baseline, model, spectra, report, seed)
    together, later = (scores(predictor, spectra.take(rows)) for predictor in (model, afterwards))
    return {column: _compared(together[column], later[column]) for column in together}


def heads_afterwards(
    baseline: LatentModel, model: MultiTask, spectra: SpectraSet, report: Report = ignore, seed: int = 0
) -> HeadsAfterwards:
    """Heads for the columns of ``model``, trained on the latents of ``baseline``, with the same objects kept out."""
    config = HeadsAfterwardsConfig(
        n_latent=baseline.n_latent,
        validation_fraction=model.config.validation_fraction,
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


def _compared(together: dict[str, object], afterwards: dict[str, object]) -> dict[str, object]:
    first, second = float(together["value"]), float(afterwards["value"])
    gain = first - second if together["measure"] == "accuracy" else 1 - first / max(second, 1e-30)
    return {
        "n": together["n"],
        "measure": together["measure"],
        "together": first,
        "afterwards": second,
        "gain": gain,
    }
