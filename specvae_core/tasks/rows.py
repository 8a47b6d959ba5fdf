"""Objects of a survey by id."""

from collections.abc import Sequence

import numpy as np

from ..data.store import Survey
from ..errors import NotFound


def rows_of(survey: Survey, ids: Sequence[str]) -> np.ndarray:
    """Rows of objects, in the order of ``ids``.

    Raises
    ------
    NotFound
        One of them is not in the survey.
    """
    known = {id_: row for row, id_ in enumerate(survey.table["id"].to_numpy(str))}
    missing = [id_ for id_ in ids if id_ not in known]
    if missing:
        raise NotFound(f"Survey {survey.name} has no object {missing[0]}: `specvae encode` lists the ids of all.")
    return np.array([known[id_] for id_ in ids], dtype=int)
