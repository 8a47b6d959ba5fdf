"""Spectra of one length side by side, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .block import Block
from .readers.axis import ASSUMED_UNIT
from .spectra import Observation


@dataclass(frozen=True, eq=False)
class Stack:
    """Spectra with one number of pixels, all with errors or all without, all in air or all in vacuum.

    Parameters
    ----------
    observations
        n spectra, looked at one by one where one of them is refused.
    wavelength
        (n, m), or (m,) where it is that of all; Angstrom.
    flux
        (n, m).
    ivar
        (n, m), ``None`` without errors.
    redshift
        (n,) to divide out, NaN where one is missing that should be there; 0 at rest.
    """

    observations: Sequence[Observation]
    wavelength: np.ndarray
    flux: np.ndarray
    ivar: np.ndarray | None
    redshift: np.ndarray

    @classmethod
    def of(cls, spectra: Sequence[Observation] | Block) -> "Stack":
        """The arrays of some spectra."""
        if isinstance(spectra, Block):
            at_rest = spectra.redshift is None or spectra.rest_frame
            redshift = np.zeros(len(spectra)) if at_rest else np.asarray(spectra.redshift, float)
            return cls(spectra, spectra.wavelength, spectra.flux, spectra.ivar, redshift)
        at_rest = [each.redshift is None or each.rest_frame for each in spectra]
        redshift = [0.0 if rest else each.redshift for rest, each in zip(at_rest, spectra, strict=True)]
        return cls(
            spectra,
            np.array([each.wavelength for each in spectra], dtype=float),
            np.array([each.flux for each in spectra], dtype=float),
            None if spectra[0].ivar is None else np.array([each.ivar for each in spectra], dtype=float),
            np.array(redshift, dtype=float),
        )

    def __len__(self) -> int:
        return len(self.flux)

    def __getitem__(self, row: int) -> Observation:
        return self.observations[row]

    @property
    def unit_assumed(self) -> np.ndarray:
        """Whether the unit of wavelengths was assumed, (n,) bool."""
        every = [self.observations] if isinstance(self.observations, Block) else self.observations
        assumed = [each.understood is not None and ASSUMED_UNIT in each.understood.assumed for each in every]
        return np.broadcast_to(assumed, len(self))
