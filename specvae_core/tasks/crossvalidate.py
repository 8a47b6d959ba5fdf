"""Cross-validation of Lux's settings, and precision of predicted labels."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ..analysis.label_tuning import cross_validate, label_precision
from ..errors import BadConfig
from ..models import Ability, require_ability
from ..models.lux.settings import LuxConfig
from ..progress import Report
from ..results import Kind
from ..workspace import Workspace


def crossvalidate(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    survey: str,
    labels: str,
    latents: Sequence[int],
    regularisations: Sequence[float],
    folds: int = 5,
    group: str = "",
    seed: int = 0,
) -> str:
    """Try every pair of latent size and regularisation on a survey; returns the id of the result.

    Parameters
    ----------
    workspace
        Holds the survey, gets the result: ``trials``, the best first.
    survey
        Id of the survey.
    labels
        Names of labels with commas between them.
    latents, regularisations
        Values to try.
    folds
        Parts of the survey that are kept out in turn.
    group
        Column that names the object, where one has several spectra: all of them are in one fold. By default the one
        that the survey was ingested with.
    seed
        Seed of all random numbers.
    """
    source = workspace.survey(survey)
    spectra, group = source.read(), group or source.header.get("group") or ""
    if not 2 <= folds <= len(spectra):
        raise BadConfig(f"{folds} folds of {len(spectra)} objects were asked for: 2 or more are needed, as in 5.")
    trials = cross_validate(
        spectra, LuxConfig(labels=labels, group=group), latents, regularisations, folds, report, seed
    )
    result_id = workspace.results.reserve(Kind.CROSS_VALIDATIONS, f"lux-{survey}")
    header = {
        "survey": survey,
        "labels": labels,
        "folds": folds,
        "group": group,
        "trials": [asdict(trial) for trial in trials],
    }
    workspace.results.save(Kind.CROSS_VALIDATIONS, result_id, header)
    return result_id


def precision(
    workspace: Workspace,
    model_id: str,
    survey_id: str,
    signal_to_noise: Sequence[float],
    *,
    n: int = 500,
    n_draws: int = 10,
    seed: int = 0,
) -> dict[str, list[float]]:
    """Scatter of each label at each S/N, median over at most ``n`` objects, in catalogue units; see `label_precision`.

    Raises
    ------
    BadConfig
        The model predicts no labels, or a number makes no sense.
    """
    model, survey = workspace.model(model_id), workspace.survey(survey_id)
    require_ability(model, Ability.PREDICTS_LABELS)
    if n < 1 or n_draws < 2 or min(signal_to_noise) <= 0:
        raise BadConfig(f"S/N above 0, 1 object or more and 2 draws or more were expected, not {n} and {n_draws}.")
    rows = np.sort(np.random.default_rng(seed).permutation(survey.n)[:n])
    found = label_precision(model, survey.read(rows), signal_to_noise, n_draws, seed=seed)
    return {name: found[:, i].tolist() for i, name in enumerate(model.label_names)}
