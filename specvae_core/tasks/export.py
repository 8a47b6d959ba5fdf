"""Catalogues that leave the program: ids, latents and everything the survey knows, for TOPCAT, astropy and pandas."""

from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table

from ..atomic import write_with
from ..data.store import Survey
from ..errors import BadConfig, NotWritable
from ..workspace import Encoding

FORMATS = (".parquet", ".fits", ".csv", ".ecsv")


def latent_table(survey: Survey, encoding: Encoding, rows: np.ndarray | None = None) -> pd.DataFrame:
    """The catalogue of some rows with their place in latent space.

    Parameters
    ----------
    survey, encoding
        The survey, and what the model makes of it.
    rows
        Which ones, all by default.

    Returns
    -------
    table
        ``id``, ``latent_1``… (no unit), ``latent_1_sigma``… (posterior standard deviation, where the model has one),
        ``chi2_per_pixel``, ``mse`` (of normalised flux), then all other columns of the catalogue.
    """
    rows = np.arange(survey.n) if rows is None else np.asarray(rows)
    catalogue = survey.table.iloc[rows].reset_index(drop=True)
    columns = {"id": catalogue["id"]}
    names = [f"latent_{number + 1}" for number in range(encoding.latents.shape[1])]
    columns |= dict(zip(names, encoding.latents[rows].T, strict=True))
    if encoding.log_variance is not None:
        sigma = np.exp(0.5 * encoding.log_variance[rows]).T
        columns |= {f"{name}_sigma": values for name, values in zip(names, sigma, strict=True)}
    columns |= {"chi2_per_pixel": encoding.chi2_per_pixel[rows], "mse": encoding.squared_error[rows]}
    rest = catalogue.drop(columns=[name for name in columns if name in catalogue])
    return pd.concat([pd.DataFrame(columns), rest], axis=1)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table in the format that the file's ending names, in one step.

    Raises
    ------
    BadConfig
        The ending is none of `FORMATS`.
    NotWritable
        The file cannot be written.
    """
    if path.suffix not in FORMATS:
        raise BadConfig(f"{path.name} does not say a known format: let the name end in one of {', '.join(FORMATS)}.")
    writers = {
        ".parquet": lambda temporary: table.to_parquet(temporary, index=False),
        ".csv": lambda temporary: table.to_csv(temporary, index=False),
        ".fits": lambda temporary: _astropy(table).write(temporary, format="fits", overwrite=True),
        ".ecsv": lambda temporary: _astropy(table).write(temporary, format="ascii.ecsv", overwrite=True),
    }
    try:
        write_with(path, writers[path.suffix])
    except OSError as error:
        raise NotWritable(f"{path} cannot be written ({error.strerror}): choose another place.") from None


def _astropy(table: pd.DataFrame) -> Table:
    """The same table with plain NumPy columns, which FITS and ECSV need."""
    columns = {}
    for name in table:
        text = not (pd.api.types.is_numeric_dtype(table[name]) or pd.api.types.is_bool_dtype(table[name]))
        columns[name] = table[name].fillna("").to_numpy(str) if text else table[name].to_numpy()
    return Table(columns)
