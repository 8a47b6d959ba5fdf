"""Predicted labels of a survey beside those of its catalogue."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from specvae_core.data.label_columns import Labels, read_labels
from specvae_core.data.split import Unseen
from specvae_core.data.survey import Survey
from specvae_core.tasks.predict import FIT_CHI2, FLAGS, kept_predictions
from specvae_core.tasks.unseen import unseen_objects
from specvae_core.workspace import Workspace

MOST_POINTS = 5000
"""Most objects that are drawn one by one."""


@dataclass(frozen=True, eq=False)
class LabelData:
    """A survey's labels under a model.

    Parameters
    ----------
    model_id, survey
        Id of the model, and the survey.
    predicted, errors
        (n, n_label) predictions from spectra and their standard deviations, in catalogue units.
    flags, chi2
        (n,) flags and χ² of the fit, see `LabelPrediction`; 0 and NaN of a model that gives none.
    catalogue
        The same labels in the catalogue of the survey.
    unseen
        Objects that the model did not learn from: those on which errors are measured.
    table
        The catalogue, n rows.
    """

    model_id: str
    survey: Survey
    predicted: np.ndarray
    errors: np.ndarray
    flags: np.ndarray
    chi2: np.ndarray
    catalogue: Labels
    unseen: Unseen
    table: pd.DataFrame

    @property
    def names(self) -> tuple[str, ...]:
        """The labels."""
        return self.catalogue.names

    @property
    def signal_to_noise(self) -> np.ndarray:
        """(n,) median S/N per pixel, or per band; NaN where the file had no errors."""
        return self.table["sn"].to_numpy(float) if "sn" in self.table else np.full(len(self.table), np.nan)


def find_labels(workspace: Workspace, survey_id: str, model_id: str) -> LabelData | None:
    """Stored predictions; ``None`` where there are none, or only those of an older model of that id."""
    result, survey = kept_predictions(workspace, model_id, survey_id), workspace.survey(survey_id)
    if result is None or result.created < workspace.model_summary(model_id).created or result.header["n"] != survey.n:
        return None
    names = workspace.model(model_id).label_names
    table = survey.table.assign(**{name: np.nan for name in names if name not in survey.table})
    return LabelData(
        model_id,
        survey,
        predicted=np.column_stack([result.arrays[name] for name in names]),
        errors=np.column_stack([result.arrays[f"{name}_err"] for name in names]),
        flags=result.arrays.get(FLAGS, np.zeros(len(table), dtype=np.int32)),
        chi2=result.arrays.get(FIT_CHI2, np.full(len(table), np.nan)),
        catalogue=read_labels(table, names, needed=False),
        unseen=unseen_objects(workspace, model_id, survey_id),
        table=table,
    )


def training_labels(workspace: Workspace, data: LabelData) -> tuple[str, np.ndarray]:
    """The survey that a model learnt from, and the labels (n, M) of its objects that have all of them.

    Where that survey is gone, or had its labels from another one, those of the present survey: of its catalogue, and
    where that has none, predicted ones.
    """
    taught_by = workspace.trained_on(data.model_id)
    kept = {summary.id for summary in workspace.surveys() if summary.complete}
    if taught_by != data.survey.name and taught_by in kept:
        table = workspace.survey(taught_by).table
        if set(data.names) <= set(table):
            found = read_labels(table, data.names, needed=False)
            complete = found.known.all(axis=1)
            if complete.any():
                return taught_by, found.values[complete]
    return data.survey.name, np.where(data.catalogue.known, data.catalogue.values, data.predicted)


def spread(rows: np.ndarray, most: int = MOST_POINTS) -> np.ndarray:
    """At most so many of sorted rows, evenly spaced."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(int)]
