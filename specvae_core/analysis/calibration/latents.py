"""Calibration of latents and of their principal components, on spectra made by the decoder."""

from collections.abc import Iterator

import numpy as np

from ...progress import Report
from ..basis import principal_basis
from ..latent_errors import latents_with_errors
from .answers import SIMULATED, Answers
from .case import Case

DRAWS = 200
"""Draws from each posterior in the test of all latents together."""


def latents(case: Case, report: Report) -> Iterator[Answers]:
    """Each latent that the model uses, each principal component, and all latents together."""
    mean, errors = latents_with_errors(case.model, case.simulated)
    truth, everything = case.latents.astype(float), slice(None)
    basis = principal_basis(case.model.encode(case.learning), errors.log_variance)
    quoted = errors.sigma(everything)
    used = [i for i in range(truth.shape[1]) if i not in basis.unused_latents]
    for i in used:
        yield Answers(f"latent {i + 1}", SIMULATED, truth[:, i], mean[:, i], quoted[:, i])
    components, found = basis.components(truth), basis.components(mean)
    sigma = errors.sigma(everything, basis.axes)
    for i in range(truth.shape[1]):
        if i not in basis.unused_components:
            yield Answers(f"component {i + 1}", SIMULATED, components[:, i], found[:, i], sigma[:, i])
    random = case.random(2)
    normal = random.standard_normal((len(mean), DRAWS, mean.shape[1]))
    draws = mean[:, None] + normal @ errors.roots(everything).mT
    together = nearer_than_truth(draws[..., used], truth[:, used], random)
    yield Answers("latents together", SIMULATED, np.zeros(len(truth)), pit=together)


def nearer_than_truth(draws: np.ndarray, truth: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Share (n,) of draws that lie nearer to a random point than the truth does; uniform for calibrated posteriors.

    This is TARP (Lemos et al. 2023, https://arxiv.org/abs/2302.03026, section 2.3): it needs draws alone, and no
    posterior in several dimensions that is wrong passes for all reference points. These lie about the mean of the
    draws, as far away as objects lie from each other: any other centre would find fault with a prior that is wider
    than the objects, which that of a latent is on purpose.

    Parameters
    ----------
    draws
        (n, m, k) from the posterior of each object.
    truth
        (n, k).
    random
        Random numbers of the reference points.
    """
    scale = np.maximum(truth.std(axis=0), 1e-12)
    reference = draws.mean(axis=1) + scale * random.standard_normal(truth.shape)
    distance = np.linalg.norm((draws - reference[:, None]) / scale, axis=2)
    limit = np.linalg.norm((truth - reference) / scale, axis=1)
    return ((distance < limit[:, None]).sum(axis=1) + 0.5) / (draws.shape[1] + 1)
