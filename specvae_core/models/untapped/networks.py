"""The networks of Untapped and the distributions that they parameterise: Gemp et al. (2017), Eqs. 3, 5 and 6."""

import torch
from torch import Tensor
from torch.func import functional_call

from ...errors import BadConfig
from ...grid import SpectralGrid
from ..networks import mlp
from ..training import GradientModel
from .distributions import Bernoulli, BoundedNormal, Concrete, Gaussian, LogisticNormal
from .settings import SETTINGS, Setting, UntappedConfig

LOG_SIGMA = (-5.0, 2.0)
"""Limits of the logarithm of every standard deviation."""


class UntappedNetworks(GradientModel):
    """Three networks between spectra x, fractions y and nuisances z, and the buffers that scale spectra.

    Attributes
    ----------
    mean
        (n_pixel,) mean spectrum of the training set.
    scatter
        Root-mean-square distance of the training spectra from it.
    error_scale
        (n_endmember,) factor on the 1-sigma errors of abundances.
    usual_nuisance
        (n_nuisance,) mean nuisances of the training spectra.
    """

    config: UntappedConfig

    def __init__(self, grid: SpectralGrid, config: UntappedConfig) -> None:
        super().__init__(grid, config)
        if len(config.names) < 2:
            raise BadConfig(
                "The model untapped needs at least two endmembers: ingest with --simplex, or name the columns with "
                "their fractions, as in --components olivine,pyroxene,plagioclase."
            )
        setting, k, m = self.setting, len(config.names), config.n_nuisance
        n_ratio = k if setting.discrete else 2 * (k - 1)
        n_spectrum = grid.n_pixel if setting.discrete else 2 * grid.n_pixel
        self.fractions_network = mlp(grid.n_pixel, *setting.to_fractions, n_ratio, activation=setting.activation)
        self.nuisance_network = mlp(grid.n_pixel + k, *setting.to_nuisance, 2 * m, activation=setting.activation)
        self.spectrum_network = mlp(k + m, *setting.to_spectrum, n_spectrum, activation=setting.activation)
        self.register_buffer("mean", torch.zeros(grid.n_pixel))
        self.register_buffer("scatter", torch.ones(()))
        self.register_buffer("error_scale", torch.ones(k))
        self.register_buffer("usual_nuisance", torch.zeros(m))

    @property
    def setting(self) -> Setting:
        """Layers and weights of the paper for this kind of data (appendix A.2)."""
        return SETTINGS[self.config.setting]

    @property
    def n_latent(self) -> int:
        """Number of fractions and nuisances together."""
        return len(self.config.names) + self.config.n_nuisance

    @property
    def reverse(self) -> float:
        """Weight of the reverse direction: the setting ``reverse``, or the paper's where that is -1."""
        return self.setting.reverse if self.config.reverse < 0 else self.config.reverse

    @property
    def pixel_weight(self) -> float:
        """Weight of a pixel beside the fractions, so that finer pixels do not weigh a spectrum more."""
        return self.setting.n_pixel / self.grid.n_pixel

    def fractions_given(self, x: Tensor) -> LogisticNormal | Concrete:
        """q(y|x), Eq. 5, of standardised spectra (n, n_pixel)."""
        return self._fractions_from(self.fractions_network(x))

    def _fractions_from(self, out: Tensor) -> LogisticNormal | Concrete:
        return Concrete(out) if self.setting.discrete else LogisticNormal(*_halves(out))

    def nuisance_given(self, x: Tensor, y: Tensor) -> BoundedNormal:
        """q(z|x,y), Eq. 6, of standardised spectra (n, n_pixel) and fractions (n, k)."""
        return BoundedNormal(*_halves(self.nuisance_network(torch.cat([x, y], dim=1))))

    def spectrum_given(self, y: Tensor, z: Tensor) -> Gaussian | Bernoulli:
        """p(x|y,z), Eq. 3, standardised, of fractions (n, k) and nuisances (n, m)."""
        out = self.spectrum_network(torch.cat([y, z], dim=1))
        return Bernoulli(out) if self.setting.discrete else Gaussian(*_halves(out))

    def fractions_given_frozen(self, x: Tensor) -> LogisticNormal | Concrete:
        """q(y|x) with its weights held constant, so that gradients reach the spectra (n, n_pixel) alone."""
        weights = {name: value.detach() for name, value in self.fractions_network.named_parameters()}
        return self._fractions_from(functional_call(self.fractions_network, weights, (x,)))

    def standardised(self, flux: Tensor) -> Tensor:
        """Flux (n, n_pixel) in units of the scatter about the mean spectrum, 0 in holes."""
        return torch.nan_to_num((flux - self.mean) / self.scatter)


def _halves(out: Tensor) -> tuple[Tensor, Tensor]:
    location, log_sigma = out.chunk(2, dim=1)
    return location, log_sigma.clamp(*LOG_SIGMA)
