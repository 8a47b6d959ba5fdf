"""The density of a survey in latent space, and new objects drawn from it."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..atomic import without_nan
from ..data.split import Part
from ..models.density import LatentDensity
from ..progress import Report, sub_report
from ..results import Kind
from ..workspace import Workspace
from .outlier_table import encoded

if TYPE_CHECKING:
    from ..models import LatentModel

DRAWN = 12
"""Objects drawn at once."""


def density(workspace: Workspace, report: Report, folder: Path, *, model: str, survey: str, seed: int = 0) -> str:
    """Fit a normalising flow to the latents of a survey; returns the result's id.

    The flow is fitted to training objects, stops by validation objects and is measured on test objects. Of a survey
    without a test part half of the validation part serves for that; of one that the model was not fitted to, a
    tenth each.

    Parameters
    ----------
    workspace
        Holds model and survey; gets the result of kind ``densities``: header ``model, survey, n, n_fitted, n_held_out``
        and the mean ``log_density`` of held-out objects, beside that of one Gaussian, ``log_density_gaussian``; arrays
        ``log_density`` and ``percentile`` (n,), and those of the `LatentDensity`.
    seed
        Seed of all random numbers.
    """
    latents = encoded(workspace, model, survey, sub_report(report, 0.0, 0.3, survey)).latents
    network, ids = workspace.model(model), workspace.survey(survey).ids
    learnt, validation, held_out = _parts(network, ids, np.random.default_rng(seed))
    fitting = sub_report(report, 0.3, 0.7, "density")
    parts = (latents[learnt], latents[validation], latents[held_out])
    found = LatentDensity.fit(*parts, seed=seed, report=fitting)
    header = {
        "model": model,
        "survey": survey,
        "n": len(ids),
        "n_fitted": int(learnt.sum()),
        "n_held_out": len(found.held_out),
        "log_density": float(found.held_out.mean()),
        "log_density_gaussian": float(found.gaussian(latents[held_out]).mean()),
    }
    arrays = {"log_density": found.log_density(latents), "percentile": found.percentile(latents)}
    result_id = workspace.results.reserve(Kind.DENSITIES, "density", {"model": model, "survey": survey})
    workspace.results.save(Kind.DENSITIES, result_id, without_nan(header), arrays | found.arrays())
    return result_id


def _parts(
    network: "LatentModel", ids: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Masks (n,) of the objects to fit to, to stop by and to measure on; no object is in two."""
    validation, held_out = network.in_part(Part.VALIDATION, ids), network.in_part(Part.TEST, ids)
    learnt = network.learnt(ids) & ~validation & ~held_out
    if not learnt.any() or not validation.any():
        draw = random.random(len(ids))
        return draw >= 0.2, draw < 0.1, (draw >= 0.1) & (draw < 0.2)
    if not held_out.any():  # a model of version 0.1
        held_out = validation & (random.random(len(ids)) < 0.5)
    return learnt, validation & ~held_out, held_out
