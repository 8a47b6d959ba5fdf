"""The networks of Untapped and the distributions that they parameterise: Gemp et al. (2017), Eqs. 3, 5 and 6.

They see spectra in *standardised* form, (n, n_input): in units of the survey's scatter about its mean spectrum. With
the inputs ``shape`` each spectrum is first divided by its root mean square, so that squared distances are those of
directions (for small angles the square of the spectral angle times the number of pixels), and the logarithm of that
root mean square is one input and output more.
"""

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional

from ...errors import BadConfig
from ...grid import SpectralGrid
from ..networks import mlp
from ..spectra_tensors import seen_mean, seen_scatter
from ..training import GradientModel
from .distributions import Bernoulli, BoundedNormal, Concrete, Gaussian, LogisticNormal
from .settings import SETTINGS, Setting, UntappedConfig

LOG_SIGMA = (-5.0, 2.0)
"""Limits of the logarithm of every standard deviation."""

SHARPNESS = 30.0
"""Sharpness of the softplus that keeps decoded spectra above 0: a straight line but below 1/30 of the flux."""

FAINTEST = 1e-4
"""Root mean square below which a spectrum has no shape: it is divided by this instead."""


def check_endmembers(config: UntappedConfig) -> None:
    """Refuse settings that name fewer than two endmembers."""
    if len(config.names) < 2:
        raise BadConfig(
            "The model untapped needs at least two endmembers: ingest the files as spectra of mixtures (--simplex), or "
            "name the columns with their fractions as components, as olivine,pyroxene,plagioclase."
        )


