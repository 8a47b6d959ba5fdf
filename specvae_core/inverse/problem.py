"""Inverse problems y = A x + η (Rissaki et al. 2020, Eq. 1), for many spectra at once."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..data.spectra import SpectraSet
from ..errors import BadConfig
from .operators import LinearOperator

UNKNOWN_NOISE = 1e6
"""Inverse variance of spectra that came without errors: the residuals of the decoder are then their only error."""


@dataclass(frozen=True, eq=False)
class InverseProblem:
    """Measurements of spectra that are sought.

    Parameters
    ----------
    operator
        The operator A, from spectra on the model's grid to data.
    observed
        (n, n_out) y, in units in which the spectrum's mean flux is about 1; anything finite where ``ivar`` is 0.
    ivar
        (n, n_out) inverse variance of η; 0 where nothing was seen.

    Raises
    ------
    BadConfig
        Shapes that do not fit, values that are not finite, a negative ivar, or a spectrum without anything seen.
    """

    operator: LinearOperator
    observed: np.ndarray
    ivar: np.ndarray

    def __post_init__(self) -> None:
        expected = (len(self.observed), self.operator.n_out)
        for name in ("observed", "ivar"):
            array = getattr(self, name)
            if array.shape != expected:
                raise BadConfig(f"{name} has shape {array.shape}, but the operator calls for {expected}.")
            if not np.isfinite(array).all():
                raise BadConfig(
                    f"{int((~np.isfinite(array)).sum())} values of {name} are not numbers: give them an inverse "
                    "variance of 0 and any finite flux."
                )
        if (self.ivar < 0).any():
            raise BadConfig("An inverse variance is negative: it must be 0 (not seen) or positive.")
        blind = np.flatnonzero(~(self.ivar > 0).any(axis=1))
        if len(blind):
            raise BadConfig(
                f"Nothing is left to see of {len(blind)} of {len(self.ivar)} spectra (the first is number "
                f"{blind[0] + 1}): hide less."
            )

    def tensors(self, rows: slice = slice(None)) -> tuple[Tensor, Tensor]:
        """Some rows of ``observed`` and ``ivar`` as float64 tensors."""
        return torch.as_tensor(self.observed[rows]).double(), torch.as_tensor(self.ivar[rows]).double()

    def __len__(self) -> int:
        return len(self.observed)


def measured_ivar(spectra: SpectraSet) -> np.ndarray:
    """(n, n_pixel) float64 ivar; a spectrum whose errors were only assumed at ingest counts as noiseless."""
    ivar = spectra.ivar.astype(float)
    if "assumed_sn" not in spectra.table:
        return ivar
    assumed = np.isfinite(spectra.table["assumed_sn"].to_numpy(dtype=float))
    return np.where(assumed[:, None] & (ivar > 0), UNKNOWN_NOISE, ivar)
