"""Unseen pixels estimated by iterative principal components (Yip et al. 2004a, AJ 128, 585, section 3).

Holes are first filled with the mean spectrum; components are found on the filled spectra; holes are filled again from
each spectrum's projection onto them, found on its seen pixels alone; and so on until the fillings no longer change.

Three things differ from the plain procedure. Each spectrum has a free amplitude, since the flux by which it was divided
depends on what was seen of it; from round to round it is divided by its mean over the whole grid, holes filled, as in
the code published with Portillo et al. (2020). The projection is the posterior mean of the coefficients under the
survey's own spread of coefficients, a ridge that grows as pixels go missing: where a long stretch is missing, the
filling falls back to the mean instead of inventing absorption lines (Portillo et al. 2020, section 3.3, object O10).
And a spectrum far from all others counts for less in the mean and in the components, so that a few cool stars or rows
of noise do not turn the components to themselves.
"""

from dataclasses import dataclass

import numpy as np

from ..progress import Progress, Report, ignore

CHUNK = 512
"""Rows whose normal equations are solved together."""

FARTHEST = 3.0
"""Beyond this many times the median distance from the mean, a spectrum counts as if it lay at that distance."""

OVERSAMPLING = 10
"""Directions followed beyond the components asked for, so that the last ones converge as well."""

FIRST_POWER_STEPS = 6

AMPLITUDE_VARIANCE = 1.0
"""Prior variance of an amplitude about 1: broad, so that it matters only where hardly a pixel is seen."""

MEANS = (0.1, 10.0)
"""Limits of the mean over the whole grid, in units of that over seen pixels: a filling beyond them is wrong."""

TINY = 1e-30


@dataclass(frozen=True, eq=False)
class InfillBasis:
    """What fills holes: a mean spectrum and components of unit length.

    Parameters
    ----------
    mean
        (n_pixel,) float32.
    components
        (k, n_pixel) float32, orthonormal; k may be 0.
    variance
        (k,) variance of the coefficients over the survey.
    scatter
        Variance per pixel that the components leave, noise included.
    amplitude_variance
        Prior variance of each spectrum's amplitude about 1; 0 where the scale of spectra is known.
    """

    mean: np.ndarray
    components: np.ndarray
    variance: np.ndarray
    scatter: float
    amplitude_variance: float = 0.0

    def apply(self, flux: np.ndarray, ivar: np.ndarray) -> np.ndarray:
        """Spectra with their holes filled, (n, n_pixel) float32; seen pixels are returned as they came.

        Parameters
        ----------
        flux
            (n, n_pixel) normalised to a mean near 1, over seen pixels or over all: amplitudes are fitted.
        ivar
            (n, n_pixel), 0 where unseen.
        """
        filled = np.array(flux, dtype=np.float32)
        for start in range(0, len(filled), CHUNK):
            rows = slice(start, start + CHUNK)
            holes = ~(ivar[rows] > 0)
            if holes.any():
                np.copyto(filled[rows], self._expected(flux[rows], ivar[rows]), where=holes)
        return filled

    def _expected(self, flux: np.ndarray, ivar: np.ndarray) -> np.ndarray:
        """Amplitude times mean, plus projection, (n, n_pixel), of a few spectra.

        With the mean and the components as rows of V (1 + k, p), weights w = 1 / (1/ivar + scatter) on seen pixels,
        else 0, and variances l, that of the amplitude about 1 first, the coefficients solve
        (V diag(w) V^T + diag(1/l)) a = V diag(w) flux + (1/l_0, 0, ...).
        """
        span = np.concatenate([self.mean[None], self.components])
        precision = 1 / np.concatenate([[max(self.amplitude_variance, 1e-12)], self.variance])
        seen = ivar > 0
        weight = np.where(seen, ivar / (1 + ivar * np.float32(self.scatter)), np.float32(0))
        upper = np.triu_indices(len(span))
        products = span[upper[0]] * span[upper[1]]
        normal = np.zeros((len(flux), len(span), len(span)))
        normal[:, upper[0], upper[1]] = normal[:, upper[1], upper[0]] = weight @ products.T
        normal[:, range(len(span)), range(len(span))] += precision
        right = ((weight * np.where(seen, flux, np.float32(0))) @ span.T).astype(float)
        right[:, 0] += precision[0]
        coefficients = np.linalg.solve(normal, right[:, :, None])[:, :, 0]
        return coefficients.astype(np.float32) @ span


