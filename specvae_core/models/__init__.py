"""Models of spectra: one contract, one file and one paper each."""

from .autoencoder import Autoencoder
from .base import (
    DecodesGradient,
    EncodesUncertainty,
    HasEndmembers,
    LatentModel,
    PredictsLabels,
    PredictsRedshift,
    check_grid,
)
from .config import GradientConfig, ModelConfig, config_from_mapping
from .glo import GLO
from .infovae import InfoVAE
from .lux import Lux
from .multitask import MultiTask
from .nmf import NMF
from .pca import PCA
from .sdgm import SDGM
from .storage import load_model, read_header, save_model
from .untapped import Untapped

MODELS: dict[str, type[LatentModel]] = {
    model.name: model for model in (InfoVAE, MultiTask, Autoencoder, PCA, NMF, GLO, Lux, SDGM, Untapped)
}
"""Every model by the name that the command line takes."""

__all__ = [
    "GLO",
    "MODELS",
    "NMF",
    "PCA",
    "SDGM",
    "Autoencoder",
    "DecodesGradient",
    "EncodesUncertainty",
    "GradientConfig",
    "HasEndmembers",
    "InfoVAE",
    "LatentModel",
    "Lux",
    "ModelConfig",
    "MultiTask",
    "PredictsLabels",
    "PredictsRedshift",
    "Untapped",
    "check_grid",
    "config_from_mapping",
    "load_model",
    "read_header",
    "save_model",
]
