"""Which objects of a catalogue teach redshifts: those with one, of which settings may take a share or a column."""

import numpy as np
import pandas as pd

from ...data.column_names import check_column
from ...data.split import split_objects
from ...errors import BadConfig, UserError
from .settings import SDGMConfig


def usable(config: SDGMConfig, table: pd.DataFrame) -> np.ndarray:
    """Objects with a redshift above 0 that the setting ``labelled`` selects, (n,) bool."""
    redshift = numbers_of(table, config.redshift, "redshift")
    with np.errstate(invalid="ignore"):
        known = np.isfinite(redshift) & (redshift > 0)
    try:
        share = float(config.labelled)
    except ValueError:
        chosen = numbers_of(table, config.labelled, "labelled")
        return known & np.isfinite(chosen) & (chosen != 0)
    if not 0 <= share <= 1:
        raise BadConfig(f"The setting labelled is {share:g}, but a share from 0 to 1 or a column was expected.")
    rows = np.flatnonzero(known)
    salted = np.char.add("labelled ", table["id"].to_numpy().astype(str)[rows])  # independent of the validation part
    chosen = rows[split_objects(salted, share, 0.0).validation] if share < 1 else rows
    return np.isin(np.arange(len(table)), chosen)


def numbers_of(table: pd.DataFrame, name: str, setting: str) -> np.ndarray:
    """A catalogue column as numbers (n,); raises `NotFound` or `UserError` where there is none."""
    check_column(name, table, f"for the setting {setting} of this model")
    try:
        return table[name].to_numpy(dtype=float)
    except ValueError:
        raise UserError(f"Column {name} of the survey holds words, but the setting {setting} needs numbers.") from None
