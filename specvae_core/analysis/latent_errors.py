"""Errors of latents with their correlations, packed for surveys of millions.

The covariance of an object is kept as the logarithms of its diagonal and the Cholesky factor of its correlation matrix,
in half precision: k (k + 1) bytes an object. Unlike rounded correlations, a rounded factor is always that of a
covariance, also where two latents are nearly degenerate.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from ..data.spectra import SpectraSet
from ..models.abilities import Ability

if TYPE_CHECKING:
    from ..models import LatentModel

JITTER = 1e-6
"""Added to the diagonal of correlation matrices, which rounding may have left without an inverse."""


@dataclass(frozen=True, eq=False)
class LatentErrors:
    """Gaussian errors of k latents of n objects.

    Parameters
    ----------
    log_variance
        (n, k) float32, logarithm of the variance of each latent.
    factor
        (n, k (k + 1) / 2) float16, lower triangles of Cholesky factors of the correlation matrices, row by row;
        ``None`` where correlations are not known: the latents then count as independent.
    """

    log_variance: np.ndarray
    factor: np.ndarray | None = None

    @classmethod
    def from_covariance(cls, covariance: np.ndarray) -> Self:
        """Pack covariances (n, k, k)."""
        covariance = np.asarray(covariance, dtype=float)
        k = covariance.shape[1]
        variance = np.einsum("nkk->nk", covariance)
        sigma = np.sqrt(variance)
        with np.errstate(invalid="ignore"):
            correlation = covariance / (sigma[:, :, None] * sigma[:, None])
        correlation = np.where(np.isfinite(correlation), correlation, 0.0)
        correlation[:, range(k), range(k)] = 1 + JITTER
        lower = np.linalg.cholesky(correlation)[:, *np.tril_indices(k)]
        return cls(np.log(variance).astype(np.float32), lower.astype(np.float16))

    def of(self, row: int) -> "LatentErrors":
        """Errors of one object."""
        one = slice(row, row + 1)
        return LatentErrors(self.log_variance[one], None if self.factor is None else self.factor[one])

    @property
    def correlated(self) -> bool:
        """Whether correlations are known."""
        return self.factor is not None

    @property
    def independent(self) -> bool:
        """Whether no latent of the first object is correlated with another, or that is not known."""
        (root,) = self.roots(slice(0, 1))
        return np.count_nonzero(root) == len(root)

    def roots(self, rows: np.ndarray | slice) -> np.ndarray:
        """Lower triangular matrices R (m, k, k) float32 of some objects, whose covariance is R Rᵀ."""
        sigma = np.exp(0.5 * self.log_variance[rows])
        k = sigma.shape[1]
        if self.factor is None:
            return sigma[:, :, None] * np.eye(k, dtype=np.float32)
        lower = np.zeros((len(sigma), k, k), np.float32)
        lower[:, *np.tril_indices(k)] = self.factor[rows]
        return lower / np.linalg.norm(lower, axis=2, keepdims=True) * sigma[:, :, None]

    def covariance(self, rows: np.ndarray | slice, axes: np.ndarray | None = None) -> np.ndarray:
        """Covariances (m, d, d) float32 of some objects along rows of ``axes`` (d, k); by default, of latents."""
        roots = self.roots(rows)
        roots = roots if axes is None else axes.astype(np.float32) @ roots
        return roots @ roots.mT

    def sigma(self, rows: np.ndarray | slice, axes: np.ndarray | None = None) -> np.ndarray:
        """Standard deviations (m, d) float32 of some objects along the rows of ``axes`` (d, k), as in `covariance`."""
        roots = self.roots(rows)
        return np.linalg.norm(roots if axes is None else axes.astype(np.float32) @ roots, axis=2)


def reconstruction_scatter(
    model: "LatentModel",
    one: SpectraSet,
    latents: np.ndarray,
    errors: LatentErrors,
    random: np.random.Generator,
    n: int = 64,
) -> np.ndarray:
    """Standard deviation (n_pixel,) of reconstructions of one spectrum drawn from q(z|x), on the spectrum's scale.

    Portillo et al. (2020, section 3.1) find it much smaller than the errors of the spectrum.

    Parameters
    ----------
    one
        The spectrum, as a set of one.
    latents, errors
        Its latents (1, k) and their errors.
    random
        Random numbers of the draws.
    n
        Draws.
    """
    draws = latents + random.standard_normal((n, latents.shape[1])) @ errors.roots(slice(0, 1))[0].T
    level = model.amplitude(one, model.decode(latents))[0]
    return level * model.decode(draws).std(axis=0)


def latents_with_errors(model: "LatentModel", spectra: SpectraSet) -> tuple[np.ndarray, LatentErrors | None]:
    """Latents (n, k) of spectra and their errors, with correlations where the model knows them."""
    if Ability.ENCODES_COVARIANCE in model.abilities:
        latents, covariance = model.encode_covariance(spectra)
        return latents, LatentErrors.from_covariance(covariance)
    if Ability.ENCODES_UNCERTAINTY in model.abilities:
        latents, log_variance = model.encode_uncertainty(spectra)
        return latents, LatentErrors(log_variance)
    return model.encode(spectra), None


def ellipse(covariance: np.ndarray, n_sigma: float, n_points: int = 72) -> np.ndarray:
    """Closed contour (n_points, 2) of a Gaussian of covariance (2, 2) about 0, at a Mahalanobis distance."""
    values, vectors = np.linalg.eigh(covariance)
    angle = np.linspace(0, 2 * np.pi, n_points)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return n_sigma * (circle * np.sqrt(values.clip(0))) @ vectors.T
