"""Solutions of inverse problems."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Step:
    """State of a search after a step.

    Parameters
    ----------
    number
        Steps taken so far.
    latents
        (n, k) the best code of each spectrum so far.
    misfit
        (n,) its misfit, as in `Solution`.
    """

    number: int
    latents: np.ndarray
    misfit: np.ndarray


Watch = Callable[[Step], None]


@dataclass(frozen=True, eq=False)
class Solution:
    """Solution of an inverse problem for n spectra.

    Parameters
    ----------
    latents
        (n, k) the best codes.
    spectra
        (n, n_pixel) the best estimate of each whole spectrum, hidden pixels and seen ones.
    sigma
        (n, n_pixel) its 1-sigma error, calibrated where a calibration was given.
    band68, band95
        (n, 2, n_pixel) lower and upper limits that hold the true flux with 68 and 95% probability.
    response
        (n, n_pixel) derivative of each pixel of the estimate in the noise of that same pixel: 0 where it is hidden, 1
        where the estimate repeats the datum.
    draws
        (n, n_draw, n_pixel) whole spectra from the posterior, errors of neighbouring pixels together; n_draw as asked.
    misfit
        (n,) χ² per seen datum, under noise and residual model together: about 1 where the model explains the data.
    trace
        (n_steps + 1, n) misfit after each step, the start first.
    path
        (n_steps + 1, n, k) the best code after each step, the start first.
    alternatives, alternatives_misfit
        (n, n_alt, k) and (n, n_alt) other codes that fit as well (another start ended there), best first; NaN where
        there are fewer.
    n_steps
        Steps until the last spectrum had converged.
    converged
        (n,) bool; false where the search was stopped or ran into its limit.
    """

    latents: np.ndarray
    spectra: np.ndarray
    sigma: np.ndarray
    band68: np.ndarray
    band95: np.ndarray
    response: np.ndarray
    draws: np.ndarray
    misfit: np.ndarray
    trace: np.ndarray
    path: np.ndarray
    alternatives: np.ndarray
    alternatives_misfit: np.ndarray
    n_steps: int
    converged: np.ndarray

    @classmethod
    def joined(cls, solutions: Sequence["Solution"]) -> "Solution":
        """Solutions of several batches as one; a batch that arrived earlier stays where it was."""
        n_steps = max(solution.n_steps for solution in solutions)
        values = {}
        for name in cls.__dataclass_fields__:
            parts = [getattr(solution, name) for solution in solutions]
            if name in ("trace", "path"):
                last = [np.repeat(part[-1:], n_steps + 1 - len(part), axis=0) for part in parts]
                parts = [np.concatenate(pair) for pair in zip(parts, last, strict=True)]
                values[name] = np.concatenate(parts, axis=1)
            elif name != "n_steps":
                values[name] = np.concatenate(parts)
        return cls(n_steps=n_steps, **values)
