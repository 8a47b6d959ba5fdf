"""Labels (effective temperature, abundances, mass…) as columns of a catalogue, with their errors beside them.

A label ``teff`` has its 1-sigma error, where there is one, in the column ``teff_err``. NaN means unlabelled.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import BadConfig, NotFound

ERROR_SUFFIX = "_err"


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels of n objects, in the units of the catalogue.

    Parameters
    ----------
    names
        M names of columns.
    values
        (n, M) float64, NaN where unlabelled.
    errors
        (n, M) float64, 1-sigma; NaN where the catalogue has none, infinite where the label is missing.
    """

    names: tuple[str, ...]
    values: np.ndarray
    errors: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """(n, M) bool."""
        return np.isfinite(self.values)


def label_names(text: str) -> tuple[str, ...]:
    """The names in a list such as ``teff,logg,feh``.

    Raises
    ------
    BadConfig
        When a name comes twice.
    """
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadConfig(f"The label {twice} is named twice in {text!r}: name each label once.")
    return names


_LIKELY = re.compile(
    r"teff|teffk|effectivetemperature|logg|loggcgs|surfacegravity|feh|mh|metallicity|zh|alpham|alphafe|"
    r"afe|[a-z]{1,2}fe|vmic|vmicro|vmacro|vsini"
)


def likely_labels(names: Iterable[str]) -> tuple[str, ...]:
    """Columns whose names are those of labels of stars, in their order; none unless a temperature is among them.

    >>> likely_labels(["snr", "T_eff", "log g", "[Fe/H]"])
    ('T_eff', 'log g', '[Fe/H]')
    """
    plain = {name: re.sub(r"[\W_]", "", name.lower()) for name in names}
    found = tuple(name for name, word in plain.items() if _LIKELY.fullmatch(word))
    return found if any(plain[name].startswith(("t", "effectivet")) for name in found) else ()


def read_labels(table: pd.DataFrame, names: Sequence[str], needed: bool = True, what: str = "label") -> Labels:
    """Labels and errors out of a catalogue.

    Parameters
    ----------
    table
        n rows.
    names
        Columns.
    needed
        Whether a label that no object has is a mistake.
    what
        What the columns are called in messages.

    Raises
    ------
    NotFound
        A column is missing.
    BadConfig
        No name is given, a column holds text, a label is missing for every object, or an error is negative.
    """
    if not names:
        raise BadConfig(
            "No labels were named: choose columns of the survey's catalogue as labels, such as teff,logg,feh."
        )
    values, errors = np.empty((len(table), len(names))), np.empty((len(table), len(names)))
    for i, name in enumerate(names):
        values[:, i] = _numbers(table, name, what)
        known = np.isfinite(values[:, i])
        if needed and not known.any():
            raise BadConfig(
                f"The {what} {name} is missing for all {len(table)} objects: leave it out, or give values for some."
            )
        errors[:, i] = _errors(table, name, known)
    return Labels(tuple(names), values, errors)


def lend_labels(table: pd.DataFrame, lender: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The catalogue with labels, and their errors, of the same objects in another catalogue.

    Parameters
    ----------
    table
        Gets the labels; its own of the same names are replaced. Objects that the lender lacks become unlabelled.
    lender
        Has the labels.
    names
        Which ones.

    Raises
    ------
    NotFound
        The lender lacks a label, or the catalogues share no object.
    """
    read_labels(lender, names)
    ids = table["id"].astype(str)
    lent = lender.set_index(lender["id"].astype(str))
    if not ids.isin(lent.index).any():
        raise NotFound(
            f"The two surveys share no object (ids such as {ids.iloc[0]} and {lent.index[0]}): labels are handed over "
            "by id."
        )
    columns = [column for name in names for column in (name, name + ERROR_SUFFIX) if column in lender]
    rest = table.drop(columns=[name + end for name in names for end in ("", ERROR_SUFFIX) if name + end in table])
    return rest.join(lent[columns].reindex(ids).reset_index(drop=True))


def _numbers(table: pd.DataFrame, name: str, what: str) -> np.ndarray:
    if name not in table:
        raise NotFound(f"There is no {what} column {name}: the catalogue has {', '.join(map(str, table.columns))}.")
    if not pd.api.types.is_numeric_dtype(table[name]):
        raise BadConfig(
            f"The {what} column {name} holds text: {what}s are numbers, NaN where unknown; name another one, or learn "
            "words by a multitask model's classify."
        )
    values = table[name].to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _errors(table: pd.DataFrame, name: str, known: np.ndarray) -> np.ndarray:
    """(n,) errors of one label: infinite where the label is missing, NaN where only the error is."""
    errors = np.full(len(table), np.nan)
    if name + ERROR_SUFFIX in table:
        errors = table[name + ERROR_SUFFIX].to_numpy(dtype=float, na_value=np.nan)
    negative = np.flatnonzero(known & (errors < 0))
    if len(negative):
        raise BadConfig(
            f"The error {name}{ERROR_SUFFIX} is negative for {len(negative)} objects, first {errors[negative[0]]:g}: "
            "give 1-sigma errors of at least 0, or NaN where unknown."
        )
    return np.where(known, errors, np.inf)
