"""The search of `posterior` in compiled code, for processors: one spectrum after the other.

Few rectifiers of a decoder are open at one place, a tenth of those of a trained one, and only these are added up. A
spectrum knows nothing of others, so that alone and among others it has the same posterior to the last digit. Sums over
pixels are single over `TILE` of them and double beyond.

All of it stands in one file, since the compiler compiles again what calls a changed function only where that stands in
the same file. `compiled_ahead` compiles before anybody waits.

Annotations of types are left out where the compiler finds the types: arrays are float32 and C-contiguous, but for
those of (k, k) and (k,), which are float64.
"""

from typing import NamedTuple, Self

import numba
import numpy as np
import torch
from torch import Tensor, nn

from .posterior_search import ARRIVED, SHORTER, STEPS, SUFFICIENT

TILE = 512
"""Outputs at a time: slopes of so many stay in the processor's first cache."""

AT_ONCE = 4
"""Units that are added up in one go."""

SINGULAR = 1e-9
"""Least square of a root's diagonal, in units of the matrix's: rounding of sums over pixels makes it negative else."""

compiled = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})


class Decoder(NamedTuple):
    """Layers with rectifiers between them, and what is known before a spectrum is looked at.

    Parameters
    ----------
    weights, transposed, biases
        Those of the hidden layers: (width, n_input), (n_input, width) and (width,).
    last, offset
        Weights (n_input, n_output) of the last layer, and (n_output,) its bias and the mean spectrum together.
    n_pixel
        First outputs, which the amplitude multiplies.
    variance
        That of the amplitude's prior; 0 where the amplitude is 1.
    prior
        Inverse variance of that of latents.
    """

    weights: tuple[np.ndarray, ...]
    transposed: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    last: np.ndarray
    offset: np.ndarray
    n_pixel: int
    variance: float
    prior: float

    @classmethod
    def of(cls, decoder: nn.Sequential, mean: Tensor, n_pixel: int, variance: float, prior_width: float) -> Self:
        """The layers of a decoder that `mlp` made; ``mean`` (n_output,) is added to its output."""
        *hidden, last = (layer for layer in decoder if isinstance(layer, nn.Linear))
        return cls(
            tuple(_array(layer.weight) for layer in hidden),
            tuple(_array(layer.weight.T) for layer in hidden),
            tuple(_array(layer.bias) for layer in hidden),
            _array(last.weight.T),
            _array(last.bias + mean),
            n_pixel,
            float(variance),
            1 / prior_width**2,
        )

    def layers(self, m: int) -> tuple[np.ndarray, ...]:
        """Room for m latents and their hidden layers."""
        widths = (*(weight.shape[1] for weight in self.weights), len(self.last))
        return tuple(np.empty((m, width), np.float32) for width in widths)


class Spectrum(NamedTuple):
    """A target (n_output,) and its inverse variance, see `likelihood_posterior`."""

    target: np.ndarray
    weight: np.ndarray


class Place(NamedTuple):
    """Where a search stands.

    Parameters
    ----------
    layers
        Latents (1, k) and the hidden layers of them.
    shape
        Decoded spectrum (1, n_output).
    scores
        (2,) float64, amplitude, and minus the log of the posterior density up to a constant.
    """

    layers: tuple[np.ndarray, ...]
    shape: np.ndarray
    scores: np.ndarray

    @classmethod
    def empty(cls, decoder: Decoder) -> Self:
        """Room for a place."""
        return cls(decoder.layers(1), np.empty((1, len(decoder.offset)), np.float32), np.empty(2))


