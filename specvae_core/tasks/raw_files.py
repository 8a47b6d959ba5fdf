"""Spectra of a survey as they stand in the files that they came from."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..data.readers import read_file, unique_stems
from ..data.readers.axis import read_hints
from ..data.spectra import Observation
from ..data.store import Survey
from ..errors import NotFound, Refused, UserError


def raw_path(survey: Survey, row: int) -> Path:
    """File that an object came from.

    Raises
    ------
    NotFound
        The object came from no file, or from one that is not there any more.
    """
    source = str(survey.catalogue["source"].iloc[row]) if "source" in survey.catalogue else ""
    path = Path(source)
    if source and path.is_file():
        return path
    where = f"came from {source}, which is not at hand" if source else "came from no file"
    (name,) = survey.index.ids_of([row])
    raise NotFound(f"{name} {where}: put its file back in that place, or give files to `specvae fit --model ID FILE`.")


def raw_spectra(survey: Survey, rows: Sequence[int] | np.ndarray) -> Iterator[tuple[int, Observation | Exception]]:
    """Objects as their files have them, each with its row; the reason in place of one that cannot be had.

    Files are read with the hints of the ingest, and every file once. The redshift is that of the survey, which a
    catalogue may have given.
    """
    by_path: dict[Path, list[int]] = {}
    for row in rows:
        try:
            by_path.setdefault(raw_path(survey, int(row)), []).append(int(row))
        except NotFound as missing:
            yield int(row), missing
    for path, wanted in by_path.items():
        yield from _of_file(survey, path, wanted)


def _of_file(survey: Survey, path: Path, rows: list[int]) -> Iterator[tuple[int, Observation | Exception]]:
    missing = {str(survey.ids[row]): row for row in rows}
    try:
        for stem in ("", _stem(survey, path)):  # most files need no more than their own name
            for item in read_file(path, read_hints(survey.header["provenance"].get("hints") or {}), stem):
                if isinstance(item, Observation) and item.id in missing:
                    row = missing.pop(item.id)
                    yield row, _as_ingested(survey, row, item)
                if not missing:
                    return
    except (Refused, UserError) as error:
        reason: Exception = error
    else:
        reason = NotFound(f"{path} does not have the object any more: was the file replaced?")
    for row in missing.values():
        yield row, reason


def _stem(survey: Survey, path: Path) -> str:
    """Prefix of the ids of a file among all files of the survey."""
    files = [Path(source) for source in survey.catalogue["source"].unique()]
    return unique_stems(files)[path]


def _as_ingested(survey: Survey, row: int, item: Observation) -> Observation:
    options = survey.header["provenance"].get("options") or {}
    redshift = float(survey.catalogue["z"].iloc[row]) if "z" in survey.catalogue else np.nan
    changed = {"redshift": redshift} if np.isfinite(redshift) else {}
    return replace(item, in_air=item.in_air or bool(options.get("air")), **changed)
