"""Export of catalogues with ids, latents and all columns of the survey, for TOPCAT, astropy and pandas."""

import json
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
from astropy.table import Column, Table

from .. import __version__
from ..annotations import Annotations
from ..atomic import export
from ..csv_cells import escape
from ..data.column_meaning import meaning
from ..data.survey import Survey
from ..encodings import Encoding
from ..workspace import Workspace
from .fits_tables import as_fits

FORMATS = (".parquet", ".fits", ".csv", ".ecsv", ".vot")


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
        ``component_1_sigma``… (the same along components, where the model knows the correlations),
        ``chi2_per_pixel``, ``mse`` (of normalised flux), the columns of the annotations (`Annotations.columns`), then
        all other columns of the catalogue; one of the same name as one of these gets ``_catalogue`` behind it.
    """
    rows = np.arange(survey.n) if rows is None else np.asarray(rows)
    catalogue = survey.catalogue.take(np.arange(survey.n)[rows]).reset_index(drop=True)
    columns = {"id": catalogue["id"]}
    names = [f"latent_{number + 1}" for number in range(encoding.latents.shape[1])]
    columns |= dict(zip(names, encoding.latents[rows].T, strict=True))
    components = encoding.basis.components(encoding.latents[rows])
    columns |= {f"component_{number + 1}": values for number, values in enumerate(components.T)}
    if encoding.log_variance is not None:
        sigma = np.exp(0.5 * encoding.log_variance[rows]).T
        columns |= {f"{name}_sigma": values for name, values in zip(names, sigma, strict=True)}
    if encoding.errors is not None and encoding.errors.correlated:
        sigma = encoding.errors.sigma(rows, encoding.basis.axes).T
        columns |= {f"component_{number + 1}_sigma": values for number, values in enumerate(sigma)}
    columns |= {"chi2_per_pixel": encoding.chi2_per_pixel[rows], "mse": encoding.squared_error[rows]}
    if annotations is not None:
        columns |= dict(annotations.columns(survey.name, catalogue["id"]).items())
    rest = catalogue.drop(columns="id").rename(columns={name: f"{name}_catalogue" for name in columns})
    return pd.concat([pd.DataFrame(columns), rest], axis=1)


def provenance(workspace: Workspace, survey_id: str, model_id: str | None = None) -> dict[str, str]:
    """Where a table came from: version, time, survey and model; names as short as those of FITS."""
    survey = workspace.survey_summary(survey_id).header
    header = {
        "program": f"SpecVAE {__version__}",
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "survey": survey_id,
        "surveyid": str(survey.get("uid", survey["created"])),
    }
    if model_id is not None:
        model = workspace.model_summary(model_id).header
        header |= {
            "model": model_id,
            "kind": str(model["model"]),
            "modelid": str(model.get("uid", model["created"])),
        }
    return header


def write_table(table: pd.DataFrame, path: Path, header: Mapping[str, str] = MappingProxyType({})) -> None:
    """Write a table in the format that the file's ending names, in one step.

    Units, content descriptors and descriptions of the columns go along, see `column_meaning`, except into CSV.

    Parameters
    ----------
    table
        Columns of numbers and words.
    path
        The file.
    header
        Provenance, see `provenance`; CSV has none.

    Raises
    ------
    BadConfig
        The ending is none of `FORMATS`.
    NotWritable
        The file cannot be written.
    """
    writers = {
        ".parquet": lambda temporary: _write_parquet(table, temporary, header),
        ".csv": lambda temporary: _write_csv(table, temporary),
        ".fits": lambda temporary: _write_fits(as_fits(_astropy(table, header)), temporary),
        ".ecsv": lambda temporary: _astropy(table, header).write(temporary, format="ascii.ecsv", overwrite=True),
        ".vot": lambda temporary: _write_votable(_astropy(table, header), temporary),
    }
    export(path, writers)


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write it with names and texts that no spreadsheet takes for a formula."""
    texts = table.select_dtypes(exclude=["number", "bool"])
    escaped = {name: [escape(value) if isinstance(value, str) else value for value in texts[name]] for name in texts}
    # A carriage return within a text is put between quotation marks only where it is part of the end of a line.
    table.assign(**escaped).rename(columns=escape).to_csv(path, index=False, lineterminator="\r\n")


def _write_parquet(table: pd.DataFrame, path: Path, header: Mapping[str, str]) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    from astropy.table.meta import get_yaml_from_table

    made = pa.Table.from_pandas(table, preserve_index=False)
    fields = []
    for field in made.schema:
        known = {name: text for name, text in vars(meaning(field.name)).items() if text}
        fields.append(field.with_metadata(known) if known else field)
    metadata = {**(made.schema.metadata or {}), b"provenance": json.dumps(dict(header)).encode()}
    described = _astropy(table.head(0), header)
    metadata |= {b"table_meta_yaml": "\n".join(get_yaml_from_table(described)).encode()}  # astropy's own entries
    for name in (name for name in described.colnames if described[name].dtype.kind == "U"):
        longest = pc.max(pc.binary_length(made[name].cast("large_string"))).as_py() or 1
        metadata[f"table::len::{name}".encode()] = str(longest).encode()
    pq.write_table(made.cast(pa.schema(fields, metadata=metadata)), path)


def _write_fits(table: Table, path: Path) -> None:
    from astropy.io import fits

    hdu = fits.table_to_hdu(table)
    for number, name in enumerate(table.colnames, start=1):
        known = meaning(name)
        for key, text in (("TUCD", known.ucd), ("TCOMM", known.description)):
            if text:
                hdu.header[f"{key}{number}"] = text
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)


def _write_votable(table: Table, path: Path) -> None:
    from astropy.io.votable import from_table
    from astropy.io.votable.tree import Info

    with warnings.catch_warnings(action="ignore"):  # VOUnits of version 1.4 would rather have 0.1nm than Angstrom
        document = from_table(table)
        for name, text in table.meta.items():
            document.resources[0].infos.append(Info(name=name, value=str(text)))
        document.version = "1.3"  # whose units are those of the CDS
        document.to_xml(str(path))


def _astropy(table: pd.DataFrame, header: Mapping[str, str]) -> Table:
    """The same table with plain NumPy columns, which these formats need."""
    made = Table(meta=dict(header))
    for name in table:
        column, known = table[name], meaning(str(name))
        if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
            values = column.fillna("").astype(str).to_numpy(dtype=str)
        else:  # a whole number that may be missing, as a label, becomes a NaN of a float
            values = column.to_numpy(float, na_value=np.nan) if column.hasnans else column.to_numpy()
        meta = {"ucd": known.ucd} if known.ucd else {}
        made[str(name)] = Column(values, unit=known.unit or None, description=known.description or None, meta=meta)
    return made
