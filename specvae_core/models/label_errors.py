"""Errors of labels as they occur: learnt from objects whose labels were predicted without them.

The difference of a predicted label from that of the catalogue follows Student's t distribution of :math:`\\nu` degrees
of freedom and of squared scale

.. math:: (a^2 v + s^2) (1 + b \\max(x - 1, 0)) + c^2

with the variance v that follows from the noise of the spectrum, the χ² of its fit x in units of the typical one, and
the error c that the catalogue states. Noise alone is too small where the model is the limit (s) and too large where
pixels are modelled as noisier than they are (a below 1); spectra that fit badly have worse labels (b); and some objects
are odd all the same, or wrong in the catalogue (:math:`\\nu`). The four numbers are those of the largest likelihood.
What is quoted is without c, so that errors are those of the prediction; where the catalogue states none, its errors
are part of s.
"""

import numpy as np
import torch
from torch import Tensor, nn

LEAST_OBJECTS = 30
"""Differences from the catalogue below which nothing is learnt of a label."""

MOST_OBJECTS = 3000
"""Objects at most that are predicted for it."""

UNUSUAL = 0.99
"""Share of the objects like those of training that have no flag for their fit, and none for their latents."""

TYPICAL = {"stretch": 0.5, "floor": 0.05, "growth": 0.1, "freedom": 4.0}
"""Where the search begins, and what is assumed where objects say little; errors in units of the spread of a label."""

SHIFTS = ((0, 0, 0, 0), (-3, -3, 0, 0), (1, 2, 0, 1))
"""Starts of the search, beside `TYPICAL`, in logs."""

HALF_68, HALF_95 = 0.6827, 0.9545
"""Probabilities of the intervals of one and of two standard deviations."""