@dataclass(frozen=True, eq=False)
class InfillResult:
    """How the infill of a survey went.

    Parameters
    ----------
    basis
        Fills these and other spectra on the same grid.
    infilled
        (n, n_pixel) float32, the spectra it was fitted on, holes filled.
    n_iterations
        Number of times that holes were filled again; 0 where there were none.
    converged
        Whether the last change was below the tolerance.
    changes
        Root mean square change of the filled pixels in each iteration, in units of the mean flux.
    """

    basis: InfillBasis
    infilled: np.ndarray
    n_iterations: int
    converged: bool
    changes: tuple[float, ...]

    def to_json(self) -> dict[str, object]:
        """The figures, without the arrays."""
        return {
            "n_components": len(self.basis.components),
            "n_iterations": self.n_iterations,
            "converged": self.converged,
            "changes": list(self.changes),
        }


def whole_mean(filled: np.ndarray) -> np.ndarray:
    """Mean over the whole grid (n,) float32 of spectra (n, n_pixel) whose holes are filled, within `MEANS`."""
    return filled.mean(axis=1, dtype=float).clip(*MEANS).astype(np.float32)


def fit_infill(
    flux: np.ndarray,
    ivar: np.ndarray,
    n_components: int = 10,
    *,
    normalise: bool = True,
    max_iterations: int = 60,
    tolerance: float = 2e-3,
    report: Report = ignore,
) -> InfillResult:
    """Find components on spectra with holes, and fill the holes.

    All arrays stay in memory, and one copy of ``flux`` is made. For a survey too large for that, pass a random sample
    of some 20,000 rows and fill the whole survey chunk by chunk with ``result.basis.apply``.

    Pixels that no spectrum shows are filled by linear interpolation of the mean spectrum between its nearest seen
    pixels. With fewer spectra than components, as many components are used as the spectra support, down to the mean
    alone; ``result.basis`` and the report say how many. Rows without any seen pixel come out as the mean spectrum and
    take no part in the fit.

    Parameters
    ----------
    flux
        (n, n_pixel) normalised to a mean near 1, finite; whatever in unseen ones.
    ivar
        (n, n_pixel), 0 where unseen.
    n_components
        Components to use.
    normalise
        Whether spectra are divided by their mean over the whole grid before components are sought; false where their
        scale is to be kept.
    max_iterations
        Stop after this many, converged or not.
    tolerance
        Root mean square change of filled pixels at which it has converged, in units of the mean flux.
    report
        Progress callback, called once an iteration with the value ``infill/change``.
    """
    fit = _Fit(flux, ivar, n_components, normalise)
    basis = fit.basis()
    changes: list[float] = []
    converged = not fit.has_holes or len(basis.components) == 0
    while not converged and len(changes) < max_iterations:
        changes.append(fit.refill(basis))
        converged = changes[-1] < tolerance
        message = f"iteration {len(changes)}, {len(basis.components)} components, holes changed by {changes[-1]:.2e}"
        report(Progress(None, message, step=len(changes), values={"infill/change": changes[-1]}))
        if not converged:
            basis = fit.basis()
    return InfillResult(basis, basis.apply(flux, ivar), len(changes), converged, tuple(changes))


