"""Models of spectra: one contract, one file and one paper each."""

from .autoencoder import Autoencoder
from .base import (
    DecodesGradient,
    EncodesUncertainty,
    HasEndmembers,
    LatentModel,
    check_grid,
)
from .config import GradientConfig, ModelConfig, config_from_mapping
from .infovae import InfoVAE
from .nmf import NMF
from .pca import PCA
from .storage import load_model, read_header, save_model

MODELS: dict[str, type[LatentModel]] = {model.name: model for model in (InfoVAE, Autoencoder, PCA, NMF)}
"""Every model by the name that the command line takes."""

__all__ = [
    "MODELS",
    "NMF",
    "PCA",
    "Autoencoder",
    "DecodesGradient",
    "EncodesUncertainty",
    "GradientConfig",
    "HasEndmembers",
    "InfoVAE",
    "LatentModel",
    "ModelConfig",
    "check_grid",
    "config_from_mapping",
    "load_model",
    "read_header",
    "save_model",
]