class LabelErrors(nn.Module):
    """What is known of the errors of M labels, and of spectra like those of training; all in buffers.

    Attributes
    ----------
    n_used
        Objects that it was learnt from; 0 before, and in models of version 0.2.
    stretch, floor, growth, freedom
        (M,) :math:`a^2, s^2, b, \\nu`.
    factor_68, factor_95
        (M,) half widths of the intervals in units of the scale.
    correlation
        (M, M) of the errors.
    states_errors
        (M,) bool, whether the catalogue states errors of a label, which are then not part of those here.
    reference, limit
        Typical χ² per pixel, and the ratio to it above which a fit is poor; errors grow up to there.
    middle, root
        (k,) mean of the latents of training, and (k, k) inverse Cholesky factor of their covariance.
    farthest
        Distance under these beyond which a spectrum lies outside the training set.
    lowest, highest
        (M,) range of the labels of training.
    """

    def __init__(self, n_label: int, n_latent: int) -> None:
        super().__init__()
        ones = torch.ones(n_label, dtype=torch.double)
        self.register_buffer("n_used", torch.zeros((), dtype=torch.long))
        for name in ("stretch", "factor_68"):
            self.register_buffer(name, ones.clone())
        for name in ("floor", "growth"):
            self.register_buffer(name, 0 * ones)
        self.register_buffer("factor_95", 2 * ones)
        self.register_buffer("freedom", torch.inf * ones)
        self.register_buffer("correlation", torch.eye(n_label, dtype=torch.double))
        self.register_buffer("states_errors", torch.zeros(n_label, dtype=torch.bool))
        self.register_buffer("reference", torch.ones((), dtype=torch.double))
        self.register_buffer("limit", torch.tensor(torch.inf, dtype=torch.double))
        self.register_buffer("middle", torch.zeros(n_latent))
        self.register_buffer("root", torch.eye(n_latent))
        self.register_buffer("farthest", torch.tensor(torch.inf))
        self.register_buffer("lowest", -torch.inf * ones)
        self.register_buffer("highest", torch.inf * ones)

    def scale(self, variance: Tensor, chi2: Tensor) -> Tensor:
        """Scale (n, M) of t distributions of scaled labels, from variances (n, M) and χ² per pixel (n,)."""
        excess = (chi2.double() / self.reference).clamp(1.0, float(self.limit)) - 1
        return ((self.stretch * variance + self.floor) * (1 + self.growth * excess[:, None])).sqrt()

    def distance(self, latents: Tensor) -> Tensor:
        """Distance (n,) of latents (n, k) from those of training, 1 for a typical one."""
        return ((latents - self.middle) @ self.root.T).square().mean(dim=1).sqrt()

    def learn_training_set(self, latents: Tensor, labels: Tensor) -> None:
        """Remember where the latents (n, k) and the scaled labels (n, M), NaN where unknown, of training lie."""
        self.middle.copy_(latents.mean(dim=0))
        centred = (latents - self.middle).double()
        covariance = centred.T @ centred / max(len(latents), 1)
        covariance.diagonal().add_(1e-2 * covariance.diagonal().mean() + 1e-12)
        factor = torch.linalg.cholesky(covariance)
        self.root.copy_(torch.linalg.solve_triangular(factor, torch.eye(len(factor), dtype=torch.double), upper=False))
        known = labels.isfinite()
        self.lowest.copy_(torch.where(known, labels, torch.inf).amin(dim=0))
        self.highest.copy_(torch.where(known, labels, -torch.inf).amax(dim=0))

    def learn(self, off: Tensor, variance: Tensor, stated: Tensor, chi2: Tensor, distance: Tensor) -> None:
        """Learn from predictions for objects that the predicting model did not know.

        Parameters
        ----------
        off
            (n, M) predicted minus catalogue labels, scaled; NaN where unknown.
        variance, stated
            (n, M) variances that follow from the noise, and squared errors of the catalogue, 0 where it states none.
        chi2, distance
            (n,) χ² per pixel, and distance from the latents of training.
        """
        self.n_used.fill_(len(off))
        self.reference.copy_(chi2.double().median().clamp(min=1e-12))
        ratio = chi2.double() / self.reference
        self.limit.copy_(torch.quantile(ratio, UNUSUAL).clamp(min=1.0))
        self.farthest.copy_(torch.quantile(distance, UNUSUAL))
        self.states_errors.copy_((stated > 0).any(dim=0))
        excess = ratio.clamp(1.0, float(self.limit)) - 1
        for m in range(off.shape[1]):
            known = off[:, m].isfinite()
            if known.sum() >= LEAST_OBJECTS:
                parts = (off[:, m], variance[:, m], excess, stated[:, m])
                self._learn_label(m, *(part[known].double().numpy() for part in parts))
        scale = (self.scale(variance, chi2).square() + stated).sqrt()
        self.correlation.copy_(_correlation(off / (self.factor_68 * scale)))

    def _learn_label(
        self, m: int, off: np.ndarray, variance: np.ndarray, excess: np.ndarray, stated: np.ndarray
    ) -> None:
        """The four numbers of one label, of largest likelihood; arguments (n,) each."""
        from scipy.optimize import minimize
        from scipy.special import gammaln
        from scipy.stats import t as student

        start = np.log(list(TYPICAL.values()))

        def cost(logs: np.ndarray) -> float:
            stretch, floor, growth, freedom = np.exp(np.clip(logs, -20, 20))
            scale = np.sqrt((stretch * variance + floor) * (1 + growth * excess) + stated)
            nu, pull = 1.5 + freedom, off / scale
            constant = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(nu)
            likelihood = constant - (nu + 1) / 2 * np.log1p(pull**2 / nu) - np.log(scale)
            return -likelihood.sum() + ((logs - start) ** 2 / 8).sum()

        found = min((minimize(cost, start + np.array(shift), method="Nelder-Mead") for shift in SHIFTS), key=_fun)
        stretch, floor, growth, freedom = np.exp(np.clip(found.x, -20, 20))
        self.stretch[m], self.floor[m], self.growth[m], self.freedom[m] = stretch, floor, growth, 1.5 + freedom
        for factor, share in ((self.factor_68, HALF_68), (self.factor_95, HALF_95)):
            factor[m] = float(student.ppf(0.5 + share / 2, 1.5 + freedom))


def _fun(found) -> float:
    return found.fun


def _correlation(pulls: Tensor) -> Tensor:
    """Correlations (M, M) of pulls (n, M), NaN where unknown, by pairs; those beyond three are counted as three."""
    known = pulls.isfinite()
    pulls = torch.where(known, pulls.clamp(-3, 3), 0.0).double()
    squares = known.double().T @ known.double()
    found = pulls.T @ pulls / squares.clamp(min=1)
    spread = found.diagonal().sqrt().clamp(min=1e-9)
    found = found / spread[:, None] / spread
    values, vectors = torch.linalg.eigh(found)
    found = (vectors * values.clamp(min=1e-6)) @ vectors.T  # pairs with different objects need not agree
    spread = found.diagonal().sqrt()
    return found / spread[:, None] / spread
