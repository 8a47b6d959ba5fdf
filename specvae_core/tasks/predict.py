"""Predictions for the objects of a survey: labels, redshifts or abundances."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from ..data.spectra import SpectraSet
from ..errors import BadConfig
from ..grid import check_grid
from ..models import Ability, LatentModel
from ..models.label_prediction import LabelPrediction
from ..progress import Progress, Report
from ..results import Kind, Result
from ..workspace import Workspace

FIT_CHI2, FLAGS = "fit_chi2", "label_flag"
"""Columns beside labels: χ² of the fit of a spectrum, 1 for a typical one, and the sum of its `LabelFlag`."""

WITH = "errors of the catalogue are included, since it states none"
WITHOUT = "errors of the catalogue are not included"


def predict(
    workspace: Workspace, report: Report, folder: Path, *, model: str, survey: str, device: str = "auto"
) -> str:
    """Predict for a whole survey, on the device ``auto``, ``cpu`` or ``cuda``, and keep the result; returns its id.

    Raises
    ------
    BadConfig
        The model predicts nothing beside spectra.
    GridMismatch
        Survey and model lie on different grids.
    """
    found = predictions(workspace, model, survey, report, device)
    columns = [name for name in found if name != "id"]
    arrays = {name: found[name].to_numpy() for name in columns}
    asked = {"model": model, "survey": survey, "columns": columns}
    result_id = workspace.results.reserve(Kind.PREDICTIONS, f"{model}-{survey}", asked)
    workspace.results.save(Kind.PREDICTIONS, result_id, {**asked, "n": len(found)}, arrays)
    return result_id


def kept_predictions(workspace: Workspace, model_id: str, survey_id: str) -> Result | None:
    """The newest result of `predict` for a survey under a model, ``None`` where there is none."""
    for result in workspace.results.list(Kind.PREDICTIONS):
        header = result.header
        if (header["model"], header["survey"]) == (model_id, survey_id) and "columns" in header:
            return result
    return None


def predictions(workspace: Workspace, model_id: str, survey_id: str, report: Report, device: str) -> pd.DataFrame:
    """``id`` and one column or more for each prediction of the model, a row for each object of the survey."""
    model, survey = workspace.model(model_id).on(device), workspace.survey(survey_id)
    check_grid(model.grid, survey.grid)
    parts = []
    for rows, spectra in survey.chunks():
        report(Progress(rows.start / max(survey.n, 1), f"predicting {rows.stop:,} of {survey.n:,} objects"))
        parts.append(pd.DataFrame({"id": spectra.ids, **predicted_columns(model, spectra)}))
    return pd.concat(parts, ignore_index=True)


def predicted_columns(model: LatentModel, spectra: SpectraSet) -> dict[str, np.ndarray]:
    """Columns (n,) by name: labels, inputs, redshifts, and ``endmember_1``… in the model's own order.

    A label or input has its error beside it under ``_err``; some models add more (`label_columns`,
    `Lux.further_columns`).
    """
    columns: dict[str, np.ndarray] = {}
    if Ability.EXPLAINS_LABELS in model.abilities:
        columns |= label_columns(model.label_names, model.label_prediction(spectra)) | model.further_columns(spectra)
    elif Ability.PREDICTS_LABELS in model.abilities:
        values, errors = model.predict_labels(spectra)
        for i, name in enumerate(model.label_names):
            columns |= {name: values[:, i], f"{name}_err": errors[:, i]}
    if Ability.PREDICTS_COLUMNS in model.abilities:
        values, errors = model.predict_columns(spectra)
        for i, name in enumerate(model.column_names):
            columns |= {name: values[:, i], f"{name}_err": errors[:, i]}
    if Ability.PREDICTS_REDSHIFT in model.abilities:
        columns |= model.predict_redshift(spectra)
    if model.abilities & {Ability.HAS_ENDMEMBERS, Ability.PREDICTS_LABELS} == {Ability.HAS_ENDMEMBERS}:
        shares = model.abundances(spectra)
        columns |= {f"endmember_{i + 1}": shares[:, i] for i in range(shares.shape[1])}
    if not columns:
        raise BadConfig(
            f"A model of the kind {model.name} predicts nothing beside spectra: train one that does, as lux for labels "
            "or infovae with --inputs for columns."
        )
    return columns


def label_columns(names: Sequence[str], found: LabelPrediction) -> dict[str, np.ndarray]:
    """Columns (n,) of M labels: ``NAME``, ``NAME_err`` and ``NAME_err95``, correlations, `FIT_CHI2` and `FLAGS`."""
    columns: dict[str, np.ndarray] = {}
    for i, name in enumerate(names):
        columns |= {name: found.values[:, i], f"{name}_err": found.errors[:, i], f"{name}_err95": found.errors_95[:, i]}
    for i, j in combinations(range(len(names)), 2):
        columns[f"{names[i]}_{names[j]}_corr"] = np.full(len(found.values), found.correlation[i, j])
    return columns | {FIT_CHI2: found.chi2, FLAGS: found.flags}


def errors_in_words(model: LatentModel) -> dict[str, str]:
    """What the errors of each label contain, where the model knows it."""
    if Ability.EXPLAINS_LABELS not in model.abilities:
        return {}
    pairs = zip(model.label_names, model.errors_with_catalogue, strict=True)
    return {name: WITH if included else WITHOUT for name, included in pairs}


def prediction_table(workspace: Workspace, result_id: str) -> pd.DataFrame:
    """A kept prediction as a table: ``id`` first, then its columns, then the survey's catalogue under ``catalogue_``.

    Only the catalogue's columns of the same names are added, so that both can be compared.
    """
    result = workspace.results.load(Kind.PREDICTIONS, result_id)
    catalogue = workspace.survey(result.header["survey"]).catalogue
    columns: dict[str, np.ndarray] = {"id": catalogue["id"].to_numpy(str)}
    columns |= {name: result.arrays[name] for name in result.header["columns"]}
    known = [name for name in columns if name != "id" and name in catalogue]
    columns |= {f"catalogue_{name}": catalogue[name].to_numpy() for name in known}
    return pd.DataFrame(columns)