def posteriors(decoder: Decoder, start: Tensor, target: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """See `likelihood_posterior`."""
    n, k = start.shape
    means, covariances = np.empty((n, k), np.float32), np.empty((n, k, k), np.float32)
    objectives = np.empty(n, np.float32)
    places = (Place.empty(decoder), Place.empty(decoder), Place.empty(decoder))
    given = (_array(start), _array(target), _array(weight))
    _search(decoder, *given, *places, decoder.layers(2 * k), means, covariances, objectives)
    return torch.from_numpy(means), torch.from_numpy(covariances), torch.from_numpy(objectives)


def _array(values: Tensor) -> np.ndarray:
    return np.ascontiguousarray(values.detach().numpy(), dtype=np.float32)


@compiled
def _search(decoder, start, target, weight, here, there, shorter, ends, means, covariances, objectives):
    """Fill ``means`` (n, k), ``covariances`` (n, k, k) and ``objectives`` (n,); places and ends are room to work in."""
    n, k = start.shape
    information, downhill = np.empty((k, k)), np.empty(k)
    for row in range(n):
        spectrum = Spectrum(target[row], weight[row])
        for a in range(k):
            here.layers[0][0, a] = start[row, a]
        _decode(decoder, spectrum, here)
        n_step, going = 0, True
        while going and n_step < STEPS:
            _normal_equations(decoder, spectrum, here, information, downhill)
            step = _solution(_root(information), downhill)
            squared = 0.0
            for a in range(k):
                squared += step[a] * downhill[a]
            _go(decoder, spectrum, here, step, 1.0, there)
            if here.scores[1] - there.scores[1] < SUFFICIENT * squared / 2:
                _go(decoder, spectrum, here, step, SHORTER, shorter)
                if shorter.scores[1] < min(there.scores[1], here.scores[1]):
                    there, shorter = shorter, there
            going = there.scores[1] < here.scores[1]
            if going:
                here, there = there, here
            going = going and squared > ARRIVED**2
            n_step += 1
        if going:
            _normal_equations(decoder, spectrum, here, information, downhill)
        objectives[row] = here.scores[1]
        for a in range(k):
            means[row, a] = here.layers[0][0, a]
        _across(decoder, spectrum, here, information, ends, covariances[row])


@compiled
def _go(decoder, spectrum, here, step, share, there):
    """Fill the place ``there``, a share of a step away."""
    for a in range(len(step)):
        there.layers[0][0, a] = here.layers[0][0, a] + np.float32(share) * np.float32(step[a])
    _decode(decoder, spectrum, there)


@compiled
def _decode(decoder, spectrum, place):
    """Fill a place whose latents are given."""
    _hidden(decoder, place.layers)
    units, values = _open(place.layers[-1])
    for p in range(len(decoder.offset)):
        place.shape[0, p] = decoder.offset[p]
    _add(values, units, decoder.last, 0, place.shape)
    _score(decoder, spectrum, place)


@compiled
def _score(decoder, spectrum, place):
    """Fill the scores of a place."""
    target, weight, shape, variance = spectrum.target, spectrum.weight, place.shape[0], decoder.variance
    amplitude, total = 1.0, 0.0
    if variance > 0:
        along, known = 0.0, 0.0
        for first in range(0, decoder.n_pixel, TILE):
            some, square = np.float32(0), np.float32(0)
            for p in range(first, min(first + TILE, decoder.n_pixel)):
                weighted = weight[p] * shape[p]
                some += weighted * target[p]
                square += weighted * shape[p]
            along += some
            known += square
        amplitude = (1 + variance * along) / (1 + variance * known)
        total = (amplitude - 1) ** 2 / variance
    total += _chi2(spectrum, shape, 0, decoder.n_pixel, np.float32(amplitude))
    total += _chi2(spectrum, shape, decoder.n_pixel, len(shape), np.float32(1))
    for a in range(place.layers[0].shape[1]):
        total += decoder.prior * place.layers[0][0, a] ** 2
    place.scores[0], place.scores[1] = amplitude, total / 2


@compiled
def _chi2(spectrum, shape, start, stop, amplitude):
    """Chi-squared of the outputs from ``start`` to ``stop``."""
    total = 0.0
    for first in range(start, stop, TILE):
        some = np.float32(0)
        for p in range(first, min(first + TILE, stop)):
            residual = spectrum.target[p] - amplitude * shape[p]
            some += spectrum.weight[p] * residual * residual
        total += some
    return total


@compiled
def _hidden(decoder, layers):
    """Fill the hidden layers, each (m, width), from the first, the latents."""
    for i in range(len(decoder.biases)):
        bias, values = decoder.biases[i], layers[i + 1]
        for row in range(len(values)):
            for unit in range(len(bias)):
                values[row, unit] = bias[unit]
        units, inputs = _open(layers[i])
        _add(inputs, units, decoder.transposed[i], 0, values)
        for row in range(len(values)):
            for unit in range(len(bias)):
                values[row, unit] = max(values[row, unit], np.float32(0))


@compiled
def _open(layer):
    """Numbers (q,) of the units of a layer (m, width) that are not 0 in all rows, and their values (m, q)."""
    m, width = layer.shape
    units, q = np.empty(width, np.int64), 0
    for unit in range(width):
        for row in range(m):
            if layer[row, unit] != 0:
                units[q] = unit
                q += 1
                break
    values = np.empty((m, q), np.float32)
    for row in range(m):
        for u in range(q):
            values[row, u] = layer[row, units[u]]
    return units[:q], values


@compiled
def _add(values, units, weight, first, out):
    """Add to ``out`` (m, n) what units of values (m, q) give to the outputs from ``first`` on.

    ``weight`` (width, n_output) has a row for each unit.
    """
    n, whole = out.shape[1], len(units) - len(units) % AT_ONCE
    for u in range(0, whole, AT_ONCE):
        one, two = weight[units[u], first : first + n], weight[units[u + 1], first : first + n]
        three, four = weight[units[u + 2], first : first + n], weight[units[u + 3], first : first + n]
        for row in range(len(out)):
            a, b, c, d = values[row, u], values[row, u + 1], values[row, u + 2], values[row, u + 3]
            sums = out[row]
            for p in range(n):
                sums[p] += a * one[p] + b * two[p] + c * three[p] + d * four[p]
    for u in range(whole, len(units)):
        one = weight[units[u], first : first + n]
        for row in range(len(out)):
            a, sums = values[row, u], out[row]
            for p in range(n):
                sums[p] += a * one[p]


@compiled
def _normal_equations(decoder, spectrum, place, information, downhill):
    """Fill the inverse covariance (k, k) under the Jacobian, and the gradient downhill (k,)."""
    k = len(downhill)
    slopes = np.zeros((k, k), np.float32)
    for a in range(k):
        slopes[a, a] = 1
    for i in range(len(decoder.weights)):
        weight, values = decoder.weights[i], place.layers[i + 1]
        inputs, slopes = slopes, np.zeros((k, len(weight)), np.float32)
        for unit in range(len(weight)):
            if values[0, unit] > 0:
                for a in range(k):
                    total = np.float32(0)
                    for c in range(weight.shape[1]):
                        total += inputs[a, c] * weight[unit, c]
                    slopes[a, unit] = total
    _inform(decoder, spectrum, place, slopes, information, downhill)
    for a in range(k):
        information[a, a] += decoder.prior
        downhill[a] -= decoder.prior * place.layers[0][0, a]


@compiled
def _inform(decoder, spectrum, place, slopes, information, downhill):
    """Fill the Fisher information (k, k) in k directions, amplitude marginalised, and what falls along them, (k,).

    ``slopes`` (k, width) are what the directions do to the last hidden layer.
    """
    k, n_pixel, n_output = len(slopes), decoder.n_pixel, len(decoder.offset)
    units, values = _open(slopes)
    shared, columns, known = np.zeros(k), np.zeros(k), 0.0
    for a in range(k):
        downhill[a] = 0
        for b in range(k):
            information[a, b] = 0
    for first in range(0, n_pixel, TILE):
        change = np.zeros((k, min(TILE, n_pixel - first)), np.float32)
        _add(values, units, decoder.last, first, change)
        known += _add_tile(spectrum, place.shape[0], change, first, place.scores[0], information, downhill, shared)
    for first in range(n_pixel, n_output, TILE):
        change = np.zeros((k, min(TILE, n_output - first)), np.float32)
        _add(values, units, decoder.last, first, change)
        _add_tile(spectrum, place.shape[0], change, first, 1.0, information, downhill, columns)
    for a in range(k):
        for b in range(a + 1):
            if decoder.variance > 0:
                information[a, b] -= shared[a] * shared[b] / (1 / decoder.variance + known)
            information[b, a] = information[a, b]


@compiled
def _add_tile(spectrum, shape, change, first, amplitude, information, downhill, shared):
    """Add what outputs from ``first`` on, with slopes ``change`` (k, n), give to `_inform`; returns f^T W f of them."""
    k, n = change.shape
    factor, weighted, known = np.float32(amplitude), np.empty(n, np.float32), np.float32(0)
    target, weight, shape = (
        spectrum.target[first : first + n],
        spectrum.weight[first : first + n],
        shape[first : first + n],
    )
    for p in range(n):
        known += weight[p] * shape[p] * shape[p]
    for a in range(k):
        along, pull = np.float32(0), np.float32(0)
        for p in range(n):
            weighted[p] = factor * weight[p] * change[a, p]
            along += weighted[p] * shape[p]
            pull += weighted[p] * (target[p] - factor * shape[p])
        shared[a] += along
        downhill[a] += pull
        for b in range(a + 1):
            total = np.float32(0)
            for p in range(n):
                total += weighted[p] * change[b, p]
            information[a, b] += amplitude * total
    return known


@compiled
def _across(decoder, spectrum, place, information, ends, covariance):
    """Fill the covariance (k, k) from differences of the decoder across the width of the inverse of ``information``."""
    k = len(information)
    root = _root(_inverse(information))
    for a in range(k):
        for b in range(k):
            middle, aside = place.layers[0][0, b], np.float32(root[b, a])
            ends[0][a, b], ends[0][k + a, b] = middle + aside, middle - aside
    _hidden(decoder, ends)
    outer = ends[-1]
    slopes = np.empty((k, outer.shape[1]), np.float32)
    for a in range(k):
        for unit in range(outer.shape[1]):
            slopes[a, unit] = np.float32(0.5) * (outer[a, unit] - outer[k + a, unit])
    found, downhill = np.empty((k, k)), np.empty(k)
    _inform(decoder, spectrum, place, slopes, found, downhill)
    for a in range(k):
        for b in range(k):
            for c in range(k):
                found[a, b] += decoder.prior * root[c, a] * root[c, b]
    inverse = _inverse(found)
    for a in range(k):
        for b in range(k):
            total = 0.0
            for c in range(k):
                for d in range(k):
                    total += root[a, c] * inverse[c, d] * root[b, d]
            covariance[a, b] = total


@compiled
def _root(matrix):
    """Lower root L of a positive matrix (k, k) = L L^T (Cholesky)."""
    k = len(matrix)
    root = np.zeros((k, k))
    for a in range(k):
        for b in range(a + 1):
            total = matrix[a, b]
            for c in range(b):
                total -= root[a, c] * root[b, c]
            root[a, b] = np.sqrt(max(total, SINGULAR * matrix[a, a])) if a == b else total / root[b, b]
    return root


@compiled
def _solution(root, right):
    """What L L^T turns into ``right`` (k,)."""
    k = len(right)
    values = np.empty(k)
    for a in range(k):
        total = right[a]
        for b in range(a):
            total -= root[a, b] * values[b]
        values[a] = total / root[a, a]
    for a in range(k - 1, -1, -1):
        total = values[a]
        for b in range(a + 1, k):
            total -= root[b, a] * values[b]
        values[a] = total / root[a, a]
    return values


@compiled
def _inverse(matrix):
    """Inverse of a positive matrix (k, k)."""
    k, root = len(matrix), _root(matrix)
    inverse, unit = np.empty((k, k)), np.zeros(k)
    for a in range(k):
        unit[a] = 1
        column = _solution(root, unit)
        unit[a] = 0
        for b in range(k):
            inverse[a, b] = column[b]
    return inverse
