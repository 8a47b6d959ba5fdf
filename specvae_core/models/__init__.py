"""Models of spectra: one contract, one file and one paper each.

A name is imported when it is first asked for, and PyTorch with it where it needs that, which takes seconds: the
dashboard opens, and the models of a workspace are listed, without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .abilities import (
        DecodesGradient,
        EncodesUncertainty,
        HasEndmembers,
        PredictsLabels,
        PredictsRedshift,
    )
    from .base import LatentModel
    from .config import GradientConfig, ModelConfig, config_from_mapping
    from .registry import GLO, MODELS, NMF, PCA, SDGM, Autoencoder, InfoVAE, Lux, MultiTask, Untapped
    from .storage import load_model, read_header, save_model

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
    "config_from_mapping",
    "load_model",
    "read_header",
    "save_model",
]

_HOMES = ("abilities", "config", "storage", "base", "registry")  # those that need PyTorch come last


def __getattr__(name: str) -> object:
    if name in __all__:
        for home in _HOMES:
            found = vars(import_module(f".{home}", __name__))
            if name in found:
                return found[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
