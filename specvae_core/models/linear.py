"""Linear models of spectra, the base of PCA and NMF: components fitted by alternating weighted least squares.

Both minimise, over coefficients :math:`c` (n, k) and components :math:`v` (k, n_pixel),

.. math:: \\chi^2 = \\sum_{ip} w_{ip} (x_{ip} - m_p - \\sum_k c_{ik} v_{kp})^2

with :math:`w` the ivar, so that unseen pixels (ivar 0) have weight 0. For given components each spectrum is a small
least-squares problem, and for given coefficients each pixel is; one sweep over the survey does the first, chunk by
chunk, and gathers the sums that the second needs.
"""

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from ..data.spectra import SpectraSet
from ..grid import SpectralGrid, check_grid
from ..progress import Progress, Report, ignore
from ..settings import option
from .abilities import Ability
from .base import LatentModel
from .config import ModelConfig
from .spectra_tensors import CHUNK, spectra_tensors


@dataclass(frozen=True)
class LinearConfig(ModelConfig):
    """Settings of models fitted by alternating least squares."""

    max_iterations: int = option(
        100, "stop after this many sweeps at the latest", minimum=1, maximum=100_000, title="Sweeps at most"
    )
    tolerance: float = option(
        1e-4,
        "stop when a sweep lowers chi-squared by less than this share",
        minimum=1e-9,
        maximum=0.5,
        title="Stop below a gain of",
    )


class LinearModel(LatentModel):
    """Spectra as a mean plus components times coefficients; the coefficients are the latents."""

    config: LinearConfig
    abilities = frozenset({Ability.DECODES_GRADIENT, Ability.DECODES_LINEARLY, Ability.TAKES_HOLES})

    def __init__(self, grid: SpectralGrid, config: LinearConfig) -> None:
        super().__init__(grid, config)
        self.register_buffer("mean", torch.zeros(grid.n_pixel))
        self.register_buffer("components", torch.zeros(config.n_latent, grid.n_pixel))

    @abstractmethod
    def start(self, flux: Tensor, ivar: Tensor, generator: torch.Generator) -> None:
        """Fill the buffers with a first guess from flux and ivar (n, n_pixel)."""

    @abstractmethod
    def solve(self, matrix: Tensor, right: Tensor, start: Tensor | None = None) -> Tensor:
        """Coefficients (m, k) that minimise c·matrix·c - 2 c·right, for matrix (m, k, k) and right (m, k).

        From a ``start`` (m, k), one improving step suffices.
        """

    @abstractmethod
    def tidy(self, latents: Tensor) -> None:
        """Bring components to their standard form; ``latents`` (n, k) belong to the present ones."""

    def encode_batch(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Latents (n, n_latent) by weighted least squares on the seen pixels."""
        return self._latents(flux.nan_to_num(), ivar).float()

    def _latents(self, flux: Tensor, ivar: Tensor, start: Tensor | None = None) -> Tensor:
        target = flux.double() - self.mean.double()
        return self.solve(*normal_equations(ivar.double(), target, self.components.double()), start)

    def decode_gradient(self, latents: Tensor) -> Tensor:
        """Spectra (n, n_pixel) of latents (n, n_latent)."""
        return self.mean + latents @ self.components

    def fit(
        self, spectra: SpectraSet, report: Report = ignore, *, seed: int = 0, checkpoint: Path | None = None
    ) -> Self:
        """Learn from a survey; see `LatentModel.fit`. A few sweeps suffice, so there are no checkpoints."""
        check_grid(self.grid, spectra.grid)
        self.flux_scale = spectra.scale
        split = self.divide(spectra)
        flux, ivar = spectra_tensors(spectra, split.training)
        held_out = spectra_tensors(spectra, split.validation)
        for tensor in (flux, held_out[0]):
            tensor.nan_to_num_()  # unseen pixels are multiplied by an ivar of 0 all along
        self.history = []
        with torch.inference_mode():
            self.start(flux, ivar, torch.Generator().manual_seed(seed))
            latents, held_out_latents = ([None for _ in part.split(CHUNK)] for part in (flux, held_out[0]))
            last = float("inf")
            for sweep in range(1, self.config.max_iterations + 1):
                loss, components = self._sweep(flux, ivar, latents, report)
                values = {"train/loss": loss, "validation/loss": self._loss(*held_out, held_out_latents)}
                self.history.append({"epoch": sweep, **values})
                message = f"sweep {sweep}: ½χ² per spectrum {loss:.5g}"
                report(Progress(sweep / self.config.max_iterations, message, sweep, values))
                if loss > last * (1 - self.config.tolerance):
                    break
                last = loss
                self.components.copy_(components)
            self.tidy(torch.cat([self.encode_batch(f, w) for f, w in _chunks(flux, ivar)]))
        return self.eval()

    def _sweep(self, flux: Tensor, ivar: Tensor, latents: list[Tensor | None], report: Report) -> tuple[float, Tensor]:
        """The mean loss per spectrum under the present components, and the components that come next.

        ``latents`` holds those of each chunk, ``None`` before the first sweep, and is updated.
        """
        k = self.n_latent
        matrix = torch.zeros(self.grid.n_pixel, k, k, dtype=torch.double)
        right = torch.zeros(self.grid.n_pixel, k, dtype=torch.double)
        loss = 0.0
        for i, (some_flux, some_ivar) in enumerate(_chunks(flux, ivar)):
            report(Progress(None, "least squares"))
            latents[i] = self._latents(some_flux, some_ivar, latents[i])
            loss += _half_chi2(some_flux, some_ivar, self.decode_gradient(latents[i].float()))
            target = (some_flux - self.mean).double()
            more_matrix, more_right = normal_equations(some_ivar.T.double(), target.T, latents[i].T)
            matrix += more_matrix
            right += more_right
        return loss / max(len(flux), 1), self.solve(matrix, right, self.components.T.double()).T.float()

    def _loss(self, flux: Tensor, ivar: Tensor, latents: list[Tensor | None]) -> float:
        """The mean loss per spectrum; ``latents`` as in `_sweep`."""
        loss = 0.0
        for i, (some_flux, some_ivar) in enumerate(_chunks(flux, ivar)):
            latents[i] = self._latents(some_flux, some_ivar, latents[i])
            loss += _half_chi2(some_flux, some_ivar, self.decode_gradient(latents[i].float()))
        return loss / max(len(flux), 1)


def normal_equations(weight: Tensor, target: Tensor, basis: Tensor) -> tuple[Tensor, Tensor]:
    """The weighted normal equations of many small problems that share a basis.

    Parameters
    ----------
    weight, target
        (m, p) weights and targets of each problem.
    basis
        (k, p) basis vectors.

    Returns
    -------
    matrix, right
        :math:`\\sum_p w_{mp} v_{kp} v_{lp}`, (m, k, k), and :math:`\\sum_p w_{mp} t_{mp} v_{kp}`, (m, k).
    """
    k = len(basis)
    products = (basis[:, None] * basis[None]).reshape(k * k, -1)
    return (weight @ products.T).reshape(-1, k, k), (weight * target) @ basis.T


def _chunks(flux: Tensor, ivar: Tensor) -> zip:
    return zip(flux.split(CHUNK), ivar.split(CHUNK), strict=True)


def _half_chi2(flux: Tensor, ivar: Tensor, model: Tensor) -> float:
    return 0.5 * float((ivar * (flux - model).square()).sum(dtype=torch.double))
