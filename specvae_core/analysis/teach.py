"""Interest that is learnt from a few scored objects.

A Gaussian process (Rasmussen & Williams 2006, chapter 2) over latents, reconstruction error, isolation, S/N and the
number of seen pixels predicts the score of every object with its uncertainty. Its length scale, and the weights of all
that is not a latent, are those of the largest marginal likelihood.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..errors import BadConfig

LARGEST = 5.0
"""The highest score; 0 is no interest."""

MOST_LABELS = 2000
"""Scored objects that are learnt from, the newest: the work grows with the cube of their number."""

TUNED_ON = 300
"""Scored objects, the newest, on which length scales are chosen."""

AT_ONCE = 100_000
"""Objects predicted at a time: bounds the memory."""

SCALED_BY = 100_000
"""Objects, evenly taken, whose medians and percentiles set the scales of features in a larger survey."""

_PRIOR, _PRIOR_WEIGHT = 0.05, 4.0
"""Expected interest of an object before any label, as a share of `LARGEST`, and how many labels that is worth."""

_SCALES = (0.35, 0.6, 1.0, 1.8)
_WEIGHT = 0.3
_NOISE = 0.1
_SPREAD = 0.35
"""Standard deviations of the process and of a score, as shares of `LARGEST`."""


EXTRAS = ("chi2", "lof", "sn", "seen")
"""What interest is learnt from beside latents: χ² per pixel, local outlier factor, S/N, number of seen pixels."""


def features_of(latents: np.ndarray, extras: Mapping[str, np.ndarray]) -> np.ndarray:
    """What interest is learnt from, (n, d + 4) float32: latents, then the `EXTRAS` on common scales.

    Latents are divided by their common spread, so that distances keep their meaning, and far ones are pulled in by an
    arcsinh: what lies outside all populations is alike in that. The extras enter by their logarithms.

    Parameters
    ----------
    latents
        (n, d); what is not finite becomes 0.
    extras
        (n,) by the names of `EXTRAS`, NaN where unknown; missing ones count as unknown.
    """
    n, d = latents.shape
    some = latents[:: -(-n // SCALED_BY) or 1]
    centre = np.nanmedian(some, axis=0)
    spread = np.sqrt(np.mean(np.percentile(np.abs(_offset(some, centre)), 68, axis=0) ** 2)) or 1.0
    features, unknown = np.empty((n, d + len(EXTRAS)), np.float32), np.full(n, np.nan)
    for first in range(0, n, AT_ONCE):
        rows = slice(first, first + AT_ONCE)
        features[rows, :d] = np.arcsinh(_offset(latents[rows], centre) / spread)
    for column, name in enumerate(EXTRAS, d):
        features[:, column] = _standard(np.log(np.maximum(extras.get(name, unknown), 1e-6)))
    return features


def _offset(latents: np.ndarray, centre: np.ndarray) -> np.ndarray:
    return np.nan_to_num(latents - centre, posinf=0.0, neginf=0.0)


def _standard(values: np.ndarray) -> np.ndarray:
    """Values in robust standard deviations from their median, at most 5 of them; 0 where unknown."""
    known = values[:: -(-len(values) // SCALED_BY) or 1]
    known = known[np.isfinite(known)]
    if not len(known):
        return np.zeros(len(values))
    low, middle, high = np.percentile(known, [16, 50, 84])
    return np.clip(np.nan_to_num((values - middle) / ((high - low) / 2 or 1.0)), -5, 5)


@dataclass(frozen=True, eq=False)
class Teacher:
    """A Gaussian process fitted to the scores of some objects.

    Parameters
    ----------
    features
        (m, d + 4) of the scored objects; see `features_of`.
    scores
        (m,) 0 to `LARGEST`.
    scale
        Length scale in units of the spread of the latents.
    weights
        Weights of the `EXTRAS` in the distance.
    """

    features: np.ndarray
    scores: np.ndarray
    scale: float = 1.0
    weights: tuple[float, ...] = (_WEIGHT,) * len(EXTRAS)

    @classmethod
    def fit(cls, features: np.ndarray, scores: np.ndarray) -> "Teacher":
        """Learn from scored objects; the length scales are those under which the scores are the likeliest.

        Raises
        ------
        BadConfig
            There is no score, or one is outside 0 to 5.
        """
        scores = np.asarray(scores, dtype=float)
        if not len(scores):
            raise BadConfig("There are no scores to learn from: score some objects from 0 to 5 first.")
        wrong = scores[~((scores >= 0) & (scores <= LARGEST))]
        if len(wrong):
            raise BadConfig(f"A score is {wrong[0]:g}: scores are from 0 (no interest) to {LARGEST:g}.")
        features, scores = features[-MOST_LABELS:], scores[-MOST_LABELS:]
        teacher = cls(features, scores)
        return teacher._tuned() if np.ptp(scores) > 0 else teacher

    def _tuned(self) -> "Teacher":
        """The length scale, and the extras, one after the other, under which the scores are the likeliest."""
        few = replace(self, features=self.features[-TUNED_ON:], scores=self.scores[-TUNED_ON:])
        best = max((replace(few, scale=scale) for scale in _SCALES), key=lambda one: one.likelihood)
        for _ in range(2):
            for i in range(len(EXTRAS)):
                tried = [
                    replace(best, weights=(*best.weights[:i], w, *best.weights[i + 1 :])) for w in (0.0, _WEIGHT, 1.0)
                ]
                best = max(tried, key=lambda one: one.likelihood)
            best = max((replace(best, scale=scale) for scale in _SCALES), key=lambda one: one.likelihood)
        return replace(self, scale=best.scale, weights=best.weights)

    @property
    def prior(self) -> float:
        """Interest, 0 to 1, of an object unlike all that was scored."""
        share = self.scores / LARGEST
        return float((share.sum() + _PRIOR * _PRIOR_WEIGHT) / (len(share) + _PRIOR_WEIGHT))

    def _kernel(self, some: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Covariance (n, m), Matérn 3/2."""
        d = some.shape[1] - len(EXTRAS)
        weight = np.concatenate([np.full(d, 1 / np.sqrt(d)), np.array(self.weights)]).astype(np.float32)
        a, b = some * weight, others * weight
        squared = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * a @ b.T
        distance = np.sqrt(3 * np.maximum(squared, 0)) / self.scale
        return _SPREAD**2 * (1 + distance) * np.exp(-distance)

    @cached_property
    def _cholesky(self) -> np.ndarray:
        covariance = self._kernel(self.features, self.features).astype(float)
        return np.linalg.cholesky(covariance + np.eye(len(covariance)) * _NOISE**2)

    @cached_property
    def _solved(self) -> np.ndarray:
        from scipy.linalg import cho_solve

        return cho_solve((self._cholesky, True), self.scores / LARGEST - self.prior)

    @property
    def likelihood(self) -> float:
        """Logarithm of the marginal likelihood of the scores, without its constant."""
        residual = self.scores / LARGEST - self.prior
        return float(-0.5 * residual @ self._solved - np.log(np.diag(self._cholesky)).sum())

    def predict(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Interest (n,) from 0 to 5 and its uncertainty (n,), of objects by their features (n, d + 4)."""
        from scipy.linalg import solve_triangular

        mean, sigma = np.empty(len(features)), np.empty(len(features))
        for first in range(0, len(features), AT_ONCE):
            rows = slice(first, first + AT_ONCE)
            kernel = self._kernel(features[rows], self.features)
            mean[rows] = self.prior + kernel @ self._solved
            explained = np.square(solve_triangular(self._cholesky, kernel.T, lower=True)).sum(axis=0)
            sigma[rows] = np.sqrt(np.maximum(_SPREAD**2 - explained, 0))
        return np.clip(mean, 0, 1) * LARGEST, sigma * LARGEST

    def resembled(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The scored object that raises the interest in each object (n, d + 4) most.

        Returns
        -------
        which
            (n,) its number among the scored objects.
        raised
            (n,) how much of the kernel's largest value, 0 to 1, the two share; 0 where nothing raises the interest.
        """
        kernel = self._kernel(features, self.features) / _SPREAD**2
        raising = np.where(self.scores / LARGEST > self.prior, kernel, 0.0)
        which = raising.argmax(axis=1)
        return which, raising[np.arange(len(which)), which]

    def with_score(self, features: np.ndarray, score: float) -> "Teacher":
        """The same with one more scored object (d + 4,), length scales kept."""
        return replace(self, features=np.vstack([self.features, features]), scores=np.append(self.scores, score))
