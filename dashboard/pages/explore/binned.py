"""Columns of a survey in bins, so that the counts of any selection of a million objects are there at once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.colouring import is_numeric

BINS = 36
"""Bars of a histogram."""

MOST_CLASSES = 8
"""Bars of a column of words; the rarer words share one more."""

OTHERS = "others"
_TAIL = 0.25  # percent of the numbers at either end that share the outermost bars


@dataclass(frozen=True, eq=False)
class Binned:
    """One column in bins.

    Parameters
    ----------
    codes
        (n,) uint8, bin of each object; unknown values are in one behind the last bar.
    ends
        Lower end of the first bar and upper end of the last one; of words 0 and 0.
    words
        What each bar stands for; empty for numbers.
    """

    codes: np.ndarray
    ends: tuple[float, float]
    words: tuple[str, ...] = ()

    @property
    def n_bars(self) -> int:
        """Bars, without the one of unknown values."""
        return len(self.words) or BINS

    def counts(self, rows: np.ndarray | None = None) -> list[int]:
        """Objects in each bar: of some rows, or of all."""
        codes = self.codes if rows is None else self.codes[rows]
        return np.bincount(codes, minlength=self.n_bars + 1)[: self.n_bars].tolist()

    @classmethod
    def of(cls, values: object) -> "Binned":
        """Bins of a column (n,)."""
        column = pd.Series(values)
        return (
            cls._of_numbers(column.to_numpy(dtype=float, na_value=np.nan))
            if is_numeric(column)
            else cls._of_words(column)
        )

    @classmethod
    def _of_numbers(cls, values: np.ndarray) -> "Binned":
        known = np.isfinite(values)
        low, high = np.percentile(values[known], [_TAIL, 100 - _TAIL]) if known.any() else (0.0, 1.0)
        width = (high - low) or 1.0
        with np.errstate(invalid="ignore"):
            places = np.clip((values - low) * (BINS / width), 0, BINS - 1)
        return cls(np.where(known, places, BINS).astype(np.uint8), (float(low), float(low + width)))

    @classmethod
    def _of_words(cls, values: pd.Series) -> "Binned":
        codes, words = pd.factorize(values)
        numbers = np.bincount(codes[codes >= 0], minlength=len(words))
        first = np.argsort(-numbers, kind="stable")[:MOST_CLASSES]
        shown = [str(words[i]) for i in first] + [OTHERS] * (len(words) > MOST_CLASSES)
        places = np.full(len(words) + 1, len(first), dtype=np.uint8)
        places[first] = np.arange(len(first))
        places[-1] = len(shown)  # factorize numbers the unknown -1
        return cls(places[codes], (0.0, 0.0), tuple(shown) or (OTHERS,))
