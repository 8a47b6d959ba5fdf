"""A survey under a model: latents, and how well each spectrum is reconstructed."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .analysis.basis import Basis, principal_basis
from .analysis.latent_errors import LatentErrors
from .atomic import write_with
from .npz import map_npz, write_npz

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Encoding:
    """A survey under a model: all that a map needs.

    Parameters
    ----------
    latents
        (n, n_latent) float32, posterior means.
    log_variance
        (n, n_latent) float32, log of the posterior variance; ``None`` for models without one.
    correlation_factor
        (n, n_latent (n_latent + 1) / 2) float16, see `LatentErrors`; ``None`` for models that know no correlations, and
        for encodings of version 0.2 and before.
    chi2_per_pixel
        (n,) float32, mean over seen pixels of ``ivar * (flux - reconstruction) ** 2``; NaN without seen pixels.
    squared_error
        (n,) float32, mean over seen pixels of the squared residual of normalised flux.
    n_seen
        (n,) int32, number of seen pixels.
    basis
        Principal components of the latents, the axes of maps; computed here unless given.
    """

    latents: np.ndarray
    log_variance: np.ndarray | None
    chi2_per_pixel: np.ndarray
    squared_error: np.ndarray
    n_seen: np.ndarray
    basis: Basis | None = None
    correlation_factor: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.basis is None:
            object.__setattr__(self, "basis", principal_basis(self.latents, self.log_variance))

    @property
    def errors(self) -> LatentErrors | None:
        """Errors of the latents; ``None`` for models without a posterior."""
        return None if self.log_variance is None else LatentErrors(self.log_variance, self.correlation_factor)

    def component_names(self, model: str) -> tuple[str, ...]:
        """Names of the principal components: *VAE 1*… under a model with a posterior, else the model's own name.

        Where that is long, as *embedding*, they are called *PC 1*…
        """
        own = model.upper() if len(model) <= LONGEST_AXIS else "PC"
        word = "VAE" if self.log_variance is not None else own
        return tuple(f"{word} {number + 1}" for number in range(self.latents.shape[1]))


LONGEST_AXIS = 4
"""Letters of a model's name that stand in the names of axes."""

MADE_FROM = "made_from"
ENCODED = ("latents", "log_variance", "correlation_factor", "chi2_per_pixel", "squared_error", "n_seen")
"""The arrays of an `Encoding` with one entry for each object."""


def write_encoding(path: Path, encoding: Encoding, made_from: str = "") -> None:
    """Write an encoding, basis included, as ``.npz`` in one step, with a text that names its model and survey."""
    arrays = {name: getattr(encoding, name) for name in ENCODED if getattr(encoding, name) is not None}
    if made_from:
        arrays[MADE_FROM] = np.array(made_from)
    arrays |= {f"basis_{name}": array for name, array in vars(encoding.basis).items()}
    write_with(path, lambda temporary: write_npz(temporary, arrays))


def read_encoding(path: Path, made_from: str = "") -> Encoding | None:
    """Read what `write_encoding` wrote; ``None`` where it is of another model or survey, or is damaged.

    An encoding is computed again within seconds, so that a damaged one is as good as none.
    """
    try:
        return _read(path, made_from)
    except (OSError, ValueError, TypeError) as error:
        log.warning("the encoding %s cannot be read (%s): it counts as not computed", path, error)
        return None


def _read(path: Path, made_from: str) -> Encoding | None:
    arrays = map_npz(path)
    known = str(arrays[MADE_FROM]) if MADE_FROM in arrays else made_from  # files of older versions do not say
    if made_from and known != made_from:
        return None
    basis = {name: arrays.get(f"basis_{name}") for name in Basis.__dataclass_fields__}
    known = all(array is not None for array in basis.values())  # files of older versions lack it
    return Encoding(**{name: arrays.get(name) for name in ENCODED}, basis=Basis(**basis) if known else None)
