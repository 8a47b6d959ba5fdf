"""Errors of predicted labels of a survey."""

from collections.abc import Callable, Sequence
from dataclasses import asdict

import numpy as np

from ..analysis.label_quality import LabelQuality, label_quality
from ..data.label_columns import read_labels
from ..data.spectra import SpectraSet
from ..data.split import Unseen
from ..progress import Progress, Report
from ..workspace import Workspace

Predict = Callable[[SpectraSet], tuple[np.ndarray, np.ndarray]]


def evaluate_labels(
    workspace: Workspace, names: Sequence[str], predict: Predict, survey_id: str, unseen: Unseen, report: Report
) -> dict[str, dict[str, float]]:
    """Quality of each label that model and catalogue share, on objects that the model did not learn from.

    Parameters
    ----------
    names
        M labels of the model, or columns that stand beside its spectra.
    predict
        Their values and 1-sigma errors, (n, M) each, for n spectra.
    unseen
        The objects that count.
    report
        Progress callback, called once a chunk.

    Returns
    -------
    dict
        ``{name: {bias, rmse, robust, catalogue_error, n, coverage, pull}}`` in the label's own unit; see
        `LabelQuality`.
    """
    survey = workspace.survey(survey_id)
    shared = [name for name in names if name in survey.catalogue]
    rows = unseen.rows
    if not shared or not len(rows):
        return {}
    catalogue = read_labels(survey.catalogue.take(rows), shared, needed=False)
    columns = [list(names).index(name) for name in shared]
    parts = []
    for start in range(0, len(rows), 4096):
        report(Progress(start / len(rows), "predicting labels"))
        found = predict(survey.read(rows[start : start + 4096]))
        parts.append([part[:, columns] for part in found])
    predicted, errors = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _as_dicts(label_quality(predicted, catalogue, errors=errors))


def _as_dicts(qualities: dict[str, LabelQuality]) -> dict[str, dict[str, float]]:
    return {name: asdict(quality) for name, quality in qualities.items()}