class _Fit:
    """The state between two iterations: filled spectra, and the directions that the next components start from.

    ``filled`` is in units of ``mean`` (n,), the mean of each spectrum over the whole grid.
    """

    def __init__(self, flux: np.ndarray, ivar: np.ndarray, n_components: int, normalise: bool) -> None:
        self.flux, self.ivar, self.normalise = flux, ivar, normalise
        self.amplitude_variance = AMPLITUDE_VARIANCE if normalise else 0.0
        self.seen = ivar > 0
        self.used = self.seen.any(axis=1).astype(np.float32)
        self.has_holes = not bool(self.seen.all())
        self.n_components = max(0, min(n_components, int(self.used.sum()) - 1, flux.shape[1] - 1))
        mean = _mean_seen(flux, self.seen, self.used)
        self.weight = _row_weights(np.where(self.seen, flux - mean, np.float32(0))) * self.used
        mean = _mean_seen(flux, self.seen, self.weight)
        self.mean = np.ones(len(flux), np.float32)
        self.filled = np.where(self.seen, flux, mean).astype(np.float32)
        if normalise:
            self.refill(
                InfillBasis(mean, mean[:0, None].repeat(len(mean), axis=1), np.zeros(0), 0.1, AMPLITUDE_VARIANCE)
            )
        # Spectra lie in the space that is sought, so an even draw of them is where the search for directions starts.
        rows = np.flatnonzero(self.used)
        draw = np.linspace(0, len(rows) - 1, min(self.n_components + OVERSAMPLING, len(rows))).astype(int)
        self.span = (self.filled - mean)[rows[draw]]
        self._power_steps = FIRST_POWER_STEPS

    def basis(self) -> InfillBasis:
        """Mean and components of the filled spectra, by power iteration from the directions of last time."""
        mean = _weighted_mean(self.filled, self.weight)
        self.weight = _row_weights(self.filled - mean) * self.used
        mean = _weighted_mean(self.filled, self.weight)
        residual = (self.filled - mean) * np.sqrt(self.weight)[:, None]
        for _ in range(self._power_steps):
            self.span = (residual @ _orthonormal(self.span)).T @ residual
        self._power_steps = 1
        directions = _orthonormal(self.span)
        _, singular, right = np.linalg.svd((residual @ directions).astype(float), full_matrices=False)
        self.span = (right @ directions.T).astype(np.float32)
        variance = singular[: self.n_components] ** 2 / max(float(self.weight.sum()), TINY)
        kept = variance > 1e-10 * variance.max(initial=TINY)
        components = self.span[: self.n_components][kept]
        residual -= (residual @ components.T) @ components
        residual[~self.seen] = 0.0
        scatter = np.einsum("np,np->", residual, residual) / max(float(self.weight @ self.seen.sum(axis=1)), TINY)
        return InfillBasis(mean, components, variance[kept], float(scatter), self.amplitude_variance)

    def refill(self, basis: InfillBasis) -> float:
        """Fill the holes again; returns the root mean square change of filled pixels, far spectra counted for less."""
        squares = total = 0.0
        for start in range(0, len(self.filled), CHUNK):
            rows = slice(start, start + CHUNK)
            last = self.mean[rows, None].copy()
            new = basis.apply(self.flux[rows] / last, self.ivar[rows] * last**2)
            if self.normalise:
                self.mean[rows] = whole_mean(new * last)
                new *= last / self.mean[rows, None]
            change = np.where(self.seen[rows], np.float32(0), new - self.filled[rows])
            squares += float(self.weight[rows] @ np.einsum("np,np->n", change, change))
            total += float(self.weight[rows] @ (~self.seen[rows]).sum(axis=1))
            self.filled[rows] = new
        return float(np.sqrt(squares / max(total, TINY)))


def _mean_seen(flux: np.ndarray, seen: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Mean over the rows that see a pixel, (n_pixel,) float32, interpolated where none does."""
    total = weight @ seen.astype(np.float32)
    mean = np.divide(weight @ np.where(seen, flux, np.float32(0)), total, out=np.ones_like(total), where=total > 0)
    known = np.flatnonzero(total > 0)
    if len(known):
        mean = np.interp(np.arange(len(mean)), known, mean[known])
    return mean.astype(np.float32)


def _weighted_mean(filled: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return (weight @ filled / max(float(weight.sum()), TINY)).astype(np.float32)


def _row_weights(residual: np.ndarray) -> np.ndarray:
    """Weights (n,) float32 of spectra by the length of their residual from the mean, 1 for all but far ones.

    The weight multiplies a squared residual, so it falls with the square of the distance.
    """
    distance = np.sqrt(np.einsum("np,np->n", residual, residual))
    present = distance[distance > 0]
    limit = FARTHEST * float(np.median(present)) if len(present) else 1.0
    return (np.minimum(1.0, limit / np.maximum(distance, TINY)) ** 2).astype(np.float32)


def _orthonormal(span: np.ndarray) -> np.ndarray:
    """The directions (size, n_pixel) made orthonormal, as columns (n_pixel, size) float32."""
    return np.linalg.qr(span.T.astype(float))[0].astype(np.float32)
