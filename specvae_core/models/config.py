"""Settings of models: frozen dataclasses that check themselves and declare forms and command-line options."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ..errors import BadConfig
from ..settings import check_names, check_settings, expected, option

AnyConfig = TypeVar("AnyConfig", bound="ModelConfig")


MOST_PASSES = 40
"""Passes through a small survey at most in one epoch."""


def epoch_steps(default: int) -> Any:
    """Field ``epoch_steps`` with the default of one kind of model."""
    text = f"steps an epoch has at least: a small survey is passed up to {MOST_PASSES} times"
    return option(default, text, 1, 100_000)


@dataclass(frozen=True)
class ModelConfig:
    """Settings of every model.

    Raises
    ------
    BadConfig
        When a value is of the wrong type or outside its range.
    """

    n_latent: int = option(6, "number of latent components", minimum=1, maximum=64)
    validation_fraction: float = option(
        0.1,
        "share of the objects that choose the best epoch and scale errors, by the hash of their id",
        0.0,
        0.9,
        title="Validation share",
    )
    test_fraction: float = option(
        0.1,
        "share of the objects on which all figures are measured: neither learnt from nor chosen by",
        0.0,
        0.9,
        title="Test share",
    )
    fold: int = option(
        0,
        "which test part, for cross-validation: 0 is the one that all models share",
        0,
        1000,
        title="Cross-validation fold",
    )
    group: str = option(
        "",
        "catalogue column that names the object, where one has several spectra (empty: the id)",
        title="Objects named by",
    )

    def __post_init__(self) -> None:
        check_settings(self)

    def to_json(self) -> dict[str, int | float | bool | str]:
        """All settings by name."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class GradientConfig(ModelConfig):
    """Settings of models that are trained by gradient descent.

    Learning rate, patience and early stop are those of Portillo et al. (2020, section 3).
    """

    learning_rate: float = option(1e-3, "first learning rate of Adam", minimum=1e-7, maximum=1.0)
    batch_size: int = option(
        0, "spectra per step (0: chosen by the size of the survey)", minimum=0, maximum=65536, title="Spectra per step"
    )
    epoch_steps: int = epoch_steps(100)
    max_epochs: int = option(
        400, "stop after this many epochs at the latest", minimum=1, maximum=100_000, title="Epochs at most"
    )
    patience: int = option(
        5,
        "epochs without improvement before the learning rate falls tenfold",
        minimum=1,
        maximum=1000,
        title="Patience before slowing",
    )
    stop_patience: int = option(
        10,
        "epochs without improvement before training stops",
        minimum=1,
        maximum=1000,
        title="Patience before stopping",
    )
    device: str = option(
        "auto", "where to train; auto takes a GPU if there is one", choices=("auto", "cpu", "cuda"), title="Train on"
    )


def config_from_mapping(config_class: type[AnyConfig], mapping: Mapping[str, object]) -> AnyConfig:
    """A config from a form, a command line or a header.

    Parameters
    ----------
    config_class
        The model's ``Config``.
    mapping
        Values by name; a string is read as the type of the setting. What is missing keeps its default.

    Raises
    ------
    BadConfig
        Naming the setting that is unknown, cannot be read or lies outside its range.

    Examples
    --------
    >>> config_from_mapping(ModelConfig, {"n_latent": "4"})
    ModelConfig(n_latent=4, validation_fraction=0.1, test_fraction=0.1, fold=0, group='')
    """
    check_names(mapping, config_class, "setting")
    fields = {field.name: field for field in dataclasses.fields(config_class)}
    return config_class(**{name: _parse(fields[name], value) for name, value in mapping.items()})


def chooses_latents(config_class: type[ModelConfig]) -> bool:
    """Whether the number of latents is a setting, and does not follow from the labels."""
    field = next(field for field in dataclasses.fields(config_class) if field.name == "n_latent")
    return field.metadata["maximum"] > 0


def declared_columns(header: Mapping[str, Any], config_class: type[ModelConfig]) -> dict[str, str]:
    """Columns that a survey was ingested with as labels, fractions or names of objects, for models that ask for such.

    Parameters
    ----------
    header
        The header of the survey.
    config_class
        The model's ``Config``.

    Examples
    --------
    >>> declared_columns({"group": "star", "labels": ["teff"]}, ModelConfig)
    {'group': 'star'}
    """
    group = [header["group"]] if header.get("group") else []
    columns = {"labels": header.get("labels"), "components": header.get("simplex"), "group": group}
    names = {field.name for field in dataclasses.fields(config_class)}
    return {name: ",".join(found) for name, found in columns.items() if name in names and found}


def with_declared(
    header: Mapping[str, Any], config_class: type[ModelConfig], given: Mapping[str, object]
) -> dict[str, object]:
    """Settings as given, with the `declared_columns` of the survey where a column is not named.

    >>> with_declared({"group": "star"}, ModelConfig, {"group": "", "n_latent": 4})
    {'group': 'star', 'n_latent': 4}
    """
    declared = declared_columns(header, config_class)
    return declared | {name: value for name, value in given.items() if value != "" or name not in declared}


def _parse(field: dataclasses.Field, value: object) -> object:
    """The value in the type of the field's default, where that loses nothing; anything else is left to the check."""
    kind = type(field.default)
    if isinstance(value, str) and kind is not str:
        try:
            value = json.loads(value.strip().lower())
        except ValueError:
            raise BadConfig(f"The setting {field.name} is {value!r}, but {expected(field)} was expected.") from None
    if kind is float and type(value) is int:
        return float(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value
