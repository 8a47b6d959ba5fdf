"""Models of spectra: one contract, one file and one paper each.

A name is imported when it is first asked for, and PyTorch with it where it needs that, which takes seconds: the
dashboard opens, and the models of a workspace are listed, without it. Beside the names below, the classes of `MODELS`
can be imported from here by their own names, as in ``from specvae_core.models import Lux``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .abilities import (
        Ability,
        ChoosesPosterior,
        DecodesGradient,
        DecodesLinearly,
        EncodesUncertainty,
        HasEndmembers,
        LooksUp,
        PredictsClasses,
        PredictsLabels,
        PredictsRedshift,
        ProjectsCodes,
        SpectraFromLabels,
    )
    from .base import LatentModel
    from .config import GradientConfig, ModelConfig, config_from_mapping
    from .registry import KEPT, MODELS, abilities_of, require_ability, require_encoder, suited_model
    from .storage import load_model, read_header, save_model

__all__ = [
    "KEPT",
    "MODELS",
    "Ability",
    "ChoosesPosterior",
    "DecodesGradient",
    "DecodesLinearly",
    "EncodesUncertainty",
    "GradientConfig",
    "HasEndmembers",
    "LatentModel",
    "LooksUp",
    "ModelConfig",
    "PredictsClasses",
    "PredictsLabels",
    "PredictsRedshift",
    "ProjectsCodes",
    "SpectraFromLabels",
    "abilities_of",
    "config_from_mapping",
    "load_model",
    "read_header",
    "require_ability",
    "require_encoder",
    "save_model",
    "suited_model",
]

_HOMES = ("abilities", "config", "storage", "base", "registry")  # those that need PyTorch come last


def __getattr__(name: str) -> object:
    if name in __all__:
        for home in _HOMES:
            found = vars(import_module(f".{home}", __name__))
            if name in found:
                return found[name]
    if name[:1].isupper():
        for model in import_module(".registry", __name__).MODELS.values():
            if model.__name__ == name:
                return model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
