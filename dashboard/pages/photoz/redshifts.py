"""Photometric redshifts of one survey by one model, with their scores."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dashboard.colouring import Colouring, colour_columns, colouring_of, scale_limits
from specvae_core.analysis.photoz import Scores
from specvae_core.analysis.tomography import Cells
from specvae_core.data.split import Unseen
from specvae_core.data.survey import Survey
from specvae_core.tasks.photoz import ESTIMATORS, cells_of, kept_redshifts, redshift_model, scores_of
from specvae_core.tasks.redshift_tables import LOG_DENSITY
from specvae_core.tasks.unseen import unseen_objects
from specvae_core.workspace import Workspace

DENSITY = "density"
"""Name of the colouring by the number of objects at one place."""

CELLS = 90
"""Cells along each axis of that colouring."""


@dataclass(frozen=True, eq=False)
class Redshifts:
    """Read only; made by `load_redshifts`.

    Parameters
    ----------
    survey, model_id
        Survey, and id of the model.
    created
        When the redshifts were computed.
    scores
        By estimator.
    unseen
        Objects from which metrics may come.
    cells
        By estimator, sums of the densities; ``None`` where an earlier version computed the redshifts.
    log_density
        (n,) log p(x) of each object under the model, nats.
    """

    survey: Survey
    model_id: str
    created: str
    scores: dict[str, Scores]
    unseen: Unseen
    cells: dict[str, Cells | None]
    log_density: np.ndarray

    @property
    def key(self) -> tuple[str, str, str]:
        """Survey, model and time: other redshifts have another key."""
        return self.survey.name, self.model_id, self.created

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
        """Columns that can colour the points."""
        return [DENSITY, LOG_DENSITY, *colour_columns(self.survey.table)]

    def colouring(self, column: str, estimator: str) -> Colouring:
        """The colouring by a column, or by `DENSITY` or `LOG_DENSITY`."""
        if column not in (DENSITY, LOG_DENSITY):
            return colouring_of(self.survey.table, column)
        crowded = column == DENSITY
        values = crowding(*self.xy(estimator), self.limits) if crowded else self.log_density.astype(np.float32)
        return Colouring(column, np.zeros(len(values), np.uint8), values=values, limits=scale_limits(values))


def crowding(x: np.ndarray, y: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """(n,) float32, log10 of how many points share the cell of each; NaN where a coordinate is unknown."""
    known = np.isfinite(x) & np.isfinite(y)
    place = np.stack([np.where(known, x, 0), np.where(known, y, 0)]) - limits[0]
    cell = np.clip((place / (limits[1] - limits[0]) * CELLS).astype(int), 0, CELLS - 1)
    flat = cell[0] * CELLS + cell[1]
    counts = np.bincount(flat[known], minlength=CELLS**2)
    return np.where(known, np.log10(np.maximum(counts[flat], 1)), np.nan).astype(np.float32)


def load_redshifts(workspace: Workspace, survey_id: str, model_id: str) -> Redshifts | None:
    """The redshifts of a survey under a model, ``None`` where they were not computed since the model was trained."""
    result, survey = kept_redshifts(workspace, model_id, survey_id), workspace.survey(survey_id)
    if result is None:
        return None
    scores = {name: scores_of(result, name) for name in ESTIMATORS}
    if len(scores[ESTIMATORS[0]].z_phot) != survey.n:
        return None
    unseen = unseen_objects(workspace, model_id, survey_id)
    cells = {name: cells_of(result, name) for name in ESTIMATORS}
    return Redshifts(survey, model_id, result.created, scores, unseen, cells, result.arrays["log_density"])


def densities(workspace: Workspace, redshifts: Redshifts, row: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Redshifts (n_z,) and p(z) (n_z,) by estimator of one object; some ten milliseconds."""
    model = redshift_model(workspace, redshifts.model_id)
    one = redshifts.survey.row(row)
    return model.redshift_grid, {name: model.redshift_pdf(one, name)[0] for name in ESTIMATORS}
