"""A track: synthetic spectra along a path through latent space (Portillo et al. 2020, section 3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..grid import SpectralGrid
from .support import EXTRAPOLATION


@dataclass(frozen=True, eq=False)
class Track:
    """Synthetic spectra in m equal steps along a path through latent space, and what was measured on them.

    Parameters
    ----------
    title
        Name that people read.
    model, survey
        Ids of the model that decodes the track and of the survey that it was made in.
    way
        The path as JSON: ``kind`` and the parameters of a class of `track_paths`.
    names
        Names of the d components.
    grid
        Wavelength grid of the spectra.
    latents, components
        (m, d) latents, and their principal components.
    position
        (m,) distance along the track, in units of the latents.
    flux
        (m, n_pixel) float32, synthetic spectra in units of their mean.
    support
        (m,) percentile of the local density of training spectra; see `support.Support.percentile`.
    density
        (m,) per cent of objects that a density fitted to the latents did not see and that lie less densely than each
        step; NaN where none was fitted.
    nearest
        (m, k) ids of the nearest observed spectra, the nearest first.
    lines
        Measurements of the lines, (m,) each; see `track_lines.measure_lines`.
    """

    title: str
    model: str
    survey: str
    way: Mapping[str, object]
    names: tuple[str, ...]
    grid: SpectralGrid
    latents: np.ndarray
    components: np.ndarray
    position: np.ndarray
    flux: np.ndarray
    support: np.ndarray
    density: np.ndarray
    nearest: np.ndarray
    lines: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.latents)

    @property
    def extrapolated(self) -> np.ndarray:
        """Steps that training spectra do not support, by their neighbours or by the fitted density, (m,) bool."""
        return (self.support < EXTRAPOLATION) | (self.density < EXTRAPOLATION)
