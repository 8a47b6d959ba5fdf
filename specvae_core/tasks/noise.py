"""Noise test of a model: reported posterior widths against the scatter of latents under added noise."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..analysis.noise import brightest, noise_test
from ..models import Ability, LatentModel, require_ability
from ..progress import Report
from ..results import Kind
from ..workspace import Workspace

SNR = (5.0, 8.0, 15.0, 25.0, 50.0, 80.0)
N_BRIGHTEST = 8
N_REALISATIONS = 200


def noise(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    model: str,
    survey: str,
    ids: Sequence[str] = (),
    posterior: str = "",
    snr: Sequence[float] = SNR,
    realisations: int = N_REALISATIONS,
    seed: int = 0,
) -> str:
    """Run the noise test on some spectra of a survey; returns the result's id.

    Parameters
    ----------
    ids
        Objects; by default the spectra of highest S/N.
    posterior
        ``encoder`` or ``likelihood``: test the model under that setting; by default its own.
    snr
        Median S/N per pixel to which noise is added.
    realisations
        Number of draws of the noise for each object and S/N.
    seed
        Seed of the noise.
    """
    network, data = _network(workspace, model, posterior), workspace.survey(survey)
    rows = data.rows_of(ids) if ids else brightest(data.table, N_BRIGHTEST)
    spectra = data.read(rows)
    result = noise_test(network, spectra, snr, realisations, np.random.default_rng(seed), report)
    header = {
        "model": model,
        "survey": survey,
        "posterior": getattr(network.config, "posterior", ""),
        "ids": list(spectra.ids),
        "realisations": realisations,
        "seed": seed,
        "rows": result.rows(),
    }
    arrays = {name: getattr(result, name) for name in ("snr", "reported", "scattered", "moved", "used")}
    result_id = workspace.results.reserve(Kind.NOISE, f"{model}-{survey}")
    workspace.results.save(Kind.NOISE, result_id, header, arrays)
    return result_id


def _network(workspace: Workspace, model: str, posterior: str) -> LatentModel:
    network = workspace.model(model)
    if not posterior:
        return network
    require_ability(network, Ability.CHOOSES_POSTERIOR)
    return network.with_posterior(posterior)
