"""The density of a survey in latent space, and new objects drawn from it."""

from pathlib import Path

import numpy as np

from ..atomic import without_nan
from ..data.split import Part
from ..models.density import LatentDensity
from ..progress import Report, sub_report
from ..results import Kind
from ..workspace import Workspace
from .outlier_table import encoded

DRAWN = 12
"""Objects drawn at once."""


def density(workspace: Workspace, report: Report, folder: Path, *, model: str, survey: str, seed: int = 0) -> str:
    """Fit a normalising flow to the latents of a survey; returns the result's id.

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
    learnt, held_out = network.learnt(ids), network.in_part(Part.VALIDATION, ids)
    if not (learnt & ~held_out).any() or not held_out.any():  # a survey that the model was not trained on
        held_out = np.random.default_rng(seed).random(len(ids)) < 0.2
        learnt = ~held_out
    fitting = sub_report(report, 0.3, 0.7, "density")
    found = LatentDensity.fit(latents[learnt], latents[held_out], seed=seed, report=fitting)
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
