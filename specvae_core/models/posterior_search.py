"""The search of `posterior` in PyTorch, for GPUs: all spectra at once. `posterior_loops` is the same for processors."""

from dataclasses import dataclass, fields
from typing import Self

import torch
from torch import Tensor, nn

from .decoder_slopes import DecoderSlopes

STEPS = 4
"""Gauss-Newton steps at most. At S/N 5 two would leave weak latents near the start."""

ARRIVED = 0.01
"""Length of a step, in widths of the posterior, after which a search ends."""

SHORTER, SUFFICIENT = 0.3, 0.5
"""Share of a step that is tried where the whole one brings less than a share of what it should: the decoder is linear
in pieces only."""

AMPLITUDE_VARIANCE = 1.0
"""Prior variance v of a free amplitude: spectra that lost half of the range are off by some 0.3."""


def best_amplitude(target: Tensor, weight: Tensor, shape: Tensor, variance: float = AMPLITUDE_VARIANCE) -> Tensor:
    """Amplitudes (n,) of highest posterior density of targets (n, n_pixel) for spectra ``shape`` (n, n_pixel)."""
    weighted = weight * shape
    return (1 + variance * _dot(weighted, target)) / (1 + variance * _dot(weighted, shape))


@dataclass(frozen=True, eq=False)
class _Place:
    """Where the search for each of n spectra stands, and all that was computed there.

    Parameters
    ----------
    latents
        (n, n_latent).
    target, weight
        (n, n_output), see `likelihood_posterior`.
    hidden
        Hidden layers of the decoder, each (n, width).
    shape
        (n, n_output) decoded spectra, mean spectrum included, and columns.
    amplitude
        (n,) the best ones.
    pull
        (n, n_output) residuals times weights.
    objective
        (n,) minus the log of the posterior density up to a constant.
    """

    latents: Tensor
    target: Tensor
    weight: Tensor
    hidden: list[Tensor]
    shape: Tensor
    amplitude: Tensor
    pull: Tensor
    objective: Tensor

    def of(self, rows: Tensor) -> Self:
        """Some of the rows."""
        values = (getattr(self, field.name) for field in fields(self))
        return type(self)(*([x[rows] for x in value] if isinstance(value, list) else value[rows] for value in values))

    def move(self, rows: Tensor, there: "_Place") -> None:
        """Put some rows where another search for them stands."""
        for mine, theirs in zip(self._moving(), there._moving(), strict=True):
            mine[rows] = theirs

    def _moving(self) -> list[Tensor]:
        return [self.latents, *self.hidden, self.shape, self.amplitude, self.pull, self.objective]


