"""Matched samples: as many objects of two groups, alike in how they were observed.

Objects are drawn at random within strata (Rosenbaum & Rubin 1984, J. Am. Stat. Assoc. 79, 516): of equal numbers of
objects along one circumstance, its categories, or the propensity score of several circumstances.
"""

import numpy as np
import pandas as pd

from .contrast import MOST_CATEGORIES, compare_numbers

OVERLAP = 0.2
"""Share of the smaller group for which the other one has matching objects; with less nothing can be concluded."""

BALANCED = 0.25
"""Largest effect of a circumstance between groups that count as matched in it."""

FEWEST = 10
"""Matched objects of each group at least."""

INTERVALS = (25, 50, 100, 200)
"""Intervals of equal numbers of objects in which a circumstance is matched: more until the groups are balanced."""


def match(
    circumstances: pd.DataFrame, a: np.ndarray, b: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray] | None:
    """Rows of as many objects of either group, alike in some circumstances; ``None`` where the groups do not overlap.

    Parameters
    ----------
    circumstances
        n rows; of several columns the propensity score is matched.
    a, b
        Rows of the groups.
    random
        Draws the objects.
    """
    score, words = _score(circumstances, a, b)
    if words:
        drawn = _draw(score, a, b, random)
        return drawn if _enough(drawn, a, b) else None
    known_a, known_b = a[np.isfinite(score[a])], b[np.isfinite(score[b])]
    if not len(known_a) or not len(known_b):
        return None
    for n in INTERVALS:
        edges = np.unique(np.quantile(np.concatenate([score[known_a], score[known_b]]), np.linspace(0, 1, n + 1)[1:-1]))
        drawn = _draw(np.searchsorted(edges, score, side="right"), known_a, known_b, random)
        if not _enough(drawn, a, b):
            return None
        balance = compare_numbers("", score[drawn[0]], score[drawn[1]])
        if balance is None or abs(balance.effect) <= BALANCED:
            return drawn
    return None


def _enough(drawn: tuple[np.ndarray, np.ndarray], a: np.ndarray, b: np.ndarray) -> bool:
    return len(drawn[0]) >= max(OVERLAP * min(len(a), len(b)), FEWEST)


def _score(circumstances: pd.DataFrame, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, bool]:
    """(n,) what is matched, and whether it is the number of a category."""
    if circumstances.shape[1] == 1:
        values = circumstances.iloc[:, 0]
        if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            return pd.factorize(values.astype(str))[0], True
        return values.to_numpy(float, na_value=np.nan), False
    return _propensity(circumstances, a, b), False


def _propensity(circumstances: pd.DataFrame, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n,) log odds of being in A rather than B, by logistic regression on the circumstances and their squares."""
    from sklearn.linear_model import LogisticRegression

    columns = []
    for name in circumstances:
        values = circumstances[name]
        if pd.api.types.is_numeric_dtype(values):
            ranks = values.rank(pct=True).fillna(0.5).to_numpy(float) - 0.5
            columns += [ranks, ranks**2]
        elif values.nunique() <= MOST_CATEGORIES:
            columns += list(pd.get_dummies(values.astype(str)).to_numpy(float).T)
    design, rows = np.column_stack(columns), np.concatenate([a, b])
    fitted = LogisticRegression(C=10.0, max_iter=500).fit(design[rows], np.repeat([1, 0], [len(a), len(b)]))
    return fitted.decision_function(design)


def _draw(
    strata: np.ndarray, a: np.ndarray, b: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """As many rows of either group in each stratum, (m,) each."""
    drawn: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for stratum in np.intersect1d(strata[a], strata[b]):
        members = [group[strata[group] == stratum] for group in (a, b)]
        n = min(map(len, members))
        for rows, group in zip(drawn, members, strict=True):
            rows.append(random.permutation(group)[:n])
    empty = np.zeros(0, dtype=int)
    return np.concatenate([empty, *drawn[0]]), np.concatenate([empty, *drawn[1]])
