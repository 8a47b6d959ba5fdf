"""Latents, amplitude and shift of a non-linear model fitted together, from several starting points at once.

Gauss-Newton steps with Levenberg's damping on

.. math:: \\chi^2(a, u, s) - 2 \\ln p(u)

with a prior p of latents, which keeps the fit where the model has seen spectra.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ..models.base import LatentModel
from ..models.latent_prior import LatentPrior

STEPS = 10
DAMPING = 1e-2
SETTLED = 0.01
DIFFERENCE = 0.01
"""Steps at most, the first damping, the gain in χ² below which nothing more is sought, and the difference in latents,
in units of their spread, that derivatives are taken over."""


def refine(
    model: LatentModel,
    flux: np.ndarray,
    ivar: np.ndarray,
    uncovered: Callable[[np.ndarray], np.ndarray],
    shifts: np.ndarray,
    codes: np.ndarray,
    prior: LatentPrior,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Minimise χ² from each starting point.

    Parameters
    ----------
    model
        With a decoder that can be differentiated.
    flux, ivar
        (n_pixel,) the spectrum.
    uncovered
        What pixels outside the model's reach cost, as a function of shifts.
    shifts, codes
        (c,) and (c, n_latent): starting points; a shift moves by one pixel at most.
    prior
        Of the latents.

    Returns
    -------
    shifts, chi2, errors, models
        Each (c,), the error of the shift in pixels that of Δχ² = 1; and (c, n_pixel) the fitted model on the pixels of
        the data, NaN where it does not reach.
    """
    fit = _Fit(model, flux, ivar, uncovered, prior)
    start = torch.from_numpy(shifts.astype(float))
    point = torch.cat([start[:, None], torch.from_numpy(codes.astype(float))], dim=1)
    damping = torch.full((len(point),), DAMPING, dtype=torch.double)
    state = fit.look(point)
    for _ in range(STEPS):
        step = fit.step(point, state, damping)
        step[:, 0] = (point[:, 0] + step[:, 0]).clamp(start - 1, start + 1) - point[:, 0]
        trial = fit.look(point + step)
        better = trial["cost"] < state["cost"]
        gain = torch.where(better, state["cost"] - trial["cost"], 0.0)
        point = torch.where(better[:, None], point + step, point)
        for name, values in state.items():
            state[name] = torch.where(better.reshape(-1, *[1] * (values.ndim - 1)), trial[name], values)
        damping = torch.where(better, damping / 5, damping * 5)
        if better.any() and float(gain.max()) < SETTLED:
            break
    error = fit.shift_error(point, state)
    reached = torch.where(state["reach"], state["model"], torch.nan)
    return point[:, 0].numpy(), state["chi2"].numpy(), error.numpy(), reached.numpy()


class _Fit:
    """χ² and its derivatives at points (c, 1 + n_latent) of shift and latents; the amplitude is always the best one."""

    def __init__(self, model, flux, ivar, uncovered, prior) -> None:
        self.model, self.uncovered = model.eval(), uncovered
        self.flux, self.ivar = torch.from_numpy(flux), torch.from_numpy(ivar)
        self.prior, self.sigma = prior, prior.sigma
        self.pixel = torch.arange(len(flux))

    def look(self, point: Tensor) -> dict[str, Tensor]:
        """Model spectrum and cost at each point."""
        with torch.no_grad():
            decoded = self._decoded(point[:, 1:])
        shape, slope, reach = self._shifted(decoded, point[:, 0])
        weight = self.ivar * reach
        power = (weight * shape.square()).sum(dim=1).clamp(min=1e-30)
        amplitude = ((weight * self.flux * shape).sum(dim=1) / power).clamp(min=0)[:, None]
        chi2 = (weight * (self.flux - amplitude * shape).square()).sum(dim=1)
        chi2 = chi2 + torch.from_numpy(self.uncovered(point[:, 0].numpy()))
        cost = chi2 + self.prior.penalty(point[:, 1:])
        return {"model": amplitude * shape, "slope": amplitude * slope, "reach": reach, "amplitude": amplitude} | {
            "chi2": chi2,
            "cost": cost,
        }

    def _decoded(self, latents: Tensor) -> Tensor:
        """Spectra of latents, double, from wherever the model lies."""
        return self.model.decode_gradient(latents.float().to(self.model.device)).cpu().double()

    def step(self, point: Tensor, state: dict[str, Tensor], damping: Tensor) -> Tensor:
        """Damped Gauss-Newton step from each point."""
        normal, right = self._normal(point, state)
        diagonal = normal.diagonal(dim1=1, dim2=2)
        damped = normal + torch.diag_embed(damping[:, None] * diagonal + 1e-12)
        return torch.linalg.solve(damped, right)[:, 1:]

    def shift_error(self, point: Tensor, state: dict[str, Tensor]) -> Tensor:
        """1-sigma error of the shift in pixels, with all else left free."""
        normal, _ = self._normal(point, state)
        ridge = torch.diag_embed(1e-9 * normal.diagonal(dim1=1, dim2=2) + 1e-12)
        return torch.linalg.inv(normal + ridge)[:, 1, 1].clamp(min=0).sqrt()

    def _normal(self, point: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Normal equations of (amplitude's change in units of itself, shift, latents), prior included."""
        changes = torch.stack([self._shifted(change, point[:, 0])[0] for change in self._changes(point[:, 1:])], dim=1)
        known = torch.stack([state["model"], state["slope"]], dim=1)
        jacobian = torch.cat([known, state["amplitude"][:, None] * changes], dim=1)
        weighted = jacobian * (self.ivar * state["reach"])[:, None]
        normal = weighted @ jacobian.transpose(1, 2)
        right = (weighted * (self.flux - state["model"])[:, None]).sum(dim=2)
        ridge = torch.block_diag(torch.zeros(2, 2, dtype=torch.double), self.prior.precision)
        pull = torch.cat([torch.zeros_like(point[:, :2]), self.prior.slope(point[:, 1:])], dim=1)
        return normal + ridge, right + pull

    def _changes(self, latents: Tensor) -> Tensor:
        """Change of the decoded spectra with each latent, (n_latent, c, n_pixel), by differences.

        One pass through the decoder for all of them is several times quicker than forward-mode derivatives.
        """
        aside = torch.cat([torch.zeros_like(latents[:1]), torch.diag(DIFFERENCE * self.sigma)])
        with torch.no_grad():
            decoded = self._decoded((latents[None] + aside[:, None]).flatten(0, 1))
        decoded = decoded.unflatten(0, (len(aside), len(latents)))
        return (decoded[1:] - decoded[0]) / (DIFFERENCE * self.sigma)[:, None, None]

    def _shifted(self, spectra: Tensor, shift: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Spectra (c, n) at pixel + shift by a Catmull-Rom cubic, their slope there, and where they reach."""
        n = len(self.pixel)
        whole = shift.floor()
        t = (shift - whole)[:, None]
        first = self.pixel + whole[:, None].long()
        a, b, c, d = (spectra.gather(1, (first + k).clamp(0, n - 1)) for k in (-1, 0, 1, 2))
        one, two, three = c - a, 2 * a - 5 * b + 4 * c - d, 3 * (b - c) + d - a
        value = b + 0.5 * t * (one + t * (two + t * three))
        slope = 0.5 * (one + t * (2 * two + 3 * t * three))
        reach = (first >= 0) & (first + (t > 0) < n)
        return value, slope, reach
