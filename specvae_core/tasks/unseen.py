"""Objects of a survey in a workspace from which figures about a model may come."""

import numpy as np

from ..data.split import Part, Unseen
from ..errors import UserError
from ..workspace import Workspace
from .select import choose


def unseen_objects(workspace: Workspace, model_id: str, survey_id: str) -> Unseen:
    """Objects that neither taught nor chose a model; see `LatentModel.unseen`.

    For a model of version 0.1, which does not name its training part, the survey that it was fitted to is asked.
    """
    model, ids = workspace.model(model_id), workspace.survey(survey_id).ids
    if Part.TRAINING in model.part_ids:
        return model.unseen(ids)
    try:
        known = workspace.survey(workspace.trained_on(model_id)).ids
    except UserError:  # deleted since
        known = None
    return model.unseen(ids, known)


def within(workspace: Workspace, model_id: str, survey_id: str, where: str, rows: np.ndarray) -> np.ndarray:
    """Those of some rows of a survey (m,), rising, that an expression or a kept selection ``@NAME`` selects.

    Parameters
    ----------
    where
        What `choose` takes; empty for all rows.
    """
    if not where:
        return rows
    return np.intersect1d(rows, choose(workspace, survey_id, where, model_id, files=False).rows)
