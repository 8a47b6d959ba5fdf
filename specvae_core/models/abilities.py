"""What some models can do besides, and which spectra suit one; importing this does not import PyTorch."""

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from ..data.spectra import SpectraSet


@runtime_checkable
class EncodesUncertainty(Protocol):
    """Models whose encoder gives a width beside each latent."""

    def encode_uncertainty(self, spectra: "SpectraSet") -> tuple[np.ndarray, np.ndarray]:
        """Mean and log-variance of the latents, each (n, n_latent) float32."""
        ...


@runtime_checkable
class DecodesGradient(Protocol):
    """Models whose decoder can be differentiated in the latents."""

    def decode_gradient(self, latents: "Tensor") -> "Tensor":
        """Spectra (n, n_pixel) of latents (n, n_latent), with gradients."""
        ...


@runtime_checkable
class HasEndmembers(Protocol):
    """Models that explain a spectrum as a non-negative mixture of endmembers."""

    @property
    def endmember_names(self) -> tuple[str, ...]:
        """What the endmembers are called."""
        ...

    @property
    def endmembers(self) -> np.ndarray:
        """Spectra of the endmembers, (n_endmember, n_pixel)."""
        ...

    def mixture(self, fractions: np.ndarray) -> np.ndarray:
        """Spectra (n, n_pixel) of mixtures with these shares (n, n_endmember)."""
        ...

    def abundances(self, spectra: "SpectraSet") -> np.ndarray:
        """Share of each endmember, (n, n_endmember), non-negative, rows sum to 1."""
        ...


@runtime_checkable
class PredictsLabels(Protocol):
    """Models that tell labels of an object (effective temperature, mass…) from its spectrum."""

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the labels, as the catalogue spells them."""
        ...

    def predict_labels(self, spectra: "SpectraSet") -> tuple[np.ndarray, np.ndarray]:
        """Labels and their 1-sigma errors, each (n, n_label) float64, in the units of the catalogue."""
        ...


@runtime_checkable
class PredictsRedshift(Protocol):
    """Models that tell a redshift, and how sure they are, from photometry."""

    @property
    def redshift_column(self) -> str:
        """The catalogue column with spectroscopic redshifts."""
        ...

    @property
    def redshift_grid(self) -> np.ndarray:
        """Redshifts at which densities are given, (n_z,) rising."""
        ...

    def redshift_pdf(self, spectra: "SpectraSet") -> np.ndarray:
        """Densities of redshift, (n, n_z) float64; each row integrates to 1 over the grid."""
        ...

    def predict_redshift(self, spectra: "SpectraSet") -> dict[str, np.ndarray]:
        """Columns for a catalogue, (n,) each: ``z_phot`` and whatever else there is to say."""
        ...
