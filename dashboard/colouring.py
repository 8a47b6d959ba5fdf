"""Colours of points by a column of the catalogue: classes in a column of text, a scale in one of numbers."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from specvae_core.data.stored_table import StoredTable

from .theme import SHAPES, class_colours

MOST_CLASSES = 22
"""Classes with a colour of their own; the rarer ones share one colour and the name *other*."""

MOST_WORDS = 200
"""Different words in a column that can colour points."""

MOST_RANKED = 1_000_000
"""Values of which percentiles are taken."""

PIECE = 1 << 18
"""Codes that are counted or replaced at once."""

PREPARED = frozenset({"coverage", "seen_fraction", "mean_flux", "scale", "brightness", "assumed_sn"})
"""Columns on how spectra were prepared: a survey without classes is coloured by what its files say of the objects."""

UNCLASSIFIED = "unclassified"
EVERYTHING = "all objects"
GREY = "#98a0ae"


@dataclass(frozen=True, eq=False)
class Colouring:
    """One column, ready to draw.

    Parameters
    ----------
    column
        Name of the column; empty where there is none.
    codes
        (n,) uint8, index into ``names`` for classes; all 0 for numbers.
    names
        Classes, the most frequent first; empty for numbers.
    colours
        ``#rrggbb`` for each class.
    counts
        Objects in each class.
    values
        (n,) float32, numbers, NaN where unknown; ``None`` for classes.
    limits
        Values at the two ends of the colour scale: the 1st and 99th percentile.
    following
        ``first`` of the colouring in which the classes behind the last name, *other*, have colours of their own;
        ``None`` where there is no *other*.
    """

    column: str
    codes: np.ndarray
    names: tuple[str, ...] = ()
    colours: dict[str, str] = field(default_factory=dict)
    counts: tuple[int, ...] = ()
    values: np.ndarray | None = None
    limits: tuple[float, float] = (0.0, 1.0)
    following: int | None = None

    @property
    def shapes(self) -> tuple[str, ...]:
        """A mark for each class, one of `SHAPES`: two classes of one colour have different ones."""
        colours = [self.colours[name] for name in self.names]
        return tuple(SHAPES[colours[:i].count(colour) % len(SHAPES)] for i, colour in enumerate(colours))

    @property
    def numeric(self) -> bool:
        """Whether numbers colour the points, not classes."""
        return self.values is not None

    def visible(self, hidden: list[str], selection: np.ndarray) -> np.ndarray:
        """(n,) bool, objects drawn in colour: their class is switched on and, where any are selected, so are they."""
        seen = np.ones(len(self.codes), dtype=bool)
        if hidden and not self.numeric:
            seen = ~np.isin(self.names, hidden)[self.codes]
        if len(selection):
            chosen = np.zeros(len(seen), dtype=bool)
            chosen[selection] = True
            seen &= chosen
        return seen


def colouring_of(table: pd.DataFrame | StoredTable, column: str, first: int = 0) -> Colouring:
    """Colouring by a column of a catalogue.

    Parameters
    ----------
    table
        n rows.
    column
        One of its columns; where it is missing, everything has one colour.
    first
        Where there are more than `MOST_CLASSES`: the first of those with a colour of their own, in order of their
        frequency, counted from 0. All before and far behind it are *other*.
    """
    if column not in table:
        return Colouring("", np.zeros(len(table), np.uint8), (EVERYTHING,), {EVERYTHING: "#0072B2"}, (len(table),))
    if table.is_number(column) if isinstance(table, StoredTable) else is_numeric(table[column]):
        stored = isinstance(table, StoredTable)
        values = table.numbers(column) if stored else table[column].to_numpy(dtype=np.float32)
        return Colouring(column, np.zeros(len(table), np.uint8), values=values, limits=scale_limits(values))
    return _classes(table.words(column) if isinstance(table, StoredTable) else table[column], column, first)


def is_numeric(series: pd.Series) -> bool:
    """Whether a column holds numbers, not names."""
    return pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series)


def scale_limits(values: np.ndarray) -> tuple[float, float]:
    """1st and 99th percentile of the finite values, of many of a million of them; the two always differ."""
    some = finite_part(values)
    if len(some) == 0:
        return 0.0, 1.0
    low, high = (float(x) for x in np.percentile(some, [1, 99]))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def finite_part(values: np.ndarray) -> np.ndarray:
    """The finite ones among values (n,): all, or about `MOST_RANKED` of them, evenly taken."""
    some = values[:: -(-len(values) // MOST_RANKED) or 1]
    finite = some[np.isfinite(some)]
    return finite if len(finite) or len(some) == len(values) else values[np.isfinite(values)]


def colour_columns(table: pd.DataFrame | StoredTable) -> list[str]:
    """Columns that can colour points: classes with 2 to 200 names first, then numbers that vary, `PREPARED` last."""
    classes, numbers = [], []
    stored = isinstance(table, StoredTable)
    for name in table.columns:
        if name == "id":
            continue
        if table.is_number(name) if stored else is_numeric(table[name]):
            if table.varies(name) if stored else _varies(table[name]):
                numbers.append(name)
        elif 2 <= (table.n_words(name, MOST_WORDS) if stored else table[name].nunique()) <= MOST_WORDS:
            classes.append(name)
    return sorted(classes, key=lambda name: name != "class") + sorted(numbers, key=PREPARED.__contains__)


def number_columns(table: pd.DataFrame | StoredTable) -> list[str]:
    """Columns of numbers."""
    stored = isinstance(table, StoredTable)
    return [name for name in table.columns if (table.is_number(name) if stored else is_numeric(table[name]))]


def _varies(series: pd.Series) -> bool:
    values = series.to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    return bool(len(values)) and bool(values.min() < values.max())


def _classes(series: pd.Series | pd.Categorical, column: str, first: int) -> Colouring:
    if isinstance(series, pd.Categorical):
        inverse, found = series.codes, series.categories
    else:
        inverse, found = pd.factorize(series, use_na_sentinel=True)
    names = [str(name) for name in found]
    missing = names.index("") if "" in names else len(names)
    if missing == len(names):
        names.append("")
    counts = tally(inverse, len(names))
    counts[missing] += len(inverse) - counts.sum()
    order = sorted((i for i in range(len(names)) if counts[i]), key=lambda i: (i == missing, -counts[i], names[i]))
    labels = [names[i] or UNCLASSIFIED for i in order]
    rank = np.zeros(len(names) + 1, dtype=np.int64)  # the last one for -1, which stands for missing words
    rank[order] = np.arange(len(order))
    rank[-1] = rank[missing]
    following, grey = None, {UNCLASSIFIED}
    if len(labels) > MOST_CLASSES:
        start = first if first < len(labels) else 0
        own = labels[start : start + MOST_CLASSES - 1]
        following = start + len(own) if start + len(own) < len(labels) else 0
        rank = np.where((rank >= start) & (rank < start + len(own)), rank - start, len(own))
        labels = [*own, f"other ({len(labels) - len(own)} classes)"]
        grey.add(labels[-1])
    codes = _replaced(inverse, rank.astype(np.uint8))
    colours = class_colours([label for label in labels if label not in grey]) | dict.fromkeys(grey, GREY)
    totals = np.bincount(rank[: len(names)], weights=counts, minlength=len(labels))
    shown = {name: colours[name] for name in labels}
    return Colouring(column, codes, tuple(labels), shown, tuple(int(t) for t in totals), following=following)


def tally(codes: np.ndarray, n: int) -> np.ndarray:
    """(n,) how often each of n codes comes; negative ones are left out. NumPy would copy all, eight bytes each."""
    counts = np.zeros(n + 1, np.int64)
    for start in range(0, len(codes), PIECE):
        counts += np.bincount(codes[start : start + PIECE].astype(np.intp) + 1, minlength=n + 1)
    return counts[1:]


def _replaced(codes: np.ndarray, by: np.ndarray) -> np.ndarray:
    """(n,) what stands in ``by`` for each code, the last for -1; piece by piece, for the same reason."""
    found = np.empty(len(codes), by.dtype)
    for start in range(0, len(codes), PIECE):
        found[start : start + PIECE] = by[codes[start : start + PIECE]]
    return found
