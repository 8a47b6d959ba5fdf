"""From a catalogue of magnitudes to a photometric survey."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from ..data.file_lists import find_files
from ..data.photometry import Photometry, photometry, settled
from ..data.photometry_files import read_table
from ..data.photometry_options import PhotometryOptions
from ..data.refused import append_refused
from ..data.spectra import SpectraSet
from ..data.split import object_names
from ..data.store import SurveyWriter
from ..errors import NotFound, Reason, Refused, UserError
from ..grid import BandGrid
from ..progress import Progress, Report
from ..workspace import Workspace

ROWS = 50_000


def ingest_photometry(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    paths: Sequence[str],
    name: str,
    bands: str,
    options: Mapping[str, object] | None = None,
    root: str = "",
    group: str = "",
) -> str:
    """Read catalogues of magnitudes into a new survey; returns its name.

    Parameters
    ----------
    workspace
        Gets the survey.
    report
        Progress callback, called once a file, and about every `ROWS` objects.
    folder
        The job's own folder.
    paths
        Tables with a row for each object; what one lacks beside the bands is missing in the survey.
    name
        The survey's name.
    bands
        Names of the bands with commas between them; each has a column of magnitudes, and one of errors with ``_err``
        after its name, or the names of its columns: see `PhotometryOptions`.
    options
        The other `PhotometryOptions` by name.
    root
        Folder that no link among the files may leave, see `find_files`.
    group
        Column that names the object where one has several rows: models keep them on one side of their split.
    """
    start = time.perf_counter()
    chosen = PhotometryOptions.from_mapping({**(options or {}), "bands": bands})
    tables: list[pd.DataFrame] = []
    for number, path in enumerate(map(Path, paths)):
        if not path.is_file() or not find_files([path], root):
            raise NotFound(f"There is no file {path}: a photometric survey is made from tables, as CSV or Parquet.")
        report(Progress(0.5 * number / len(paths), f"reading {path.name}"))
        tables.append(read_table(path))
    chosen = settled(tables, chosen, ", ".join(Path(path).name for path in paths))
    grid = chosen.grid
    parts = [photometry(table, chosen, Path(path).name) for table, path in zip(tables, paths, strict=True)]
    spectra, refused = _joined(parts, grid)
    if not len(spectra):
        raise UserError(f"{', '.join(paths)} holds no object that was measured in one of the bands {grid}.")
    if group:
        object_names(spectra.table, group)
    provenance = {"paths": list(paths), **asdict(chosen), "job": folder.name}
    with SurveyWriter.create(workspace.survey_folder(name), name, grid, provenance, "none") as writer:
        try:
            _append(writer, report, spectra)
        except BaseException:  # the file is read again within seconds: nothing is kept
            writer.discard()
            raise
        append_refused(writer.folder, refused)
        reasons = Counter(str(refusal.reason) for _, refusal in refused)
        summary = {
            "ingested": len(spectra),
            "skipped": len(refused),
            "reasons": dict(reasons.most_common()),
            "files": len(paths),
            "seconds": round(time.perf_counter() - start, 3),
            "missing": {band: int(n) for band, n in zip(grid.names, (~spectra.seen).sum(axis=0), strict=True)},
            "notes": [*_softening_notes(grid), *dict.fromkeys(note for part in parts for note in part.notes)],
        }
        writer.finish(report=summary, group=group)
    return name


def _softening_notes(grid: BandGrid) -> list[str]:
    """How to ingest other surveys for models of these asinh magnitudes; empty where there are none."""
    if not grid.softening:
        return []
    return [
        f"Magnitudes of bands with ~ are asinh magnitudes with that softening: {grid}. A survey for the same models "
        "needs the same ones, given to --bands."
    ]


def _joined(parts: Sequence[Photometry], grid: BandGrid) -> tuple[SpectraSet, list[tuple[str, Refused]]]:
    """All catalogues as one, and what was refused with the file that it came from; an id counts once."""
    table = pd.concat([part.spectra.table for part in parts], ignore_index=True)
    for column in table.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in table.dtypes]]:
        table[column] = table[column].fillna("").astype(str)
    flux = np.concatenate([part.spectra.flux for part in parts])
    ivar = np.concatenate([part.spectra.ivar for part in parts])
    repeated = table["id"].duplicated().to_numpy()
    refused = [("", refusal) for part in parts for refusal in part.refused]
    for id_, source in table.loc[repeated, ["id", "source"]].to_numpy():
        refused.append((source, Refused(Reason.DUPLICATE, f"{id_} of {source} is in the survey already.")))
    return SpectraSet(grid, flux, ivar, table, scale="none").take(np.flatnonzero(~repeated)), refused


def _append(writer: SurveyWriter, report: Report, spectra: SpectraSet) -> None:
    for start in range(0, len(spectra), ROWS):
        rows = slice(start, min(start + ROWS, len(spectra)))
        writer.append(spectra.take(rows))
        report(Progress(0.5 + 0.5 * rows.stop / len(spectra), f"{rows.stop:,} of {len(spectra):,} objects"))
        unknown = np.full((rows.stop - start, spectra.grid.n_pixel), np.nan, np.float32)  # nobody estimates a magnitude
        writer.write_infilled(rows, unknown)
