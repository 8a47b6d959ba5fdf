"""Surveys of an earlier format in the present one: the same spectra in fewer, larger files."""

import shutil
from pathlib import Path

from ..atomic import write_json
from ..folders import check_room, replacing, size_on_disk
from ..progress import Progress, Report, ignore
from .survey import Survey
from .survey_files import (
    ARRAYS,
    CATALOGUE,
    CHECKSUMS,
    FACTOR,
    FILES,
    FORMAT,
    HEADER,
    array_metadata,
    checksums,
    create_arrays,
    rows_per_shard,
)


def repack(folder: Path, report: Report = ignore) -> bool:
    """Rewrite a complete survey in the present format, in one step; what its encodings are made from stays the same.

    Parameters
    ----------
    folder
        Folder of the survey.
    report
        Called for each file that is written.

    Returns
    -------
    rewritten
        Whether it was of an earlier format.

    Raises
    ------
    UserError
        The survey is half-written or damaged, or the disk is full; it stays as it was.
    """
    survey = Survey.open(folder)
    if survey.header["format"] == FORMAT:
        return False
    check_room(folder, size_on_disk(folder), f"Survey {folder.name} in the present format")
    with replacing(folder) as new:
        arrays = create_arrays(new, survey.grid)
        for name in ARRAYS:
            arrays[name].resize((survey.n, survey.grid.n_pixel))
        arrays[FACTOR].resize((survey.n,))
        size = rows_per_shard(survey.grid.n_pixel)
        for start in range(0, survey.n, size):
            rows = slice(start, min(start + size, survey.n))
            for name, values in survey.stored(rows).items():
                arrays[name][rows] = values
            report(Progress(rows.stop / survey.n, f"repacking {rows.stop:,} of {survey.n:,} spectra"))
        for file in folder.iterdir():
            if file.is_file():
                shutil.copy2(file, new / file.name)
        known = checksums(new, [CATALOGUE, *array_metadata(new)])
        write_json(new / HEADER, {**survey.header, "format": FORMAT, CHECKSUMS: "crc32c", FILES: known})
    return True
