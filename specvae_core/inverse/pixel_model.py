"""A model's spectrum on the pixels of a file, which it reaches at some redshift, blurred, as averages.

For the integral see `observed`. Pixels of the grid are averages as well, so that between their centres the curve is the
quadratic spline whose averages over them are the decoded values.
"""

import numpy as np
import torch
from torch import Tensor

from ..data.resample import pixel_bounds
from ..models import LatentModel
from .instrument_operators import Blur

REACH = 16
"""Pixels from which on a decoded value leaves a spline as it is, by a part in a thousand million."""


class PixelModel:
    """A model on m pixels of a file. Points are float64 (2 + k,): amplitude, ln(1 + z), latents.

    Parameters
    ----------
    model
        A model on a wavelength grid whose decoder can be differentiated.
    wavelength
        (m,) vacuum Angstrom in the observed frame, rising.
    resolution
        λ / FWHM of the instrument; ``None`` for that of the spectra that the model was trained on.
    """

    def __init__(self, model: LatentModel, wavelength: np.ndarray, resolution: float | None) -> None:
        grid = model.grid
        bounds = np.round(pixel_bounds(np.asarray(wavelength, float)), 6)  # neighbours share an edge
        edges, numbers = np.unique(bounds, return_inverse=True)
        self.edges = torch.from_numpy((np.log10(edges) - grid.log10_start) / grid.log10_step)
        self.low, self.high = torch.from_numpy(numbers.reshape(bounds.shape))
        self.width = self.edges[self.high] - self.edges[self.low]
        self.per_pixel = grid.log10_step * np.log(10)
        self.n = grid.n_pixel
        self.decoder = model.eval().decode_gradient
        self.blur = Blur(grid, resolution) if resolution else None

    def decoded(self, latents: Tensor) -> Tensor:
        """Spectra (r, n_pixel) of the grid, at the resolution of the instrument."""
        with torch.no_grad():
            spectra = self.decoder(latents.float()).double()
        return spectra if self.blur is None else self.blur.forward(spectra)

    def ends(self, log_z: Tensor | float) -> tuple[Tensor, Tensor]:
        """Ends (m,) of the pixels at a redshift, in pixels of the grid, whose first one has its centre at 0."""
        edges = self.edges - log_z / self.per_pixel
        return edges[self.low], edges[self.high]

    def reach(self, log_z: float) -> Tensor:
        """Which pixels (m,) the model reaches, with some room to move."""
        low, high = self.ends(log_z)
        return (low >= 3) & (high <= self.n - 4)

    def expected(self, points: Tensor) -> Tensor:
        """Model (r, m) on the pixels of the file at points (r, 2 + k): the exact mean of the spline."""
        spectra = self.decoded(points[:, 2:])
        low, middle, high = _mean_preserving(spectra).unfold(1, self.n - 2, 1).unbind(1)
        spectra = spectra[:, 1:-1]
        edges = self.edges - points[:, 1:2] / self.per_pixel
        whole = edges.round().clamp(1, self.n - 2)
        t, cell = (edges - whole).clamp(-1, 1), whole.long() - 1
        terms = (low + 6 * middle + high) / 8, (high - low) / 4, (low - 2 * middle + high) / 6
        one, two, three = (term.gather(1, cell) for term in terms)
        centre = (spectra.cumsum(dim=1) - spectra + (7 * low + 16 * middle + high) / 48).gather(1, cell)
        integral = centre + t * (one + t * (two + t * three))
        return points[:, :1] * (integral[:, self.high] - integral[:, self.low]) / self.width

    def changes(self, point: Tensor, directions: Tensor) -> Tensor:
        """Differences (r, m) of the model across directions (r, 2 + k), to either side."""
        ahead, behind = self.expected(torch.cat([point + directions, point - directions])).chunk(2)
        return (ahead - behind) / 2


def _mean_preserving(spectra: Tensor) -> Tensor:
    """Coefficients (r, n_pixel) of the quadratic B-splines whose means over the pixels are the values of spectra.

    These means are 1/6, 4/6 and 1/6 of a coefficient and its neighbours, as values of cubic splines at their knots are,
    and the filter of those undoes them (Unser 1999).
    """
    from scipy.ndimage import spline_filter1d

    padded = np.pad(spectra.numpy(), ((0, 0), (REACH, REACH)), mode="edge")
    return torch.from_numpy(spline_filter1d(padded, 3, axis=1, mode="nearest")[:, REACH:-REACH])
