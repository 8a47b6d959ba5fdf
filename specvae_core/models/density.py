"""The density of objects in latent space: a normalising flow fitted to the latents of a survey.

Neural spline flows (Durkan et al. 2019, arXiv 1906.04032) turn a standard normal into any smooth density by monotonic
splines, whose knots in one latent depend on the latents before. Fitting takes seconds. Objects that the flow did not
see say how high a density is to be expected: the *percentile* of a place is the share of them that lie less densely.
"""

from collections.abc import Mapping
from typing import Self

import numpy as np
import torch
from torch import Tensor

from ..errors import BadConfig
from ..progress import Progress, Report, ignore

MOST = 20_000
"""Objects at most that a flow is fitted to; more add little."""

LEAST = 300
"""Objects without which no density is fitted."""

TRANSFORMS, BINS, HIDDEN = 3, 8, (48, 48)
"""Layers of a flow, pieces of each spline, and widths of the networks that set its knots."""

EPOCHS, PATIENCE, BATCH, RATE = 60, 8, 256, 3e-3

WEIGHT = "flow."
"""Prefix of the names of a flow's weights among its arrays."""


class LatentDensity:
    """Density of objects over k latents.

    Parameters
    ----------
    centre, root
        (k,) mean and (k, k) Cholesky factor of the covariance of the latents: the flow works on whitened ones.
    held_out
        (m,) rising, log densities of objects that neither taught nor stopped the flow: the scale of percentiles.
    """

    def __init__(self, centre: Tensor, root: Tensor, held_out: np.ndarray) -> None:
        self.centre, self.root, self.held_out = centre, root, held_out
        self.flow = _new_flow(len(centre))

    @classmethod
    def fit(
        cls,
        latents: np.ndarray,
        validation: np.ndarray,
        held_out: np.ndarray,
        *,
        seed: int = 0,
        report: Report = ignore,
    ) -> Self:
        """Fit the flow to some objects, stop when others are no longer better described, measure it on a third part.

        Parameters
        ----------
        latents, validation, held_out
            (n, k) latents of objects to fit to, to stop by, and to set the scale of percentiles; rows that are not
            finite are left out.
        seed
            Seed of all random numbers.

        Raises
        ------
        BadConfig
            Fewer than `LEAST` objects, or none to stop by or to measure on.
        """
        random = np.random.default_rng(seed)
        parts = (values[np.isfinite(values).all(axis=1)] for values in (latents, validation, held_out))
        latents, validation, held_out = parts
        if len(latents) < LEAST or not len(validation) or not len(held_out):
            raise BadConfig(
                f"A density takes at least {LEAST} objects with latents to fit to, and some to stop by and measure on, "
                f"but there are {len(latents)}, {len(validation)} and {len(held_out)}: choose a larger survey."
            )
        latents = latents[random.permutation(len(latents))[:MOST]]
        centre = torch.tensor(latents.mean(axis=0), dtype=torch.float32)
        covariance = np.cov(latents.T.astype(float)).reshape(latents.shape[1], -1)
        floor = 1e-6 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        root = torch.tensor(np.linalg.cholesky(covariance + floor), dtype=torch.float32)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            density = cls(centre, root, np.empty(0))
        density._train(density._white(latents), density._white(validation), random, report)
        density.held_out = np.sort(density.log_density(held_out))
        return density

    def _train(self, training: Tensor, validation: Tensor, random: np.random.Generator, report: Report) -> None:
        optimiser = torch.optim.Adam(self.flow.parameters(), lr=RATE)
        best, best_loss, worse = self._weights(), np.inf, 0
        for epoch in range(EPOCHS):
            report(Progress(epoch / EPOCHS, f"density of latents, epoch {epoch + 1} of at most {EPOCHS}"))
            for rows in torch.from_numpy(random.permutation(len(training))).split(BATCH):
                loss = -self.flow().log_prob(training[rows]).mean()
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self.flow.parameters(), 5.0)
                optimiser.step()
            with torch.no_grad():
                loss = float(-self.flow().log_prob(validation).mean())
            if loss < best_loss - 1e-3:
                best, best_loss, worse = self._weights(), loss, 0
                continue
            worse += 1
            for group in optimiser.param_groups:
                group["lr"] *= 0.7
            if worse == PATIENCE:
                break
        self.flow.load_state_dict(best)

    def to(self, device: torch.device) -> "LatentDensity":
        """The same density, for latents on another device."""
        other = LatentDensity(self.centre.to(device), self.root.to(device), self.held_out)
        other.flow.load_state_dict(self._weights())
        other.flow.to(device)
        return other

    def log_prob(self, latents: Tensor) -> Tensor:
        """Natural logarithm (n,) of the density at latents (n, k), float32, differentiable."""
        return self.flow().log_prob(self._white(latents)) - self.root.diagonal().log().sum()

    @property
    def precision(self) -> Tensor:
        """(k, k) float64, inverse covariance of the latents that it was fitted to."""
        return torch.cholesky_inverse(self.root.double())

    def log_density(self, latents: np.ndarray) -> np.ndarray:
        """Natural logarithm (n,) of the density at latents (n, k); NaN where these are not finite."""
        known = np.isfinite(latents).all(axis=1)
        found = np.full(len(latents), np.nan)
        with torch.no_grad():
            places = torch.as_tensor(latents[known], dtype=torch.float32)
            parts = [self.log_prob(some) for some in places.split(4096) if len(some)]
        found[known] = torch.cat(parts).numpy() if parts else np.empty(0)
        return found

    def gaussian(self, latents: np.ndarray) -> np.ndarray:
        """Natural logarithm (n,) of the density of one Gaussian of the same mean and covariance, for comparison."""
        white = self._white(latents[np.isfinite(latents).all(axis=1)])
        volume = float(self.root.diagonal().log().sum()) + 0.5 * len(self.centre) * float(np.log(2 * np.pi))
        return (-0.5 * white.square().sum(dim=1)).numpy() - volume

    def percentile(self, latents: np.ndarray) -> np.ndarray:
        """Per cent (n,) of the held-out objects that lie less densely than latents (n, k); NaN as in `log_density`."""
        values = self.log_density(latents)
        found = 100.0 * np.searchsorted(self.held_out, values) / len(self.held_out)
        return np.where(np.isfinite(values), found, np.nan)

    def draw(self, n: int, random: np.random.Generator) -> np.ndarray:
        """Latents (n, k) float32 of objects that could exist."""
        normal = torch.from_numpy(random.standard_normal((n, len(self.centre))).astype(np.float32))
        with torch.no_grad():
            white = self.flow().transform.inv(normal)
        return (self.centre + white @ self.root.T).numpy()

    def arrays(self) -> dict[str, np.ndarray]:
        """All that was learnt, for `from_arrays`."""
        weights = {WEIGHT + name: tensor.numpy() for name, tensor in self._weights().items()}
        return weights | {"centre": self.centre.numpy(), "root": self.root.numpy(), "held_out": self.held_out}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """The density whose `arrays` these are, among others."""
        density = cls(torch.tensor(arrays["centre"]), torch.tensor(arrays["root"]), arrays["held_out"])
        weights = {name.removeprefix(WEIGHT): torch.tensor(a) for name, a in arrays.items() if name.startswith(WEIGHT)}
        density.flow.load_state_dict(weights)
        return density

    def _white(self, latents: np.ndarray) -> Tensor:
        shifted = torch.as_tensor(latents, dtype=torch.float32) - self.centre
        return torch.linalg.solve_triangular(self.root, shifted.T, upper=False).T

    def _weights(self) -> dict[str, Tensor]:
        return {name: tensor.detach().clone() for name, tensor in self.flow.state_dict().items()}


def _new_flow(k: int) -> torch.nn.Module:
    import zuko

    return zuko.flows.NSF(features=k, transforms=TRANSFORMS, bins=BINS, hidden_features=HIDDEN)
