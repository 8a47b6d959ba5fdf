"""How values stand as texts in the address of the page; `address` says which value each function writes and reads.

A function that writes gives the texts under one key, none where there is nothing to write; one that reads takes those
texts, at least one, and raises `ValueError` where they are malformed.
"""

from collections.abc import Sequence

import numpy as np

from .state import HIGHEST_TRIAL, LONGEST_WAVELENGTH, LOWEST_TRIAL, MOST_SHOWN

LONGEST_SELECTION = 600
"""Characters of the selection in the address; a longer one is not written."""

LONGEST_TEXT = 300
"""Characters of any other text in the address; a longer one is neither written nor read."""

MOST_TEXTS = 50
"""Texts under one key, as hidden classes; more are neither written nor read."""

Run = tuple[int, int]
"""First and last row of consecutive rows."""


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
        raise ValueError("the text is not a selection of an address: it is too long")
    runs: list[Run] = []
    for part in text.split(","):
        ends = integers(part, "-")
        run = ends[0], ends[-1]
        if len(ends) > 2 or run[1] < run[0] or (runs and run[0] <= runs[-1][1]):
            raise ValueError(f"{part!r} is not a run of rising rows")
        runs.append(run)
    return runs


def write_selection(rows: np.ndarray) -> list[str]:
    """Rising rows as runs; none where the text would be too long."""
    if np.count_nonzero(np.diff(rows) != 1) > LONGEST_SELECTION:  # no need to write a text that will be too long
        return []
    text = rows_to_text(rows)
    return [text] if 0 < len(text) <= LONGEST_SELECTION else []


def write_text(value: str) -> list[str]:
    """A text that is neither empty nor too long."""
    return [value] if 0 < len(value) <= LONGEST_TEXT else []


def write_texts(values: list[str]) -> list[str]:
    """Texts without those that are too long; none where they are too many."""
    short = [value for value in values if len(value) <= LONGEST_TEXT]
    return short if len(short) <= MOST_TEXTS else []


def read_text(texts: list[str]) -> str:
    """One text."""
    return read_texts(texts)[0]


def read_texts(texts: list[str]) -> list[str]:
    """Texts without control characters, as many and as long as are written."""
    if len(texts) > MOST_TEXTS or any(len(text) > LONGEST_TEXT or min(text) < " " for text in texts):
        raise ValueError("there are too many texts, or one is too long or holds control characters")
    return texts


def read_plane(texts: list[str]) -> list[str]:
    """Two expressions."""
    if len(texts) != 2:
        raise ValueError(f"{len(texts)} axes were given, and a plane has two")
    return read_texts(texts)


def read_flag(texts: list[str]) -> bool:
    """True for 1, which alone is written."""
    if texts != ["1"]:
        raise ValueError(f"{texts} is not 1")
    return True


def write_trial(value: float | None) -> list[str]:
    """A redshift with six digits; none where there is none."""
    return [] if value is None else [f"{value:.6f}"]


def read_trial(texts: list[str]) -> float:
    """A redshift that can be tried."""
    value = float(texts[0])
    if not LOWEST_TRIAL <= value <= HIGHEST_TRIAL:
        raise ValueError(f"{texts[0]!r} is not a redshift from {LOWEST_TRIAL:g} to {HIGHEST_TRIAL:g}")
    return value


def write_place(value: float | None) -> list[str]:
    """A wavelength in Angstrom with two digits; none where there is none."""
    return [] if value is None else [f"{value:.2f}"]


def read_place(texts: list[str]) -> float:
    """A wavelength in Angstrom."""
    value = float(texts[0])
    if not 0 <= value <= LONGEST_WAVELENGTH:
        raise ValueError(f"{texts[0]!r} is not a wavelength in Angstrom")
    return value


def write_integers(values: Sequence[int]) -> list[str]:
    """Whole numbers with commas between them."""
    return [",".join(map(str, values))]


def read_shown(texts: list[str]) -> list[int]:
    """Numbers of latents, as many as can be shown."""
    shown = integers(texts[0])
    if len(shown) > MOST_SHOWN:
        raise ValueError(f"{len(shown)} latents are more than {MOST_SHOWN}")
    return shown


def read_pair(texts: list[str]) -> tuple[int, int]:
    """Two whole numbers."""
    first, second = integers(texts[0])
    return first, second


def write_numbers(values: Sequence[float]) -> list[str]:
    """Numbers with six digits and commas between them; none where there are none."""
    return [",".join(f"{value:.6g}" for value in values)] if values else []


def read_view(texts: list[str]) -> list[float]:
    """Two rising pairs of numbers."""
    values = [float(part) for part in texts[0].split(",", 4)]
    if len(values) != 4 or not all(abs(value) < 1e9 for value in values):
        raise ValueError(f"{texts[0]!r} are not four numbers")
    if values[0] >= values[1] or values[2] >= values[3]:
        raise ValueError(f"{texts[0]!r} are not two rising pairs")
    return values


def integers(text: str, separator: str = ",") -> list[int]:
    """Whole numbers of 0 and more, of at most nine digits."""
    if len(text) > LONGEST_SELECTION:
        raise ValueError("the list is too long")
    parts = text.split(separator)
    if not all(part.isascii() and part.isdigit() and len(part) <= 9 for part in parts):
        raise ValueError(f"{text!r} is not a list of whole numbers")
    return [int(part) for part in parts]