@dataclass(frozen=True, eq=False)
class Search:
    """Search for the posteriors of spectra under a decoder.

    Parameters
    ----------
    slopes, mean
        The decoder, and (n_output,) what is added to it.
    variance
        That of the amplitude's prior.
    n_pixel
        First outputs, which the amplitude multiplies.
    prior_width
        Standard deviation of the prior of latents.
    """

    slopes: DecoderSlopes
    mean: Tensor
    variance: float
    n_pixel: int
    prior_width: float

    @classmethod
    def of(cls, decoder: nn.Sequential, mean: Tensor, n_pixel: int, variance: float, prior_width: float) -> Self:
        """The search under a decoder that `mlp` made."""
        return cls(DecoderSlopes(decoder), mean, variance, n_pixel, prior_width)

    def posterior(self, start: Tensor, target: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See `likelihood_posterior`."""
        found = self._place(start.clone(), target, weight)
        information = start.new_empty(len(start), start.shape[1], start.shape[1], dtype=torch.float64)
        rows, place = torch.arange(len(start), device=start.device), found
        for _ in range(STEPS):
            information[rows] = self._curvature(place)
            step, length = self._step(place, information[rows])
            place, moved = self._moved(place, step, length)
            found.move(rows, place)
            going = moved & (length > ARRIVED)
            rows, place = rows[going], place.of(going)
            if not len(rows):
                break
        else:
            information[rows] = self._curvature(place)
        covariance = self._across(found, torch.linalg.inv_ex(information)[0])
        return found.latents, covariance.float(), found.objective

    def _place(self, latents: Tensor, target: Tensor, weight: Tensor) -> _Place:
        hidden = self.slopes.hidden(latents)
        shape = self.slopes.spectra(hidden).add_(self.mean)
        penalty = latents.square().sum(dim=1) / self.prior_width**2
        if self.variance == 0:
            amplitude, residual = latents.new_ones(len(latents)), target - shape
        else:
            amplitude = best_amplitude(*(part[:, : self.n_pixel] for part in (target, weight, shape)), self.variance)
            residual = torch.addcmul(target, self._factors(amplitude), shape, value=-1)
            penalty += (amplitude - 1).square() / self.variance
        pull = weight * residual
        objective = 0.5 * (_dot(pull, residual) + penalty)
        return _Place(latents, target, weight, hidden, shape, amplitude, pull, objective)

    def _curvature(self, place: _Place) -> Tensor:
        """Inverse covariance (n, n_latent, n_latent) under the Jacobian, double."""
        jacobian = self.slopes.jacobian(place.latents, place.hidden)
        n_latent = place.latents.shape[1]
        prior = torch.eye(n_latent, dtype=torch.float64, device=jacobian.device) / self.prior_width**2
        return self._information(jacobian, place) + prior

    def _step(self, place: _Place, information: Tensor) -> tuple[Tensor, Tensor]:
        """Gauss-Newton steps (n, n_latent), and their lengths (n,) in widths of the posterior."""
        downhill = self.slopes.pulled_back(place.pull * self._factors(place.amplitude), place.hidden)
        downhill = downhill.double() - place.latents.double() / self.prior_width**2
        step = torch.linalg.solve_ex(information, downhill[:, :, None])[0][:, :, 0]
        return step.float(), _dot(step, downhill).clamp(min=0).sqrt()

    def _moved(self, place: _Place, step: Tensor, length: Tensor) -> tuple[_Place, Tensor]:
        """The place after a step or a share of it, whichever lowers the objective more, and whether one does, (n,).

        The share is tried where the whole step brings less than half of what a linear decoder would give,
        ``length`` (n,) squared over 2.
        """
        moved = self._place(place.latents + step, place.target, place.weight)
        doubtful = torch.nonzero(place.objective - moved.objective < SUFFICIENT * length.square() / 2)[:, 0]
        if len(doubtful):
            before = place.of(doubtful)
            shorter = self._place(before.latents + SHORTER * step[doubtful], before.target, before.weight)
            better = shorter.objective < torch.minimum(moved.objective[doubtful], before.objective)
            moved.move(doubtful[better], shorter.of(better))
        lower = moved.objective < place.objective
        uphill = torch.nonzero(~lower)[:, 0]
        moved.move(uphill, place.of(uphill))
        return moved, lower

    def _across(self, place: _Place, covariance: Tensor) -> Tensor:
        """Covariance (n, n_latent, n_latent) from differences of the decoder across the width of the one given."""
        root, _ = torch.linalg.cholesky_ex(covariance)
        change = self.slopes.differences(place.latents, root.transpose(1, 2).float())
        information = self._information(change, place) + root.transpose(1, 2) @ root / self.prior_width**2
        inverse, _ = torch.linalg.inv_ex(information)
        return root @ inverse @ root.transpose(1, 2)

    def _factors(self, amplitude: Tensor) -> Tensor:
        """What multiplies each output: (n, 1) the amplitude, or (n, n_output) where some are columns, which it spares.

        ``amplitude`` is (n,).
        """
        n_column = len(self.mean) - self.n_pixel
        if not n_column:
            return amplitude[:, None]
        pixels = amplitude[:, None].expand(-1, self.n_pixel)
        return torch.cat([pixels, amplitude.new_ones(len(amplitude), n_column)], dim=1)

    def _information(self, change: Tensor, place: _Place) -> Tensor:
        """Fisher information (n, k, k) in k directions, amplitude marginalised.

        ``change`` (n, k, n_output) is what the directions do to decoded spectra and columns. The information is double
        since some directions are known 10^5 times better than others.
        """
        pixels, columns = change[:, :, : self.n_pixel], change[:, :, self.n_pixel :]
        weight, shape = place.weight[:, : self.n_pixel], place.shape[:, : self.n_pixel]
        weighted = pixels * (place.amplitude[:, None] * weight)[:, None]
        information = (weighted @ pixels.transpose(1, 2)).double() * place.amplitude[:, None, None]
        if columns.shape[2]:
            columns = columns.double()
            information += (columns * place.weight[:, None, self.n_pixel :]) @ columns.transpose(1, 2)
        if self.variance == 0:
            return information
        shared = weighted.mul_(shape[:, None]).sum(dim=2).double()  # a batched product of vectors is slower
        known = 1 / self.variance + _dot(weight * shape, shape).double()
        return information - shared[:, :, None] * shared[:, None] / known[:, None, None]


def _dot(one: Tensor, other: Tensor) -> Tensor:
    """Products of rows, (n,)."""
    return torch.linalg.vecdot(one, other)
