"""The state of a tab in the address of the page: the table `ENTRIES`, from a parameter to the query and back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

import numpy as np

from . import address_texts
from .state import AXES, FRAMES, SMOOTHINGS, SessionState

VERSION = "1"
"""Version of the address; one of another version is not read."""

MOST_FIELDS = 200
"""Keys and values of an address that are looked at."""


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


def _text(key: str, parameter: str = "") -> Entry:
    return Entry(key, parameter or key, address_texts.write_text, address_texts.read_text)


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
    return Entry(key, key, lambda value: ["1"] if value else [], address_texts.read_flag)


def _texts(key: str) -> Entry:
    return Entry(key, key, address_texts.write_texts, address_texts.read_texts)


def _number(key: str, parameter: str = "") -> Entry:
    """A whole number, left out where it is 0."""
    return Entry(
        key,
        parameter or key,
        lambda value: [str(value)] if value else [],
        lambda texts: address_texts.integers(texts[0])[0],
    )


ENTRIES = (
    _text("workspace"),
    _text("page"),
    _text("survey", "survey_id"),
    _text("model", "model_id"),
    Entry("shown", "shown", address_texts.write_integers, address_texts.read_shown),
    Entry("focus", "focus", address_texts.write_integers, address_texts.read_pair),
    Entry("plane", "plane", address_texts.write_texts, address_texts.read_plane),
    _number("epoch"),
    Entry("view", "view", address_texts.write_numbers, address_texts.read_view),
    _choice("axes", AXES),
    _text("track"),
    _flag("larger"),
    _text("overlay"),
    _text("colour", "colour_by"),
    _number("first", "first_class"),
    _texts("hidden"),
    _text("object", "picked"),
    Entry("selection", "selection", address_texts.write_selection, lambda texts: address_texts.text_to_runs(texts[0])),
    _text("where"),
    _choice("frame", FRAMES),
    _choice("smoothing", SMOOTHINGS),
    _flag("physical"),
    Entry("trial", "trial", address_texts.write_trial, address_texts.read_trial),
    Entry("place", "place", address_texts.write_place, address_texts.read_place),
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
