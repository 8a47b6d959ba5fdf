"""Settings: fields of dataclasses with help, range and choices, from which checks, options and forms are made."""

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

from .errors import BadConfig


def option(
    default: int | float | bool | str,
    help: str,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] | None = None,
    columns: str = "",
    title: str = "",
    rare: bool = False,
) -> Any:
    """A dataclass field with its help text and range.

    Parameters
    ----------
    default
        Default value; its type is the type of the setting.
    help
        One sentence for the command line and the form, with the meaning of 0 where 0 is "automatic".
    minimum, maximum
        Inclusive limits of a number.
    choices
        Allowed values.
    columns
        Where it names columns of the catalogue, with commas between them, what these hold, ``numbers`` or ``words``: a
        form lists such columns to tick.
    title
        Its name in forms, where the name of the field would be none of an astronomer's; some 24 characters fit.
    rare
        Whether forms show it under *More settings* alone.
    """
    limits = {"minimum": minimum, "maximum": maximum, "choices": choices, "columns": columns}
    return dataclasses.field(default=default, metadata={"help": help, "title": title, "rare": rare, **limits})


def check_settings(settings: object) -> None:
    """Check type, range and choices of every `option` of a dataclass; other fields are left alone.

    Raises
    ------
    BadConfig
        Naming the setting, its value and what was expected.
    """
    for field in dataclasses.fields(settings):
        if field.metadata:
            _check(field, getattr(settings, field.name))


def check_names(names: Iterable[str], kind: type, what: str) -> None:
    """Refuse names that are not fields of a dataclass; ``what`` it holds is for the message, as ``setting``."""
    known = [field.name for field in dataclasses.fields(kind)]
    if unknown := sorted(set(names) - set(known)):
        raise BadConfig(f"There is no {what} {unknown[0]!r} here: the {what}s are {', '.join(known)}.")


def _check(field: dataclasses.Field, value: object) -> None:
    kind, limits = type(field.default), field.metadata
    fits = type(value) is kind or (kind is float and type(value) is int)
    if fits and kind in (int, float):
        low, high = limits["minimum"], limits["maximum"]
        fits = math.isfinite(value) and (low is None or value >= low) and (high is None or value <= high)
    if fits and limits["choices"] is not None:
        fits = value in limits["choices"]
    if not fits:
        raise BadConfig(f"The setting {field.name} is {value!r}, but {expected(field)} was expected.")


def expected(field: dataclasses.Field) -> str:
    """Allowed values of an `option`, in words."""
    limits = field.metadata
    if limits["choices"] is not None:
        return "one of " + ", ".join(limits["choices"])
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}[type(field.default)]
    low, high = limits["minimum"], limits["maximum"]
    if low is not None and high is not None:
        return f"{words} from {low:g} to {high:g}"
    if low is not None:
        return f"{words} of at least {low:g}"
    return f"{words} of at most {high:g}" if high is not None else words
