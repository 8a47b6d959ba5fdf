"""What several people say of the same objects: how far they agree, and one verdict of all.

Visual inspections of redshifts are merged in the same way (Lan et al. 2023, ApJ 943, 68): the surest redshift counts,
and objects on which people disagree are counted and looked at once more.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from ..annotation_record import Annotation

SAME_REDSHIFT = 0.0033
"""Difference of two redshifts in units of 1 + z, about 1000 km/s, up to which they are the same."""


@dataclass(frozen=True)
class Verdict:
    """One annotation made of those of several people.

    Parameters
    ----------
    annotation
        Its mark is the one that more than half of those who gave one agree on, else the median, of two middle ones the
        lower. Notes are joined behind the names; tags and features are those of all. Its redshift is that of the
        highest quality, of several the median.
    people
        Number of people who have annotated the object.
    disagree
        Whether two of them gave different marks, or redshifts that differ by more than `SAME_REDSHIFT`.
    """

    annotation: Annotation
    people: int
    disagree: bool


def merged(by_author: Mapping[str, Annotation]) -> Verdict:
    """One verdict of the annotations of an object, by author.

    Examples
    --------
    >>> verdict = merged({"anna": Annotation(3), "ben": Annotation(3), "caro": Annotation(0)})
    >>> verdict.annotation.mark, verdict.people, verdict.disagree
    (3, 3, True)
    """
    said = list(by_author.values())
    if len(said) == 1:
        return Verdict(said[0], 1, False)
    marks = [one.mark for one in said if one.mark is not None]
    redshifts = [one for one in said if one.redshift is not None]
    surest = max((_quality(one) for one in redshifts), default=-1)
    best = [one.redshift for one in redshifts if _quality(one) == surest]
    annotation = Annotation(
        mark=_merged_mark(marks),
        note="; ".join(f"{name or 'unnamed'}: {one.note}" for name, one in by_author.items() if one.note),
        tags=tuple(dict.fromkeys(tag for one in said for tag in one.tags)),
        redshift=_middle(best) if best else None,
        quality=surest if surest >= 0 else None,
        features=tuple(sorted((feature for one in said for feature in one.features), key=lambda one: one.wavelength)),
    )
    values = np.array([one.redshift for one in redshifts])
    apart = len(values) > 1 and np.ptp(values) > SAME_REDSHIFT * (1 + values.min())
    return Verdict(annotation, len(said), bool(len(set(marks)) > 1 or apart))


def _quality(annotation: Annotation) -> int:
    return -1 if annotation.quality is None else annotation.quality


def _merged_mark(marks: Sequence[int]) -> int | None:
    if not marks:
        return None
    mark, n = Counter(marks).most_common(1)[0]
    return mark if 2 * n > len(marks) else _middle(marks)


def _middle(values: Sequence) -> object:
    """The median; of two middle values the lower one, which somebody has given."""
    return sorted(values)[(len(values) - 1) // 2]


def verdict_columns(verdicts: Mapping[str, Verdict], object_ids: Sequence[str]) -> pd.DataFrame:
    """Verdicts by object id as columns of a table of objects, in their order.

    Returns
    -------
    table
        ``label``, the mark (nullable integer); ``note``; ``tags``, joined by commas; ``my_z`` and its quality
        ``my_z_quality``; ``features``, remarks on the spectrum; ``people``, who have annotated it; ``disagree``, 1
        where they do.
    """
    places = {place: verdicts[name] for place, name in enumerate(map(str, object_ids)) if name in verdicts}
    columns = {name: np.full(len(object_ids), value, kind) for name, value, kind in _COLUMNS}
    for place, verdict in places.items():
        said = verdict.annotation
        columns["note"][place], columns["tags"][place] = said.note, ", ".join(said.tags)
        columns["features"][place] = "; ".join(map(str, said.features))
        columns["people"][place], columns["disagree"][place] = verdict.people, verdict.disagree
        for name, value in (("label", said.mark), ("my_z", said.redshift), ("my_z_quality", said.quality)):
            columns[name][place] = np.nan if value is None else value
    return pd.DataFrame(columns).astype({"label": "Int16", "my_z_quality": "Int16"})


_COLUMNS = (
    ("label", np.nan, float), ("note", "", object), ("tags", "", object), ("my_z", np.nan, float),
    ("my_z_quality", np.nan, float), ("features", "", object), ("people", 0, np.int16), ("disagree", 0, np.int16),
)  # fmt: skip
"""Name, value of an object without annotation, and type of each column."""


@dataclass(frozen=True)
class Agreement:
    """How far the marks of two people agree on the objects that both have marked.

    Parameters
    ----------
    a, b
        The two.
    n
        Objects that both have marked.
    equal
        Share of them with equal marks; NaN where there are none.
    kappa
        Cohen's kappa: 1 for complete agreement, 0 for as much as independent people of these habits have (Cohen 1960);
        NaN where both give all objects one and the same mark.
    n_redshifts
        Objects to which both gave a redshift.
    same_redshift
        Share of those that differ by `SAME_REDSHIFT` at most; NaN where there are none.
    """

    a: str
    b: str
    n: int
    equal: float
    kappa: float
    n_redshifts: int
    same_redshift: float


def agreements(by_author: Mapping[str, Mapping[str, Annotation]]) -> list[Agreement]:
    """Agreement of every two people, from their annotations by author and object id."""
    return [_agreement(a, by_author[a], b, by_author[b]) for a, b in combinations(by_author, 2)]


def _agreement(a: str, of_a: Mapping[str, Annotation], b: str, of_b: Mapping[str, Annotation]) -> Agreement:
    both = [(of_a[name], of_b[name]) for name in of_a if name in of_b]
    marks = np.array([(x.mark, y.mark) for x, y in both if x.mark is not None and y.mark is not None], dtype=int)
    z = np.array([(x.redshift, y.redshift) for x, y in both if x.redshift is not None and y.redshift is not None])
    same = np.abs(z[:, 0] - z[:, 1]) <= SAME_REDSHIFT * (1 + z.min(axis=1)) if len(z) else z
    equal = float((marks[:, 0] == marks[:, 1]).mean()) if len(marks) else np.nan
    kappa = cohens_kappa(*marks.T) if len(marks) else np.nan
    return Agreement(a, b, len(marks), equal, kappa, len(z), float(same.mean()) if len(z) else np.nan)


def cohens_kappa(a: np.ndarray, b: np.ndarray) -> float:
    """Cohen's kappa of two people's marks (n,), whole numbers (Cohen 1960, Educ. Psychol. Meas. 20, 37).

    (p - e) / (1 - e), with p the share of equal marks and e the share expected of independent people who use each mark
    as often as these two do; NaN where e is 1.

    Examples
    --------
    >>> round(cohens_kappa(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 0])), 2)
    0.5
    """
    equal = float((a == b).mean())
    expected = sum(float((a == mark).mean() * (b == mark).mean()) for mark in np.union1d(a, b))
    return (equal - expected) / (1 - expected) if expected < 1 else np.nan
