"""From files to a survey: which files are read, and which half-written survey goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..cache import file_stamp
from ..compute import Machines
from ..data.block import Block
from ..data.file_lists import find_files
from ..data.fractions import simplex_names
from ..data.label_columns import label_names
from ..data.object_table import ObjectTable, read_object_table
from ..data.preprocess_options import PreprocessOptions
from ..data.readers import unique_stems
from ..data.readers.axis import read_hints
from ..data.refused import read_refused
from ..data.store import SurveyWriter
from ..data.suggest import suggest_grid
from ..data.survey_files import read_header
from ..data.understanding import FileHints
from ..errors import NameTaken, Refused
from ..locks import FolderLock
from ..names import printable
from ..progress import Report
from ..workspace import Workspace
from .file_group import Catalogue, FileGroup, groups
from .ingest_run import Ingest

HEAVY = 500_000_000
"""Bytes of files from which on several processes prepare spectra."""

LONG = 100_000_000
"""Bytes of files from which on compiled code prepares spectra: it takes a second to import, and 80 µs less for each."""


def ingest(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    paths: Sequence[str],
    name: str,
    options: Mapping[str, object],
    resume: bool = False,
    labels: str = "",
    simplex: str = "",
    hints: Mapping[str, object] | None = None,
    catalogue: str = "",
    on: str = "id",
    workers: int = 0,
    scheduler: str = "",
    root: str = "",
    group: str = "",
) -> str:
    """Read files and folders into a new survey; returns its name.

    A file or an object that cannot be used is counted under its reason and listed in the survey's ``refused.csv``; it
    never stops the others.

    Parameters
    ----------
    workspace
        Gets the survey.
    report
        Progress callback, called about three times a second.
    folder
        The job's own folder. A job that goes on finds its survey by it.
    paths
        Files and folders; folders are searched with all their subfolders.
    name
        The survey's name.
    options
        Fields of `PreprocessOptions`; the grid as ``start:stop:n`` or ``pixels:n``. Without one, spectra of mixtures
        (``simplex``), which are not galaxies, get the range that their files cover, and pixels without wavelengths as
        many pixels as the first object has.
    resume
        Go on with an interrupted survey of that name, whoever began it.
    labels
        Columns that the catalogue must have as labels, with commas between them.
    simplex
        Columns with the fractions of endmembers, by name or as ``0:4``; see `simplex_names`.
    hints
        The user's hints: fields of `FileHints`.
    catalogue
        A table of objects that adds redshifts, classes and labels to the spectra; empty for none.
    on
        How an object finds its row there: ``id``, a column, ``plate,mjd,fiberid`` or ``ra,dec:1arcsec``.
    workers, scheduler
        Where spectra are prepared; see `Machines`.
    root
        Folder that no link among the files may leave, see `find_files`.
    group
        Column that names the object where one has several spectra: models keep them on one side of their split.
    """
    machines = Machines(workers, scheduler)
    settings, files = PreprocessOptions.from_mapping(options), find_files([Path(path) for path in paths], root)
    word = read_hints(hints or {})
    table, stems = read_object_table(Path(catalogue), on) if catalogue else None, unique_stems(files)
    beside = Catalogue(Path(catalogue), on, file_stamp(Path(catalogue))) if catalogue else None
    if (simplex or word.no_wavelengths) and "grid" not in options:
        settings = replace(settings, grid=suggest_grid(files, air=settings.air, hints=word))
    target = workspace.survey_folder(name)
    recorded: dict[str, object] = {"options": settings.to_json(), "hints": word.to_json(), "labels": labels}
    recorded |= {"simplex": simplex, "group": group, "catalogue": {"path": catalogue, "on": on} if catalogue else {}}
    fractions = simplex_names(simplex, _first_columns(files, stems, word, table)) if simplex else ()
    writer = _resumed(target, recorded, folder.name, resume)
    if writer is None:
        provenance = {"paths": [str(path) for path in paths], **recorded, "job": folder.name}
        writer = SurveyWriter.create(target, name, settings.grid, provenance, settings.scale)
    with writer:
        size = sum(path.stat().st_size for path in files if path.exists())
        how = machines, size > HEAVY, size > LONG
        made = Ingest(writer, settings, report, label_names(labels), fractions, word, table, *how)
        left = _left(files, writer)
        made.run_files(groups(left, [stems[path] for path in left], word, beside), len(files))
    return name


DEFAULTS: dict[str, object] = {"labels": "", "simplex": "", "group": "", "hints": {}}
"""Arguments of `ingest` that earlier versions did not write down."""


def begun_with(provenance: Mapping[str, object]) -> dict[str, object]:
    """Arguments of `ingest`, by name, that a half-written survey was begun with, so that it goes on with the same.

    Parameters
    ----------
    provenance
        From the survey's header; those of earlier versions lack `DEFAULTS` and the catalogue.
    """
    catalogue = provenance.get("catalogue") or {}
    recorded = {name: provenance.get(name) or default for name, default in DEFAULTS.items()}
    recorded |= {"catalogue": catalogue.get("path", ""), "on": catalogue.get("on", "id")}
    return {"paths": provenance["paths"], "options": provenance["options"], **recorded}


def _resumed(target: Path, recorded: Mapping[str, object], job: str, resume: bool) -> SurveyWriter | None:
    """The half-written survey of that name, where this job may go on with it."""
    if not target.exists():
        return None
    header = read_header(target)
    if header["complete"] or not (resume or header["provenance"].get("job") == job):
        with FolderLock(target):  # one that is being written is not a half-written one
            state = "a complete" if header["complete"] else "a half-written"
        way = "" if header["complete"] else ", go on with it by --resume"
        raise NameTaken(
            f"There is {state} survey named {target.name} already: choose another name{way}, or delete it first."
        )
    for what, now in recorded.items():
        if (header["provenance"].get(what) or None) != (now or None):
            raise NameTaken(f"Survey {target.name} was begun with other {what}: use those again, or delete it first.")
    return SurveyWriter.resume(target)


def _left(files: Sequence[Path], writer: SurveyWriter) -> list[Path]:
    """Files from the one on that an interrupted ingest had reached: all before it were dealt with."""
    names = [printable(str(path)) for path in files]
    if writer.reached in names:
        return list(files[names.index(writer.reached) :])
    committed = writer.committed().get("source", ())  # earlier versions did not write down what they had reached
    done = {*committed, *(row["source"] for row in read_refused(writer.folder))} - set(committed[-1:])
    return [path for path, name in zip(files, names, strict=True) if name not in done]


def _first_columns(
    files: Sequence[Path], stems: Mapping[Path, str], hints: FileHints, table: ObjectTable | None
) -> Mapping[str, object]:
    """Columns of the first object that can be read; none where no file can."""
    every = FileGroup(tuple(files), tuple(stems[path] for path in files), hints, None, is_small=False)
    first = next((item for _, item in every.candidates(table) if not isinstance(item, Refused)), None)
    return {} if first is None else (first[0] if isinstance(first, Block) else first).columns
