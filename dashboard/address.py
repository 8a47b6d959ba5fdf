"""The state of a tab in the address of the page: the table `ENTRIES`, from a parameter to the query and back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

import numpy as np

from .state import (
    AXES,
    FRAMES,
    HIGHEST_TRIAL,
    LONGEST_WAVELENGTH,
    LOWEST_TRIAL,
    MOST_SHOWN,
    SMOOTHINGS,
    SessionState,
)

VERSION = "1"
"""Version of the address; one of another version is not read."""

LONGEST_SELECTION = 600
"""Characters of the selection in the address; a longer one is not written."""

LONGEST_TEXT = 300
"""Characters of any other text in the address; a longer one is neither written nor read."""

MOST_TEXTS = 50
"""Texts under one key, as hidden classes; more are neither written nor read."""

MOST_FIELDS = 200
"""Keys and values of an address that are looked at."""

Run = tuple[int, int]
"""First and last row of consecutive rows."""


@dataclass(frozen=True)
class Entry:
    """One parameter of the state in the query.

    Parameters
    ----------
    key
        Its name in the query.
    parameter
        Its name in `SessionState`.
    write
        Gives the texts in the query for a value; none where the value is empty.
    read
        Gives the value of texts, of which there is at least one; raises `ValueError` where they are malformed.
    """

    key: str
    parameter: str
    write: Callable[..., list[str]]
    read: Callable[[list[str]], object]


def to_query(state: SessionState) -> str:
    """The whole state as a query that begins with ``?``; defaults are written too, so that they may change."""
    texts = {entry.key: entry.write(getattr(state, entry.parameter)) or "" for entry in ENTRIES}
    return "?" + urlencode({"v": VERSION} | texts, doseq=True)


@dataclass(frozen=True)
class Reading:
    """What an address says.

    Parameters
    ----------
    values
        Values of `SessionState` by name.
    left_out
        Keys whose texts are malformed, too long or beyond the survey.
    """

    values: dict[str, object]
    left_out: tuple[str, ...] = ()


def from_query(query: str, n_rows: Callable[[str], int]) -> Reading:
    """Read a query; the values of what is missing, malformed or of another version are left out.

    Parameters
    ----------
    query
        The part of the address from ``?`` on.
    n_rows
        Number of objects of the survey with an id, 0 where there is none: a selection beyond it is left out before it
        takes any memory.
    """
    try:
        items = parse_qs(query.lstrip("?"), keep_blank_values=False, max_num_fields=MOST_FIELDS)
    except ValueError:
        return Reading({}, ("all of it",))
    if items.get("v", [VERSION])[0] != VERSION:
        return Reading({}, ("v",))
    values: dict[str, object] = {}
    left_out: list[str] = []
    for entry in ENTRIES:
        try:
            if entry.key in items:
                values[entry.parameter] = entry.read(items[entry.key])
        except ValueError:
            left_out.append(entry.key)
    runs = values.pop("selection", [])
    if runs and runs[-1][1] < n_rows(values.get("survey_id", "")):
        values["selection"] = np.concatenate([np.arange(first, last + 1, dtype=np.int32) for first, last in runs])
    elif runs:
        left_out.append("selection")
    return Reading(values, tuple(left_out))


def rows_to_text(rows: np.ndarray) -> str:
    """Rising rows as runs: ``[3, 4, 5, 9]`` becomes ``3-5,9``."""
    if len(rows) == 0:
        return ""
    breaks = np.flatnonzero(np.diff(rows) != 1)
    starts, stops = rows[np.r_[0, breaks + 1]], rows[np.r_[breaks, len(rows) - 1]]
    return ",".join(f"{a}-{b}" if b > a else f"{a}" for a, b in zip(starts, stops, strict=True))


def text_to_runs(text: str) -> list[Run]:
    """Rising runs of rows that do not overlap, as `rows_to_text` writes them."""
    if len(text) > LONGEST_SELECTION:
        raise ValueError("the text is no selection of an address: it is too long")
    runs: list[Run] = []
    for part in text.split(","):
        ends = _integers(part, "-")
        run = ends[0], ends[-1]
        if len(ends) > 2 or run[1] < run[0] or (runs and run[0] <= runs[-1][1]):
            raise ValueError(f"{part!r} is no run of rising rows")
        runs.append(run)
    return runs


def _write_selection(rows: np.ndarray) -> list[str]:
    if np.count_nonzero(np.diff(rows) != 1) > LONGEST_SELECTION:  # no need to write a text that will be too long
        return []
    text = rows_to_text(rows)
    return [text] if 0 < len(text) <= LONGEST_SELECTION else []


def _write_text(value: str) -> list[str]:
    return [value] if 0 < len(value) <= LONGEST_TEXT else []


def _write_texts(values: list[str]) -> list[str]:
    short = [value for value in values if len(value) <= LONGEST_TEXT]
    return short if len(short) <= MOST_TEXTS else []


def _read_text(texts: list[str]) -> str:
    return _read_texts(texts)[0]


def _read_texts(texts: list[str]) -> list[str]:
    if len(texts) > MOST_TEXTS or any(len(text) > LONGEST_TEXT or min(text) < " " for text in texts):
        raise ValueError("there are too many texts, or one is too long or holds control characters")
    return texts


def _read_plane(texts: list[str]) -> list[str]:
    """Two expressions."""
    if len(texts) != 2:
        raise ValueError(f"{len(texts)} axes were given, and a plane has two")
    return _read_texts(texts)


def _read_flag(texts: list[str]) -> bool:
    if texts != ["1"]:
        raise ValueError(f"{texts} is not 1")
    return True


def _write_trial(value: float | None) -> list[str]:
    return [] if value is None else [f"{value:.6f}"]


def _read_trial(texts: list[str]) -> float:
    value = float(texts[0])
    if not LOWEST_TRIAL <= value <= HIGHEST_TRIAL:
        raise ValueError(f"{texts[0]!r} is no redshift from {LOWEST_TRIAL:g} to {HIGHEST_TRIAL:g}")
    return value


def _write_place(value: float | None) -> list[str]:
    return [] if value is None else [f"{value:.2f}"]


def _read_place(texts: list[str]) -> float:
    value = float(texts[0])
    if not 0 <= value <= LONGEST_WAVELENGTH:
        raise ValueError(f"{texts[0]!r} is no wavelength in Angstrom")
    return value


def _write_integers(values: Sequence[int]) -> list[str]:
    return [",".join(map(str, values))]


def _read_shown(texts: list[str]) -> list[int]:
    shown = _integers(texts[0])
    if len(shown) > MOST_SHOWN:
        raise ValueError(f"{len(shown)} latents are more than {MOST_SHOWN}")
    return shown


def _read_pair(texts: list[str]) -> tuple[int, int]:
    first, second = _integers(texts[0])
    return first, second


def _write_numbers(values: Sequence[float]) -> list[str]:
    return [",".join(f"{value:.6g}" for value in values)] if values else []


def _read_view(texts: list[str]) -> list[float]:
    """Two rising pairs of numbers."""
    values = [float(part) for part in texts[0].split(",", 4)]
    if len(values) != 4 or not all(abs(value) < 1e9 for value in values):
        raise ValueError(f"{texts[0]!r} are no four numbers")
    if values[0] >= values[1] or values[2] >= values[3]:
        raise ValueError(f"{texts[0]!r} are no two rising pairs")
    return values


def _integers(text: str, separator: str = ",") -> list[int]:
    """Whole numbers of 0 and more, of at most nine digits."""
    if len(text) > LONGEST_SELECTION:
        raise ValueError("the list is too long")
    parts = text.split(separator)
    if not all(part.isascii() and part.isdigit() and len(part) <= 9 for part in parts):
        raise ValueError(f"{text!r} is no list of whole numbers")
    return [int(part) for part in parts]


def _text(key: str, parameter: str = "") -> Entry:
    return Entry(key, parameter or key, _write_text, _read_text)


def _choice(key: str, choices: Sequence) -> Entry:
    """One of some values."""
    known = {str(choice): choice for choice in choices}

    def read(texts: list[str]) -> object:
        if texts[0] not in known:
            raise ValueError(f"{texts[0]!r} is none of {', '.join(known)}")
        return known[texts[0]]

    return Entry(key, key, lambda value: [str(value)], read)


def _flag(key: str) -> Entry:
    """1 where it is true, left out where it is not."""
    return Entry(key, key, lambda value: ["1"] if value else [], _read_flag)


def _texts(key: str) -> Entry:
    return Entry(key, key, _write_texts, _read_texts)


def _number(key: str, parameter: str = "") -> Entry:
    """A whole number, left out where it is 0."""
    return Entry(
        key, parameter or key, lambda value: [str(value)] if value else [], lambda texts: _integers(texts[0])[0]
    )


ENTRIES = (
    _text("workspace"),
    _text("page"),
    _text("survey", "survey_id"),
    _text("model", "model_id"),
    Entry("shown", "shown", _write_integers, _read_shown),
    Entry("focus", "focus", _write_integers, _read_pair),
    Entry("plane", "plane", _write_texts, _read_plane),
    _number("epoch"),
    Entry("view", "view", _write_numbers, _read_view),
    _choice("axes", AXES),
    _text("track"),
    _flag("larger"),
    _text("overlay"),
    _text("colour", "colour_by"),
    _number("first", "first_class"),
    _texts("hidden"),
    _text("object", "picked"),
    Entry("selection", "selection", _write_selection, lambda texts: text_to_runs(texts[0])),
    _text("where"),
    _choice("frame", FRAMES),
    _choice("smoothing", SMOOTHINGS),
    _flag("physical"),
    Entry("trial", "trial", _write_trial, _read_trial),
    Entry("place", "place", _write_place, _read_place),
    _flag("enlarged"),
    _text("lines", "line_list"),
    _texts("pins"),
    _text("tab"),
    _text("compare"),
    _text("within"),
    _texts("compared"),
    _text("zoom"),
    _text("label"),
    _text("problem"),
    _text("reconstruction"),
)
"""Every parameter of `SessionState` but theme and author, which belong to the browser and are kept in its cookies."""
