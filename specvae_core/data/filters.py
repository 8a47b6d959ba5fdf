"""Filters: a line of text over the columns of a catalogue, evaluated for all objects at once.

`Filter` answers *which objects*, as for ``class == "quiescent" and sn > 10``, and *which numbers*, as for
``log10(oiii_5007 / h_beta)``. A condition on a missing value is neither true nor false, so that neither it nor its
opposite selects the object; ``missing(column)`` asks for it. Grammar: `filter_text`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import BadConfig, NotFound
from .column_names import Columns, find_name, suggestion
from .filter_text import Call, Column, Literal, Member, Node, Operation, parse


@dataclass(frozen=True, eq=False)
class _Truth:
    """Answer of a condition for n objects: ``true`` and ``known`` (n,) bool; true only where known."""

    true: np.ndarray
    known: np.ndarray


_Value = np.ndarray | pd.Series | _Truth | float | str | bool

_NUMBERS: dict[str, Callable[..., np.ndarray]] = {
    "log10": np.log10, "log": np.log, "ln": np.log, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs,
    "floor": np.floor, "ceil": np.ceil, "round": np.round, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "min": np.minimum, "max": np.maximum,
}  # fmt: skip
_TEXTS: dict[str, Callable[[pd.Series, str], pd.Series]] = {
    "contains": lambda words, part: words.str.contains(part, case=False, regex=False),
    "startswith": lambda words, part: words.str.startswith(part),
    "endswith": lambda words, part: words.str.endswith(part),
}
FUNCTIONS = (*_NUMBERS, *_TEXTS, "missing", "known", "cone")
"""What can be called; ``cone(ra, dec, arcsec)`` is true for objects within a radius of a position in degrees."""


@dataclass(frozen=True)
class Filter:
    """A filter that was read from a text.

    Parameters
    ----------
    text
        As typed.
    tree
        What `parse` made of it.

    Examples
    --------
    >>> table = pd.DataFrame({"class": ["star", "galaxy", "galaxy"], "sn": [30.0, 4.0, np.nan]})
    >>> Filter.of('class == "galaxy"').mask(table).tolist()
    [False, True, True]
    >>> Filter.of("sn > 10").mask(table).tolist(), Filter.of("not sn > 10").mask(table).tolist()
    ([True, False, False], [False, True, False])
    >>> Filter.of("log10(sn / 3)").numbers(table).round(1).tolist()
    [1.0, 0.1, nan]
    """

    text: str
    tree: Node

    @classmethod
    def of(cls, text: str) -> "Filter":
        """Read a text; raises `BadConfig` where it is not a filter."""
        return cls(text.strip(), parse(text))

    def mask(self, columns: Columns) -> np.ndarray:
        """Objects for which the condition is true, (n,) bool.

        Raises
        ------
        NotFound
            A column or function of that name does not exist; the message suggests others.
        BadConfig
            The text is not a condition, or compares words with numbers.
        """
        answer = _value(self.tree, columns)
        if isinstance(answer, _Truth):
            return answer.true
        raise BadConfig(f"{self.text!r} is not a condition: compare it with something, as in {self.text} > 0.")

    def numbers(self, columns: Columns) -> np.ndarray:
        """Values of an expression, (n,) float64, NaN where missing or not finite; conditions give 1 and 0.

        Raises
        ------
        NotFound, BadConfig
            As `mask` does; words are not numbers.
        """
        answer = _value(self.tree, columns)
        if isinstance(answer, _Truth):
            return np.where(answer.known, answer.true, np.nan)
        values = _numeric(answer, self.text)
        n = len(next(iter(_arrays(columns))))
        return np.where(np.isfinite(values), values, np.nan) if np.ndim(values) else np.full(n, float(values))


def _arrays(columns: Columns) -> Iterator[object]:
    return (columns[name] for name in columns)


def _value(node: Node, columns: Columns) -> _Value:
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Column):
        return _column(columns[find_name(node.name, columns)])
    if isinstance(node, Call):
        return _call(node, columns)
    if isinstance(node, Member):
        return _member(node, columns)
    if node.sign in ("and", "or", "not"):
        return _logic(node, columns)
    parts = [_value(part, columns) for part in node.parts]
    if node.sign in _COMPARED:
        return _compare(node, parts)
    numbers = [_numeric(part, in_words(one)) for one, part in zip(node.parts, parts, strict=True)]
    with np.errstate(all="ignore"):
        return -numbers[0] if len(numbers) == 1 else _ARITHMETIC[node.sign](*numbers)


_ARITHMETIC = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "%": np.mod, "**": np.float_power,
}  # fmt: skip
_COMPARED = {
    "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip


def _column(values: object) -> _Value:
    """Numbers as float64, truths as conditions, all else as words."""
    series = values if isinstance(values, pd.Series) else pd.Series(values)
    if pd.api.types.is_bool_dtype(series) and not series.hasnans:
        return _Truth(series.to_numpy(bool), np.ones(len(series), bool))
    if pd.api.types.is_numeric_dtype(series):
        return series.to_numpy(float, na_value=np.nan)
    return series


def in_words(node: Node) -> str:
    """A part of a filter in words, for messages."""
    if isinstance(node, Column):
        return node.name
    if isinstance(node, Literal):
        return repr(node.value) if isinstance(node.value, str) else f"{node.value:g}"
    return f"{node.function}(…)" if isinstance(node, Call) else "a part of the filter"


def _numeric(value: _Value, name: str) -> np.ndarray | float:
    if isinstance(value, _Truth):
        return np.where(value.known, value.true, np.nan)
    if isinstance(value, str | pd.Series):
        raise BadConfig(f"{name} holds words, but a number is needed: compare it with a text in quotes.")
    return value


def _compare(node: Operation, parts: list[_Value]) -> _Value:
    compare, (left, right) = _COMPARED[node.sign], parts
    if isinstance(left, bool | _Truth) or isinstance(right, bool | _Truth):
        left, right = (_numeric(float(part) if isinstance(part, bool) else part, "a part") for part in parts)
    words = [isinstance(part, str | pd.Series) for part in (left, right)]
    if all(words):
        return _compare_words(node, left, right)
    if any(words):
        text, number = node.parts if words[0] else node.parts[::-1]
        raise BadConfig(
            f"{in_words(text)} holds words and {in_words(number)} is a number: "
            + (
                f'put it into quotes, as in "{in_words(number)}".'
                if isinstance(number, Literal)
                else "leave off the quotes."
            )
        )
    if np.ndim(left) == np.ndim(right) == 0:
        raise BadConfig("A filter compares columns, but both sides of a comparison are plain numbers: name a column.")
    with np.errstate(invalid="ignore"):
        true = compare(left, right)
    known = np.broadcast_to(~(np.isnan(left) | np.isnan(right)), true.shape)
    return _Truth(true & known, known)


def _compare_words(node: Operation, left: str | pd.Series, right: str | pd.Series) -> _Truth:
    if isinstance(left, str):
        left, right = right, left
    if node.sign not in ("==", "!="):
        raise BadConfig(
            f"{in_words(node.parts[0])} holds words, which {node.sign} cannot compare: use == or !=, or in."
        )
    if isinstance(left, str):
        raise BadConfig("A filter compares columns, but both sides of a comparison are plain texts: name a column.")
    known = left.notna().to_numpy(bool)
    same = (left == right).fillna(False).to_numpy(bool)
    return _Truth((same if node.sign == "==" else ~same) & known, known)


def _member(node: Member, columns: Columns) -> _Truth:
    value = _value(node.value, columns)
    if isinstance(value, pd.Series):
        wrong = next((one for one in node.members if not isinstance(one, str)), None)
        if wrong is not None:
            raise BadConfig(f'{in_words(node.value)} holds words: write its values in quotes, as in ["{wrong:g}"].')
        known = value.notna().to_numpy(bool)
        return _Truth(value.isin(node.members).to_numpy(bool) & known, known)
    numbers = _numeric(value, in_words(node.value))
    wrong = next((one for one in node.members if isinstance(one, str)), None)
    if wrong is not None:
        raise BadConfig(
            f"{in_words(node.value)} holds numbers, and {wrong!r} in its list is a text: leave off the quotes."
        )
    if not np.ndim(numbers):
        raise BadConfig("A list is searched for the values of a column: name a column before in.")
    known = ~np.isnan(numbers)
    return _Truth(np.isin(numbers, np.array(node.members, float)) & known, known)


def _logic(node: Operation, columns: Columns) -> _Truth:
    parts = []
    for part in node.parts:
        value = _value(part, columns)
        if not isinstance(value, _Truth):
            raise BadConfig(
                f"{in_words(part)} beside {node.sign} is not a condition: compare it, as in {in_words(part)} > 0."
            )
        parts.append(value)
    false = [part.known & ~part.true for part in parts]
    if node.sign == "not":
        return _Truth(false[0], parts[0].known)
    true = [part.true for part in parts]
    if node.sign == "and":
        all_true = np.logical_and.reduce(true)
        return _Truth(all_true, all_true | np.logical_or.reduce(false))
    any_true = np.logical_or.reduce(true)
    return _Truth(any_true, any_true | np.logical_and.reduce(false))


def _call(node: Call, columns: Columns) -> _Value:
    if node.function not in FUNCTIONS:
        raise NotFound(f"There is no function {node.function}{suggestion(node.function, list(FUNCTIONS))}")
    values = [_value(argument, columns) for argument in node.arguments]
    wanted = 3 if node.function == "cone" else 2 if node.function in (*_TEXTS, "min", "max") else 1
    if len(values) != wanted:
        raise BadConfig(f"{node.function} takes {wanted} argument{'s' * (wanted > 1)}, not {len(values)}.")
    if node.function in ("missing", "known"):
        return _presence(values[0], node)
    if node.function == "cone":
        return _cone(values, columns)
    if node.function in _TEXTS:
        return _text(node, values)
    numbers = [_numeric(value, in_words(one)) for value, one in zip(values, node.arguments, strict=True)]
    with np.errstate(all="ignore"):
        return _NUMBERS[node.function](*numbers)


def _presence(value: _Value, node: Call) -> _Truth:
    """Whether there is a value; an empty text is none."""
    if isinstance(value, pd.Series):
        present = (value.notna() & (value != "")).fillna(False).to_numpy(bool)
    elif isinstance(value, _Truth):
        present = value.known
    elif np.ndim(value):
        present = np.isfinite(value)
    else:
        raise BadConfig(f"{node.function} asks for a column: name one, as in {node.function}(sn).")
    return _Truth(present if node.function == "known" else ~present, np.ones(len(present), bool))


def _text(node: Call, values: list[_Value]) -> _Truth:
    words, part = values
    if not isinstance(words, pd.Series) or not isinstance(part, str):
        raise BadConfig(f'{node.function} takes a column of words and a text, as in {node.function}(class, "AGN").')
    known = words.notna().to_numpy(bool)
    found = _TEXTS[node.function](words, part).fillna(False).to_numpy(bool)
    return _Truth(found & known, known)


def _cone(values: list[_Value], columns: Columns) -> _Truth:
    """Objects whose columns ``ra`` and ``dec``, degrees, lie within a radius of a position (haversine formula)."""
    if not all(isinstance(value, float) for value in values):
        raise BadConfig("cone takes a position in degrees and a radius in arcsec, as in cone(180.1, 2.3, 30).")
    ra, dec = (np.radians(_numeric(_column(columns[find_name(name, columns)]), name)) for name in ("ra", "dec"))
    ra_0, dec_0, radius = np.radians(values[0]), np.radians(values[1]), np.radians(values[2] / 3600)
    half = np.sin((dec - dec_0) / 2) ** 2 + np.cos(dec) * np.cos(dec_0) * np.sin((ra - ra_0) / 2) ** 2
    known = np.isfinite(half)
    return _Truth((2 * np.arcsin(np.sqrt(np.clip(np.nan_to_num(half), 0, 1))) <= radius) & known, known)
