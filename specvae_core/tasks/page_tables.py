"""Tables of what the figures of labels, endmembers, comparisons and solutions draw; redshifts have `redshift_tables`.

Each function takes a workspace and the ids of a survey and a model first; what follows are the arguments of a recipe
(`figure_kinds.FIGURES`), JSON as they stand there.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from ..analysis.compare import reconstruct_one
from ..analysis.label_quality import label_quality
from ..data.label_columns import read_labels
from ..data.survey import Survey
from ..errors import BadConfig, NotFound
from ..models import Ability, require_ability
from ..progress import ignore
from ..results import Kind, Result
from ..workspace import Workspace
from .agree import by_selection
from .invert import invert
from .predict import FLAGS, kept_predictions
from .unseen import unseen_objects

PREDICTED, CATALOGUE = "predicted", "catalogue"
"""Where the numbers of a diagram of labels come from."""


def label_table(workspace: Workspace, survey_id: str, model_id: str, label: str, unseen: bool) -> pd.DataFrame:
    """A label predicted from spectra beside that of the catalogue, a row for each object that has both.

    Parameters
    ----------
    label
        The label.
    unseen
        Whether only objects count that the model did not learn from.

    Returns
    -------
    table
        ``id, catalogue, predicted, error`` in the unit of the catalogue, ``sn``, ``flag`` and ``unseen``: whether the
        model did not learn from the object.

    Raises
    ------
    NotFound
        The labels of the survey are not predicted, or there is no such label.
    """
    found, survey = _predictions(workspace, survey_id, model_id), workspace.survey(survey_id)
    if label not in found:
        raise NotFound(f"{model_id} predicts no label {label}.")
    nothing = np.full(survey.n, np.nan)
    table = pd.DataFrame(
        {
            "id": survey.ids,
            "catalogue": _of_catalogue(survey, label),
            "predicted": found[label],
            "error": found.get(f"{label}_err", nothing),
            "sn": _of_catalogue(survey, "sn"),
            "flag": found.get(FLAGS, np.zeros(survey.n, dtype=np.int32)),
            "unseen": unseen_objects(workspace, model_id, survey_id).mask,
        }
    ).dropna(subset=["catalogue", "predicted"])
    return (table[table["unseen"]] if unseen else table).reset_index(drop=True)


def label_error_table(workspace: Workspace, survey_id: str, model_id: str) -> pd.DataFrame:
    """Errors of each label on the objects that the model did not learn from: ``label`` and `LabelQuality`."""
    found, survey = _predictions(workspace, survey_id, model_id), workspace.survey(survey_id)
    names = workspace.model(model_id).label_names
    lacking = {name: np.nan for name in names if name not in survey.table}
    catalogue = read_labels(survey.table.assign(**lacking), names, needed=False)
    nothing, unseen = np.full(survey.n, np.nan), unseen_objects(workspace, model_id, survey_id).mask
    predicted = np.column_stack([found[name] for name in names])
    errors = np.column_stack([found.get(f"{name}_err", nothing) for name in names])
    qualities = label_quality(predicted, catalogue, unseen, errors)
    return pd.DataFrame([{"label": name} | asdict(quality) for name, quality in qualities.items()])


def diagram_table(
    workspace: Workspace, survey_id: str, model_id: str, x: str, y: str, colour: str, source: str
) -> pd.DataFrame:
    """Two labels and a third number of each object: ``id, x, y, colour``.

    Parameters
    ----------
    x, y, colour
        Labels of the model, columns of its predictions (``fit_chi2``) or of the catalogue.
    source
        `PREDICTED` or `CATALOGUE`: which of the two is meant by a label.
    """
    found, survey = _predictions(workspace, survey_id, model_id), workspace.survey(survey_id)
    labels = workspace.model(model_id).label_names if source == CATALOGUE else ()
    columns = {"id": survey.ids}
    for axis, name in (("x", x), ("y", y), ("colour", colour)):
        columns[axis] = found[name] if name in found and name not in labels else _of_catalogue(survey, name)
    return pd.DataFrame(columns)


def emulator_table(
    workspace: Workspace, survey_id: str, model_id: str, labels: Sequence[float], label: str
) -> pd.DataFrame:
    """The spectrum that a model predicts from labels, and the derivative spectrum of one label.

    Parameters
    ----------
    labels
        A number for each label of the model, in catalogue units and in its order.
    label
        The label of the derivative.

    Returns
    -------
    table
        ``wavelength, flux, sigma`` and ``derivative``, NaN where no training spectrum has the pixel.
    """
    model = workspace.model(model_id)
    require_ability(model, Ability.SPECTRA_FROM_LABELS)
    flux, sigma = model.spectra_from_labels(np.array([labels], dtype=float))
    slopes = model.label_derivatives()
    seen = (np.abs(slopes) > 1e-9 * np.abs(slopes).max(axis=1, keepdims=True)).any(axis=0)
    slope = slopes[list(model.label_names).index(label)]
    columns = {"flux": flux[0], "sigma": sigma[0], "derivative": slope}
    shown = {name: np.where(seen, values, np.nan) for name, values in columns.items()}
    return pd.DataFrame({"wavelength": model.grid.wavelength, **shown})


def endmember_table(
    workspace: Workspace, survey_id: str, model_id: str, fractions: Sequence[float], object_id: str
) -> pd.DataFrame:
    """Spectra of endmembers, of a mixture and of an object.

    Parameters
    ----------
    fractions
        Share of each endmember in the mixture.
    object_id
        The object; empty for none.

    Returns
    -------
    table
        ``wavelength``, a column for each endmember by its name, ``mixture`` and, of an object, ``observed``.
    """
    model, survey = workspace.model(model_id), workspace.survey(survey_id)
    require_ability(model, Ability.HAS_ENDMEMBERS)
    columns = {"wavelength": model.grid.wavelength}
    columns |= dict(zip(model.endmember_names, model.endmembers, strict=True))
    columns["mixture"] = model.mixture(np.array([fractions], dtype=np.float32))[0]
    if object_id:
        one = survey.row(int(survey.rows_of([object_id])[0]))
        columns["observed"] = np.where(one.seen[0], one.flux[0], np.nan)
    return pd.DataFrame(columns)


def abundance_table(workspace: Workspace, survey_id: str, model_id: str) -> pd.DataFrame:
    """Share of each endmember in each object, ``nuisance`` beside them where the model has one; ``id`` first."""
    model, encoding = workspace.model(model_id), workspace.encoding(model_id, survey_id)
    require_ability(model, Ability.HAS_ENDMEMBERS)
    if encoding is None:
        raise NotFound(f"{model_id} has not measured the abundances of {survey_id}: run `specvae encode`.")
    names = model.endmember_names
    shares = np.clip(encoding.latents[:, : len(names)], 0, None)
    shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-30)
    columns = {"id": workspace.survey(survey_id).ids, **dict(zip(names, shares.T, strict=True))}
    rest = encoding.latents[:, len(names) :]
    return pd.DataFrame(columns | ({"nuisance": rest[:, 0]} if rest.shape[1] else {}))


def models_table(
    workspace: Workspace, survey_id: str, model_id: str, object_id: str, models: Sequence[str]
) -> pd.DataFrame:
    """One object under several models: ``wavelength, flux, error`` and a reconstruction by each model, by its id."""
    survey = workspace.survey(survey_id)
    one = survey.row(int(survey.rows_of([object_id])[0]))
    seen = one.seen[0]
    columns = {
        "wavelength": survey.grid.wavelength,
        "flux": np.where(seen, one.flux[0], np.nan),
        "error": np.where(seen, 1 / np.sqrt(np.where(seen, one.ivar[0], 1)), np.nan),
    }
    return pd.DataFrame(columns | {name: reconstruct_one(workspace.model(name), one).flux for name in models})


def neighbours_table(workspace: Workspace, survey_id: str, model_id: str, models: Sequence[str]) -> pd.DataFrame:
    """Neighbours that a model has in common with each other one, of all objects and of each kept selection.

    Parameters
    ----------
    models
        The other models.

    Returns
    -------
    table
        ``model, agreement`` (mean share of the nearest objects), ``expected`` (by chance), ``selection`` (empty for all
        objects) and ``n``, the objects that were compared.

    Raises
    ------
    NotFound
        The models have not been compared.
    """
    asked = {"model": model_id, "survey": survey_id, "others": list(models)}
    found = workspace.results.find(Kind.AGREEMENTS, **asked)
    if found is None:
        raise NotFound(f"Neighbours of {model_id} and {', '.join(models)} are not compared: run `specvae agree`.")
    header = found.header
    groups = [{"name": "", "n": header["n"], "agreement": header["agreement"]}, *by_selection(workspace, found)]
    rows = [
        (other, group["agreement"][other], header["expected"], group["name"], group["n"])
        for group in groups
        for other in header["others"]
    ]
    return pd.DataFrame(rows, columns=["model", "agreement", "expected", "selection", "n"])


def rows_table(
    workspace: Workspace, survey_id: str, model_id: str | None, of: str, result: str, shown: Sequence[str]
) -> pd.DataFrame:
    """Rows of a kept comparison of models, of neighbours or on inverse problems, of a search or a calibration.

    Parameters
    ----------
    of, result
        Kind of the result as in `Kind`, and its id.
    shown
        Entries of the rows; those of nested ones by their names with dots, ``by.own.mse``.
    """
    header = workspace.results.load(Kind(of), result).header
    if header["survey"] != survey_id:
        raise BadConfig(f"{result} is about the survey {header['survey']}, not {survey_id}.")
    table = pd.json_normalize(header.get("rows") or header.get("trials") or header.get("columns") or [])
    return table.reindex(columns=list(shown))


def solution_table(
    workspace: Workspace,
    survey_id: str,
    model_id: str,
    object_id: str,
    problem: str,
    method: str,
    starts: int,
    seed: int,
    weight: float,
) -> pd.DataFrame:
    """An inverse problem, solved once more, see `invert`; columns as `curves_of_solution` gives them."""
    question = {"problem": problem, "method": method, "starts": starts, "seed": seed, "weight": weight}
    made = invert(workspace, ignore, Path(), model=model_id, survey=survey_id, ids=[object_id], **question)
    try:
        return curves_of_solution(workspace, workspace.results.load(Kind.RECONSTRUCTIONS, made))
    finally:
        workspace.results.delete(Kind.RECONSTRUCTIONS, made)


def curves_of_solution(workspace: Workspace, result: Result) -> pd.DataFrame:
    """What the figure of a kept solution draws.

    Returns
    -------
    table
        ``wavelength, flux`` (NaN where unseen), ``hidden`` (whether the solver did not see the pixel), ``solution`` and
        the ends of its bands, ``low68, high68, low95, high95``.
    """
    first = {name: values[0] for name, values in result.arrays.items() if name in _CURVES}
    return pd.DataFrame(
        {
            "wavelength": workspace.model(result.header["model"]).grid.wavelength,
            "flux": np.where(first["flux_ivar"] > 0, first["flux"], np.nan),
            "hidden": first["hidden"],
            "solution": first["spectrum"],
            **{
                f"{end}{share}": first[f"band{share}"][i] for share in (68, 95) for i, end in enumerate(("low", "high"))
            },
        }
    )


_CURVES = ("flux", "flux_ivar", "hidden", "spectrum", "band68", "band95")


def _predictions(workspace: Workspace, survey_id: str, model_id: str) -> dict[str, np.ndarray]:
    found = kept_predictions(workspace, model_id, survey_id)
    if found is None:
        raise NotFound(f"{model_id} has not predicted the labels of {survey_id}: run `specvae predict`.")
    return dict(found.arrays)


def _of_catalogue(survey: Survey, name: str) -> np.ndarray:
    """(n,) float64 of a column; NaN where there is none."""
    table = survey.catalogue
    if name not in table:
        return np.full(survey.n, np.nan)
    return pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float)
