"""Tables of what the figures of photometric redshifts draw.

Each function takes a workspace and the ids of a survey and a model first; what follows are the rows of the selected
objects where it is about those, and the arguments of a recipe (`figure_kinds.FIGURES`).
"""

import numpy as np
import pandas as pd

from ..data.split import Unseen
from ..errors import BadConfig, NotFound
from ..results import Result
from ..workspace import Workspace
from .object_columns import object_columns
from .photoz import ESTIMATORS, cells_of, kept_redshifts, redshift_model, scores_of
from .unseen import unseen_objects

LOG_DENSITY = "log p(x)"
"""Name of the colouring by the joint density under the model, nats: low for objects unlike those learnt from."""


def redshift_table(
    workspace: Workspace, survey_id: str, model_id: str, estimator: str, colour: str = ""
) -> pd.DataFrame:
    """Spectroscopic and photometric redshifts, a row for each object.

    Parameters
    ----------
    estimator
        One of `ESTIMATORS`.
    colour
        A column of the survey, or `LOG_DENSITY`; empty where points have one colour.

    Returns
    -------
    table
        ``id, z_spec, z_phot``, ``unseen``: whether the model did not learn from the object, and ``colour`` where there
        is one.
    """
    if estimator not in ESTIMATORS:
        raise BadConfig(f"Redshifts are estimated by {' or '.join(ESTIMATORS)}, not by {estimator}.")
    result, survey = _redshifts(workspace, survey_id, model_id), workspace.survey(survey_id)
    scores, unseen = scores_of(result, estimator), unseen_objects(workspace, model_id, survey_id)
    columns = {"id": survey.ids, "z_spec": scores.z_spec, "z_phot": scores.z_phot, "unseen": unseen.mask}
    if colour == LOG_DENSITY:
        columns["colour"] = result.arrays["log_density"]
    elif colour:
        columns["colour"] = np.asarray(object_columns(workspace, survey_id)[colour])
    return pd.DataFrame(columns)


def pit_table(workspace: Workspace, survey_id: str, model_id: str, rows: np.ndarray | None) -> pd.DataFrame:
    """Probability integral transforms of the objects that the model did not learn from.

    Parameters
    ----------
    rows
        The selected objects; all where there are none.

    Returns
    -------
    table
        ``id`` and a column for each estimator by its name, of the objects with a spectroscopic redshift.
    """
    result, ids = _redshifts(workspace, survey_id, model_id), workspace.survey(survey_id).ids
    counted = counted_rows(unseen_objects(workspace, model_id, survey_id), rows)
    scores = {name: scores_of(result, name).pit[counted] for name in ESTIMATORS}
    return pd.DataFrame({"id": ids[counted]} | scores).dropna().reset_index(drop=True)


def metrics_table(workspace: Workspace, survey_id: str, model_id: str, rows: np.ndarray | None) -> pd.DataFrame:
    """Metrics of redshifts on the objects that the model did not learn from: ``metric``, and a column by estimator.

    Parameters
    ----------
    rows
        The selected objects; all where there are none.
    """
    result = _redshifts(workspace, survey_id, model_id)
    counted = counted_rows(unseen_objects(workspace, model_id, survey_id), rows)
    found = {name: scores_of(result, name).take(counted).metrics() for name in ESTIMATORS}
    return pd.DataFrame(found).rename_axis("metric").reset_index()


def counted_rows(unseen: Unseen, rows: np.ndarray | None) -> np.ndarray:
    """Rows of the objects from which metrics come: those of the selected ones, or of all, that are unseen."""
    if rows is None or not len(rows):
        return unseen.rows
    rows = rows[rows < len(unseen.mask)]
    return rows[unseen.mask[rows]]


def density_table(workspace: Workspace, survey_id: str, model_id: str, object_id: str) -> pd.DataFrame:
    """Density of the redshift of one object: ``redshift`` and a column for each estimator."""
    model, survey = redshift_model(workspace, model_id), workspace.survey(survey_id)
    one = survey.row(int(survey.rows_of([object_id])[0]))
    return pd.DataFrame(
        {"redshift": model.redshift_grid} | {name: model.redshift_pdf(one, name)[0] for name in ESTIMATORS}
    )


def tomography_table(workspace: Workspace, survey_id: str, model_id: str, bins: int) -> pd.DataFrame:
    """n(z) of tomographic bins: ``redshift`` and a column ``bin_1``… for each."""
    cells = cells_of(_redshifts(workspace, survey_id, model_id), ESTIMATORS[0])
    if cells is None:
        raise NotFound("An earlier version computed these redshifts: compute them again.")
    found = cells.bins(cells.edges(bins))
    return pd.DataFrame(
        {"redshift": found[0].grid} | {f"bin_{number}": one.density for number, one in enumerate(found, 1)}
    )


def _redshifts(workspace: Workspace, survey_id: str, model_id: str) -> Result:
    found = kept_redshifts(workspace, model_id, survey_id)
    if found is None:
        raise NotFound(f"{model_id} has not estimated the redshifts of {survey_id}: run `specvae predict`.")
    return found
