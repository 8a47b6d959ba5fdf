"""Posterior of the latents from the likelihood, which knows the noise of every pixel.

An encoder network sees a spectrum but not its errors, so that the width that it reports hardly depends on the noise
(Portillo et al. 2020, section 3.4). Here the network only gives the start. From there Gauss-Newton steps go to the
latents z that minimise

.. math:: \\frac12 \\sum_p w_p (x_p - a f_p(z))^2 + \\frac{(a - 1)^2}{2 v} + \\frac{|z|^2}{2 s^2}

with decoder f, ivar w (0 where unseen), a Gaussian prior of width s of the latents, and an amplitude a with a broad
prior of variance v about 1; columns of the catalogue that stand behind the pixels have no amplitude. The flux by which
a spectrum was divided depends on the pixels that were seen; a free amplitude makes latents independent of it. With the
decoder's Jacobian J there, the posterior is the Gaussian of covariance :math:`(a^2 J^T (W - W f f^T W / (v^{-1} + f^T W
f)) J + s^{-2})^{-1}` (Laplace's approximation, amplitude marginalised). Noise, holes and infilled pixels thereby count
for exactly what they are worth. With v = 0 the amplitude is 1.

A decoder of rectifiers is linear in small pieces, and the slope of the piece where the search ends says little of the
slope over the width of the posterior. So J is taken twice: at the latents, and then as the differences of the decoder
across one standard deviation to either side, in directions that are independent under the first covariance.

A spectrum leaves the search once a step was below one percent of the posterior's width, or once no share of a step
leads downhill.

The prior is `PRIOR_WIDTH` times as wide as the one of training. The mean of a posterior of variance v under a prior of
variance s^2 scatters, over realisations of the noise, with the variance v (1 - v / s^2) and is drawn to the centre by
v / s^2: with a wide prior reported width and scatter agree, and there is no bias, down to S/N where a latent is hardly
known at all. A spectrum without seen pixels gets the prior itself.
"""

from dataclasses import dataclass, fields
from typing import Self

import torch
from torch import Tensor, nn

from .decoder_slopes import DecoderSlopes

PRIOR_WIDTH = 3.0
"""Standard deviation of the prior here; in training it is 1."""

STEPS = 4
"""Gauss-Newton steps at most. At S/N 5 two would leave weak latents near the start."""

ARRIVED = 0.01
"""Length of a step, in widths of the posterior, after which a search ends."""

SHORTER, SUFFICIENT = 0.3, 0.5
"""Share of a step that is tried where the whole one brings less than a share of what it should: the decoder is linear
in pieces only."""

AMPLITUDE_VARIANCE = 1.0
"""Prior variance v of a free amplitude: spectra that lost half of the range are off by some 0.3."""

BLOCK = 128
"""Spectra that a processor searches at once, near each other in latent space, where few units of the decoder are open
(see `DecoderSlopes`), and so few that their Jacobians stay in its cache. A GPU takes all that come."""


def likelihood_posterior(
    decoder: nn.Sequential,
    start: Tensor,
    target: Tensor,
    weight: Tensor,
    mean: Tensor,
    *,
    free_amplitude: bool,
    n_column: int = 0,
    prior_width: float = PRIOR_WIDTH,
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean (n, n_latent) and covariance (n, n_latent, n_latent) of the latents, and minus the log of the density there.

    Parameters
    ----------
    decoder
        Layers as `mlp` makes them.
    start
        (n, n_latent) where to begin.
    target
        (n, n_output) spectra in units of the decoder's output, mean spectrum included, and columns; finite.
    weight
        (n, n_output) inverse variance of the target, 0 where unseen.
    mean
        (n_output,) what is added to the decoder's output.
    free_amplitude
        Whether spectra are known up to a factor only.
    n_column
        How many of the last outputs are columns of the catalogue: a factor of the spectrum is none of theirs.
    prior_width
        Standard deviation of the prior.
    """
    variance = AMPLITUDE_VARIANCE if free_amplitude else 0.0
    search = _Search(DecoderSlopes(decoder), mean, variance, len(mean) - n_column, prior_width)
    rows = torch.arange(len(start), device=start.device)
    groups = _neighbours(start, rows) if start.device.type == "cpu" else [rows]
    parts = [search.posterior(start[group], target[group], weight[group]) for group in groups]
    order = torch.cat(groups).argsort()
    means, covariances, objectives = (torch.cat(part)[order] for part in zip(*parts, strict=True))
    return means, covariances, objectives


def _neighbours(latents: Tensor, rows: Tensor) -> list[Tensor]:
    """Rows in groups of `BLOCK` at most, near each other: halved along the latent of the largest scatter."""
    if len(rows) <= BLOCK:
        return [rows]
    values = latents[rows]
    ranked = rows[values[:, values.var(dim=0).argmax()].argsort()]
    return [group for half in ranked.tensor_split(2) for group in _neighbours(latents, half)]


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
class _Search:
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
        shape = self.slopes.spectra(latents, hidden).add_(self.mean)
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
