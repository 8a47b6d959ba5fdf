"""Levenberg-Marquardt steps on many codes at once."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import BadConfig
from .codes import CodePrior
from .likelihood import Likelihood

MAX_STEPS = 60
"""Steps after which a search ends, converged or not."""

TOLERANCE = 1e-2
"""Gain in χ² below which a search has converged: such a change is insignificant."""

RELATIVE_TOLERANCE = 1e-5
"""The same as a share of χ², for data with hardly any noise."""

PATIENCE, LOST = 8, 50.0
"""Steps after which a search is abandoned if its χ² lies ``LOST`` above that of another start of its measurement."""

FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-2, 1e-6, 1e8


class Search:
    """Several searches side by side for each of n measurements.

    Parameters
    ----------
    likelihood
        Likelihood of n measurements.
    prior
        Prior of the codes.
    start
        (n, s, k) float64, where each search starts.
    projected
        Whether codes are kept on the model's set (Eq. 3) instead of being drawn to the prior (Eq. 4).

    Attributes
    ----------
    codes
        (n, s, k) present codes.
    cost
        (n, s) χ², and the penalty R(z) where it counts.
    active
        (n, s) bool, searches that have neither converged nor been abandoned.
    """

    def __init__(self, likelihood: Likelihood, prior: CodePrior, start: Tensor, projected: bool) -> None:
        self.likelihood, self.prior, self.projected = likelihood, prior, projected
        self.codes = self._admitted(start)
        self.cost = self._cost(self.codes, slice(None))
        self.damping = torch.full_like(self.cost, FIRST_DAMPING)
        self.active = torch.ones_like(self.cost, dtype=torch.bool)
        self.n_steps = 0

    def decode(self, codes: Tensor) -> Tensor:
        """Spectra (r, n_pixel) of float64 codes (r, k); where they are projected, derivatives run along their set."""
        return self.prior.decode(self.prior.project(codes) if self.projected else codes)

    def chi2(self) -> Tensor:
        """(n, s) χ² alone."""
        return self.cost - self._penalty(self.codes)

    def _admitted(self, codes: Tensor) -> Tensor:
        if not self.projected:
            return codes.clone()
        return self.prior.project(codes.flatten(0, 1)).reshape(codes.shape)

    def _penalty(self, codes: Tensor) -> Tensor:
        return codes.new_zeros(codes.shape[:-1]) if self.projected else self.prior.penalty(codes)

    def _cost(self, codes: Tensor, rows: Tensor | slice) -> Tensor:
        with torch.no_grad():
            spectra = self.decode(codes.flatten(0, 1)).double().unflatten(0, codes.shape[:2])
            return self.likelihood.chi2(spectra, rows) + self._penalty(codes)

    def step(self) -> None:
        """One step of all searches of every measurement that has not converged.

        A step that would raise the cost is not taken; its damping grows instead.
        """
        rows = torch.nonzero(self.active.any(dim=1))[:, 0]
        codes, cost, damping = self.codes[rows], self.cost[rows], self.damping[rows]
        new = self._admitted(codes + self._shift(codes, rows, damping))
        new_cost = self._cost(new, rows)
        gain = cost - new_cost
        better = gain > 0
        self.codes[rows] = torch.where(better[..., None], new, codes)
        self.cost[rows] = torch.where(better, new_cost, cost)
        self.damping[rows] = torch.where(better, (damping / 10).clamp(min=LEAST_DAMPING), damping * 10)
        self.active[rows] &= (gain.abs() > TOLERANCE + RELATIVE_TOLERANCE * cost) & (damping < MOST_DAMPING)
        self.n_steps += 1
        if self.n_steps >= PATIENCE:
            self.active &= self.cost < self.cost.amin(dim=1, keepdim=True) + LOST

    def _shift(self, codes: Tensor, rows: Tensor, damping: Tensor) -> Tensor:
        """The damped Gauss-Newton step (r, s, k)."""
        spectra, jacobian = derivatives(self.decode, codes.flatten(0, 1))
        size = codes.shape[:2]
        matrix, right = self.likelihood.normal_equations(spectra.unflatten(0, size), jacobian.unflatten(0, size), rows)
        if not self.projected:
            matrix = matrix + self.prior.curvature
            right = right - self.prior.slope(codes)
        diagonal = matrix.diagonal(dim1=-2, dim2=-1)
        ridge = damping[..., None] * diagonal + 1e-9 * diagonal.amax(dim=-1, keepdim=True) + 1e-12
        return torch.linalg.solve(matrix + torch.diag_embed(ridge), right)


def derivatives(decode: Callable[[Tensor], Tensor], codes: Tensor) -> tuple[Tensor, Tensor]:
    """Spectra (r, n_pixel) of codes (r, k) and their derivatives in each code (r, k, n_pixel), float64.

    The vector-Jacobian product is linear in its weights, and its derivative in these is a Jacobian-vector product: k
    passes, however many pixels there are.
    """
    with torch.enable_grad():
        codes = codes.detach().requires_grad_()
        spectra = decode(codes)
        if not spectra.requires_grad:
            raise BadConfig(
                "The decoder of this model cannot be differentiated, which the search needs: choose another model."
            )
        weights = torch.zeros_like(spectra, requires_grad=True)
        (pulled,) = torch.autograd.grad(spectra, codes, weights, create_graph=True)
        slopes = [
            torch.autograd.grad(component.sum(), weights, retain_graph=True)[0] for component in pulled.unbind(dim=1)
        ]
    return spectra.detach().double(), torch.stack(slopes, dim=1).double()
