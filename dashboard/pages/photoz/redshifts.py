"""What the Photo-z page looks at: the judged redshifts of one survey under one model."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dashboard.colouring import Colouring, colour_columns, colouring_of, scale_limits
from specvae_core.analysis.photoz import Scores
from specvae_core.tasks.photoz import ESTIMATORS, KIND, photoz_id, redshift_model, scores_of
from specvae_core.workspace import Workspace

DENSITY = "density"
"""Word for the colouring by how many objects lie in one place."""

CELLS = 90
"""Cells along each axis in which objects are counted for that."""


@dataclass(frozen=True, eq=False)
class Found:
    """Read only; `find` makes it.

    Parameters
    ----------
    survey_id, model_id
        What it was made of.
    created
        When the redshifts were computed.
    table
        The survey's catalogue.
    scores
        By estimator.
    """

    survey_id: str
    model_id: str
    created: str
    table: pd.DataFrame
    scores: dict[str, Scores]

    @cached_property
    def ids(self) -> np.ndarray:
        """(n,) object ids."""
        return self.table["id"].to_numpy(dtype=object)

    @cached_property
    def _index(self) -> pd.Index:
        return pd.Index(self.ids)

    def row_of(self, object_id: str) -> int | None:
        """Row of an object, ``None`` where there is none of that id."""
        return int(self._index.get_loc(object_id)) if object_id in self._index else None

    def xy(self, estimator: str) -> tuple[np.ndarray, np.ndarray]:
        """Spectroscopic and photometric redshifts, (n,) float32 each."""
        scores = self.scores[estimator]
        return scores.z_spec.astype(np.float32), scores.z_phot.astype(np.float32)

    @cached_property
    def limits(self) -> tuple[float, float]:
        """Ends of both axes of the z-z plot: all spectroscopic redshifts and nearly all estimates lie between them."""
        scores = self.scores[ESTIMATORS[0]]
        known = np.isfinite(scores.z_spec)
        if not known.any():
            return 0.0, 1.0
        top = max(scores.z_spec[known].max(), np.percentile(scores.z_phot[known], 99.9))
        return -0.02 * top, 1.05 * float(top)

    @cached_property
    def columns(self) -> list[str]:
        """What can colour the points."""
        return [DENSITY, *colour_columns(self.table)]

    def colouring(self, column: str, estimator: str) -> Colouring:
        """The colouring by a column, or by `DENSITY`."""
        if column != DENSITY:
            return colouring_of(self.table, column)
        values = crowding(*self.xy(estimator), self.limits)
        return Colouring(DENSITY, np.zeros(len(values), np.uint8), values=values, limits=scale_limits(values))


def crowding(x: np.ndarray, y: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """(n,) float32, log10 of how many points share the cell of each; NaN where a coordinate is unknown."""
    known = np.isfinite(x) & np.isfinite(y)
    place = np.stack([np.where(known, x, 0), np.where(known, y, 0)]) - limits[0]
    cell = np.clip((place / (limits[1] - limits[0]) * CELLS).astype(int), 0, CELLS - 1)
    flat = cell[0] * CELLS + cell[1]
    counts = np.bincount(flat[known], minlength=CELLS**2)
    return np.where(known, np.log10(np.maximum(counts[flat], 1)), np.nan).astype(np.float32)


def find(workspace: Workspace, survey_id: str, model_id: str) -> Found | None:
    """The redshifts of a survey under a model, ``None`` where they were not computed since the model was trained."""
    result_id = photoz_id(model_id, survey_id)
    if not workspace.results.exists(KIND, result_id):
        return None
    result = workspace.results.load(KIND, result_id)
    table = workspace.survey(survey_id).table
    scores = {name: scores_of(result, name) for name in ESTIMATORS}
    if len(scores[ESTIMATORS[0]].z_phot) != len(table):
        return None
    return Found(survey_id, model_id, result.created, table, scores)


def densities(workspace: Workspace, found: Found, row: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Redshifts (n_z,) and p(z) (n_z,) by estimator of one object; some ten milliseconds."""
    model = redshift_model(workspace, found.model_id)
    one = workspace.survey(found.survey_id).row(row)
    return model.redshift_grid, {name: model.redshift_pdf(one, name)[0] for name in ESTIMATORS}