class UntappedNetworks(GradientModel):
    """Three networks between spectra x, fractions y and nuisances z, and the buffers that scale spectra.

    Attributes
    ----------
    mean
        (n_pixel,) mean spectrum of the training set, of shapes where these are the inputs.
    scatter
        Root-mean-square distance of the training spectra from it.
    brightness
        (2,) mean and scatter of the natural logarithm of root mean squares, with the inputs ``shape`` alone.
    error_scale
        (n_endmember,) factor on the 1-sigma errors of abundances.
    usual_nuisance
        (n_nuisance,) mean nuisances of the training spectra.
    """

    config: UntappedConfig

    def __init__(self, grid: SpectralGrid, config: UntappedConfig) -> None:
        super().__init__(grid, config)
        check_endmembers(config)
        setting, k, m = self.setting, len(config.names), config.n_nuisance
        if setting.discrete and (config.nonnegative or self.of_shape):
            raise BadConfig("The setting digits is for images: leave inputs at flux and nonnegative at false.")
        n_input = grid.n_pixel + self.of_shape
        n_ratio = k if setting.discrete else 2 * (k - 1)
        n_spectrum = grid.n_pixel if setting.discrete else 2 * n_input
        self.fractions_network = mlp(n_input, *setting.to_fractions, n_ratio, activation=setting.activation)
        self.nuisance_network = mlp(n_input + k, *setting.to_nuisance, 2 * m, activation=setting.activation)
        self.spectrum_network = mlp(k + m, *setting.to_spectrum, n_spectrum, activation=setting.activation)
        if config.bound == "eq21":
            self.label_nuisance_network = mlp(k, *setting.to_nuisance, 2 * m, activation=setting.activation)
        self.register_buffer("mean", torch.zeros(grid.n_pixel))
        self.register_buffer("scatter", torch.ones(()))
        if self.of_shape:
            self.register_buffer("brightness", torch.tensor([0.0, 1.0]))
        self.register_buffer("error_scale", torch.ones(k))
        self.register_buffer("usual_nuisance", torch.zeros(m))

    @property
    def setting(self) -> Setting:
        """Layers and weights of the paper for this kind of data (appendix A.2)."""
        return SETTINGS[self.config.setting]

    @property
    def of_shape(self) -> bool:
        """Whether spectra enter as shape and log brightness."""
        return self.config.inputs == "shape"

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

    # Distributions

    def fractions_given(self, x: Tensor) -> LogisticNormal | Concrete:
        """q(y|x), Eq. 5, of standardised spectra (n, n_input)."""
        return self._fractions_from(self.fractions_network(x))

    def _fractions_from(self, out: Tensor) -> LogisticNormal | Concrete:
        return Concrete(out) if self.setting.discrete else LogisticNormal(*_halves(out))

    def nuisance_given(self, x: Tensor, y: Tensor) -> BoundedNormal:
        """q(z|x,y), Eq. 6, of standardised spectra (n, n_input) and fractions (n, k)."""
        return BoundedNormal(*_halves(self.nuisance_network(torch.cat([x, y], dim=1))))

    def nuisance_of_label(self, y: Tensor) -> BoundedNormal:
        """q(z|y) of Eq. 21, of fractions (n, k)."""
        return BoundedNormal(*_halves(self.label_nuisance_network(y)))

    def spectrum_given(self, y: Tensor, z: Tensor) -> Gaussian | Bernoulli:
        """p(x|y,z), Eq. 3, standardised, of fractions (n, k) and nuisances (n, m)."""
        out = self.spectrum_network(torch.cat([y, z], dim=1))
        if self.setting.discrete:
            return Bernoulli(out)
        mean, log_sigma = _halves(out)
        return Gaussian(self._above_zero(mean) if self.config.nonnegative else mean, log_sigma)

    def _above_zero(self, x: Tensor) -> Tensor:
        n = self.grid.n_pixel
        flux = functional.softplus(self.mean + self.scatter * x[:, :n], beta=SHARPNESS)
        return torch.cat([(flux - self.mean) / self.scatter, x[:, n:]], dim=1)

    def fractions_given_frozen(self, x: Tensor) -> LogisticNormal | Concrete:
        """q(y|x) with its weights held constant, so that gradients reach the spectra (n, n_input) alone."""
        weights = {name: value.detach() for name, value in self.fractions_network.named_parameters()}
        return self._fractions_from(functional_call(self.fractions_network, weights, (x,)))

    # Standardised spectra

    def learn_scale(self, flux: Tensor, ivar: Tensor) -> None:
        """Mean spectrum and scatter of the training spectra (n, n_pixel)."""
        if self.of_shape:
            size = _root_mean_square(flux)
            logs = size[(ivar > 0).any(dim=1)].log()
            self.brightness.copy_(torch.stack([logs.mean(), logs.std(correction=0).clamp(min=1e-3)]))
            flux = flux / size[:, None]
        self.mean.copy_(seen_mean(flux, ivar))
        self.scatter.copy_(seen_scatter(flux, ivar, self.mean))

    def standardised(self, flux: Tensor) -> Tensor:
        """Flux (n, n_pixel) as (n, n_input), 0 in holes."""
        if not self.of_shape:
            return torch.nan_to_num((flux - self.mean) / self.scatter)
        size = _root_mean_square(flux)[:, None]
        logs = (size.log() - self.brightness[0]) / self.brightness[1]
        return torch.nan_to_num(torch.cat([(flux / size - self.mean) / self.scatter, logs], dim=1))

    def flux_of(self, x: Tensor) -> Tensor:
        """Flux (n, n_pixel) of standardised spectra (n, n_input)."""
        flux = self.mean + self.scatter * x[:, : self.grid.n_pixel]
        if not self.of_shape:
            return flux
        return flux * torch.exp(self.brightness[0] + self.brightness[1] * x[:, -1:])

    def seen_inputs(self, ivar: Tensor) -> Tensor:
        """Which inputs were measured, (n, n_input) bool; brightness is where any pixel is."""
        seen = ivar > 0
        return torch.cat([seen, seen.any(dim=1, keepdim=True)], dim=1) if self.of_shape else seen


def _halves(out: Tensor) -> tuple[Tensor, Tensor]:
    location, log_sigma = out.chunk(2, dim=1)
    return location, log_sigma.clamp(*LOG_SIGMA)


def _root_mean_square(flux: Tensor) -> Tensor:
    """Root mean square (n,) of the pixels (n, n_pixel) that are not NaN; NaN where all are."""
    return flux.square().nanmean(dim=1).sqrt().clamp(min=FAINTEST)
