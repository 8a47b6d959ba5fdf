"""The one split of a survey: objects to learn from, to choose by, and to measure on.

*Training* objects are learnt from. *Validation* objects choose: when a training stops, which trial of a search wins,
how error bars are scaled. *Test* objects do neither, and every figure that is shown comes from them. Which object
belongs where depends on the hash of its name alone, so that all models of a survey share their test objects.
"""

import hashlib
import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from .column_names import check_column


class Part(StrEnum):
    """The parts of a survey."""

    TRAINING = "training"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of a survey by part; each row is in one.

    Parameters
    ----------
    training, validation, test
        Rising row numbers.
    """

    training: np.ndarray
    validation: np.ndarray
    test: np.ndarray


@dataclass(frozen=True, eq=False)
class Unseen:
    """Objects of a survey from which figures about a model may come.

    Parameters
    ----------
    mask
        (n,) bool over the survey.
    part
        ``test``: they neither taught nor chose the model. ``validation``: the model has no test part, as one of
        version 0.1, and they chose its epoch. ``other``: the model learnt from another survey. ``none``: there are
        none.
    """

    mask: np.ndarray
    part: str

    @property
    def rows(self) -> np.ndarray:
        """Rising row numbers."""
        return np.flatnonzero(self.mask)

    @property
    def sentence(self) -> str:
        """Where figures come from, in words."""
        n = int(self.mask.sum())
        return SENTENCES[self.part].format(objects=f"{n:,} object{'s' if n != 1 else ''}")


SENTENCES = {
    "test": "{objects} of the test part, used neither in training nor in choosing the model",
    "validation": "{objects} of the validation part, by which the model was chosen: it has no test part",
    "other": "{objects} of a survey that the model did not learn from",
    "none": "no objects: the model learnt from all of them. Train one with a test part to know how good it is",
}
"""Words for `Unseen.part`."""


def object_names(table: pd.DataFrame, group: str = "") -> np.ndarray:
    """Name of the object that each spectrum shows, (n,) strings: the id, or the entry of a grouping column.

    Parameters
    ----------
    table
        The catalogue.
    group
        A column that is the same for all spectra of an object; where it is empty or not a number, the id counts.

    Raises
    ------
    NotFound
        There is no such column.
    """
    ids = table["id"].astype(str).to_numpy(dtype=object)
    if not group:
        return ids.astype(str)
    check_column(group, table, "to group spectra by")
    names = table[group].astype(str).str.strip().to_numpy(dtype=object)
    known = table[group].notna().to_numpy() & (names != "")
    return np.where(known, names, ids).astype(str)


def split_objects(objects: np.ndarray, validation_fraction: float, test_fraction: float, fold: int = 0) -> Split:
    """Divide the rows of a survey by the hashes of its objects.

    The objects of the lowest hashes are the test part, those that follow the validation part: the same ones in whatever
    order the rows come. A larger test part only adds to a smaller one.

    Parameters
    ----------
    objects
        (n,) names; all rows of one name go to the same part.
    validation_fraction, test_fraction
        Shares of the objects; one object at least where above 0, and one at least is left to learn from.
    fold
        Another test part: 0 is that of the lowest hashes, 1 the next as large, and so on, for cross-validation.

    Examples
    --------
    >>> split = split_objects(np.array(["a", "b", "c", "d", "d"]), 0.25, 0.25)
    >>> len(split.training) + len(split.validation) + len(split.test), set(split.test) & set(split.training)
    (5, set())
    """
    names, which = np.unique(np.asarray(objects, dtype=str), return_inverse=True)
    hashes = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names]
    n = len(names)
    n_test = min(math.ceil(test_fraction * n), n - 1) if n else 0
    n_validation = min(math.ceil(validation_fraction * n), n - 1 - n_test) if n else 0
    rank = np.empty(n, dtype=int)
    rank[np.argsort(np.array(hashes, dtype="S8"), kind="stable")] = np.arange(n)
    rank = (rank - fold * n_test) % max(n, 1)
    row_rank = rank[which]
    return Split(
        training=np.flatnonzero(row_rank >= n_test + n_validation),
        validation=np.flatnonzero((row_rank >= n_test) & (row_rank < n_test + n_validation)),
        test=np.flatnonzero(row_rank < n_test),
    )
