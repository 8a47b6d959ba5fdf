"""Export of catalogues with ids, latents and all columns of the survey, for TOPCAT, astropy and pandas."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table

from ..annotations import Annotations
from ..atomic import export
from ..data.store import Survey
from ..encodings import Encoding

FORMATS = (".parquet", ".fits", ".csv", ".ecsv")
_SPELT = str.maketrans(
    {"Å": "Angstrom", "²": "2", "χ": "chi", "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "–": "-", "…": "..."}
)


def latent_table(
    survey: Survey, encoding: Encoding, rows: np.ndarray | None = None, annotations: Annotations | None = None
) -> pd.DataFrame:
    """Catalogue of some rows with their latents.

    Parameters
    ----------
    survey, encoding
        The survey, and its encoding by a model.
    rows
        Rows, all by default.
    annotations
        Annotations of the workspace, where the table is to have them too.

    Returns
    -------
    table
        ``id``, ``latent_1``… (no unit), ``component_1``… (their principal components, which maps show),
        ``latent_1_sigma``… (posterior standard deviation, where the model has one),
        ``chi2_per_pixel``, ``mse`` (of normalised flux), ``label``, ``note`` and ``tags`` of the annotations, then all
        other columns of the catalogue; one of the same name as one of these gets ``_catalogue`` behind it.
    """
    rows = np.arange(survey.n) if rows is None else np.asarray(rows)
    catalogue = survey.table.iloc[rows].reset_index(drop=True)
    columns = {"id": catalogue["id"]}
    names = [f"latent_{number + 1}" for number in range(encoding.latents.shape[1])]
    columns |= dict(zip(names, encoding.latents[rows].T, strict=True))
    components = encoding.basis.components(encoding.latents[rows])
    columns |= {f"component_{number + 1}": values for number, values in enumerate(components.T)}
    if encoding.log_variance is not None:
        sigma = np.exp(0.5 * encoding.log_variance[rows]).T
        columns |= {f"{name}_sigma": values for name, values in zip(names, sigma, strict=True)}
    columns |= {"chi2_per_pixel": encoding.chi2_per_pixel[rows], "mse": encoding.squared_error[rows]}
    if annotations is not None:
        columns |= dict(annotations.columns(survey.name, catalogue["id"]).items())
    rest = catalogue.drop(columns="id").rename(columns={name: f"{name}_catalogue" for name in columns})
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
    writers = {
        ".parquet": lambda temporary: table.to_parquet(temporary, index=False),
        ".csv": lambda temporary: table.to_csv(temporary, index=False),
        ".fits": lambda temporary: _astropy(table, _in_ascii).write(temporary, format="fits", overwrite=True),
        ".ecsv": lambda temporary: _astropy(table, str).write(temporary, format="ascii.ecsv", overwrite=True),
    }
    export(path, writers)


def _astropy(table: pd.DataFrame, text: Callable[[str], str]) -> Table:
    """The same table with plain NumPy columns, which FITS and ECSV need; strings as the format can hold them."""
    columns = {}
    for name in table:
        column = table[name]
        if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
            columns[name] = np.array([text(value) for value in column.fillna("").astype(str)], dtype=str)
        else:  # a whole number that may be missing, as a label, becomes a NaN of a float
            columns[name] = column.to_numpy(float, na_value=np.nan) if column.hasnans else column.to_numpy()
    return Table(columns)


def _in_ascii(text: str) -> str:
    """ASCII text for a string column of FITS: Greek letters and units by name, other letters as question marks."""
    return text if text.isascii() else text.translate(_SPELT).encode("ascii", "replace").decode("ascii")
