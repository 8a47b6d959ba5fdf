"""From files to a survey: read, prepare, check, classify, fill holes, keep."""

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ..compute import AUTOMATIC, Machines, map_batches
from ..data.fractions import read_fractions, simplex_names
from ..data.infill import fit_infill, whole_mean
from ..data.label_columns import label_names, read_labels
from ..data.object_table import MATCH, STATES, ObjectTable, read_object_table
from ..data.preprocess import PreprocessOptions
from ..data.readers import find_files, read_file, unique_stems
from ..data.readers.axis import read_hints
from ..data.spectra import Observation, SpectraSet
from ..data.split import object_names
from ..data.store import SurveyWriter, append_refused, read_refused
from ..data.suggest import suggest_grid
from ..data.survey import Survey
from ..data.survey_files import ROWS_PER_CHUNK, read_header
from ..data.tally import Tally
from ..data.understanding import NO_HINTS, FileHints
from ..errors import NameTaken, NotFound, Reason, Refused, UserError
from ..locks import FolderLock
from ..names import printable
from ..progress import Progress, Report
from ..workspace import Workspace
from .prepare import Prepared, prepare

FITTED_ROWS = 5_000
INFILL_COMPONENTS = 10
SECONDS_BETWEEN_REPORTS = 0.3
SECONDS_BETWEEN_COMMITS = 1.0
BATCH = 512
"""Spectra that are prepared at once."""

HEAVY = 500_000_000
"""Bytes of files from which on several processes prepare spectra."""


Candidate = tuple[str, Observation | Refused]
"""Where something came from, and what it was."""


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
        (``simplex``), which are no galaxies, get the range that their files cover, and pixels without wavelengths as
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
    table = read_object_table(Path(catalogue), on) if catalogue else None
    if (simplex or word.no_wavelengths) and "grid" not in options:
        settings = replace(settings, grid=suggest_grid(files, air=settings.air, hints=word))
    target = workspace.survey_folder(name)
    said: dict[str, object] = {"options": settings.to_json(), "hints": word.to_json(), "labels": labels}
    said |= {"simplex": simplex, "group": group, "catalogue": {"path": catalogue, "on": on} if catalogue else {}}
    fractions = simplex_names(simplex, _first_columns(files, word, table)) if simplex else ()
    writer = _resumed(target, said, folder.name, resume)
    if writer is None:
        provenance = {"paths": [str(path) for path in paths], **said, "job": folder.name}
        writer = SurveyWriter.create(target, name, settings.grid, provenance, settings.scale)
    with writer:
        heavy = sum(path.stat().st_size for path in files if path.exists()) > HEAVY
        made = Ingest(writer, settings, report, label_names(labels), fractions, word, table, machines, heavy)
        made.run(_candidates(files, word, table, _done(writer)), len(files))
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
    said = {name: provenance.get(name) or default for name, default in DEFAULTS.items()}
    said |= {"catalogue": catalogue.get("path", ""), "on": catalogue.get("on", "id")}
    return {"paths": provenance["paths"], "options": provenance["options"], **said}


def _resumed(target: Path, said: Mapping[str, object], job: str, resume: bool) -> SurveyWriter | None:
    """The half-written survey of that name, where this job may go on with it."""
    if not target.exists():
        return None
    header = read_header(target)
    if header["complete"] or not (resume or header["provenance"].get("job") == job):
        with FolderLock(target):  # one that is being written is no half-written one
            state = "a complete" if header["complete"] else "a half-written"
        way = "" if header["complete"] else ", go on with it by --resume"
        raise NameTaken(
            f"There is {state} survey named {target.name} already: choose another name{way}, or delete it first."
        )
    for what, now in said.items():
        if (header["provenance"].get(what) or None) != (now or None):
            raise NameTaken(f"Survey {target.name} was begun with other {what}: use those again, or delete it first.")
    return SurveyWriter.resume(target)


def _done(writer: SurveyWriter) -> set[str]:
    """Files that need not be read again: files come in order, so all before the last committed one were dealt with."""
    sources = list(writer.committed().get("source", ()))
    return {*sources, *(row["source"] for row in read_refused(writer.folder))} - set(sources[-1:])


def _candidates(
    files: Sequence[Path], hints: FileHints, table: ObjectTable | None, done: set[str]
) -> Iterator[Candidate]:
    """What is read from files, joined with the table of objects where there is one."""
    stems = unique_stems(files)
    for path in files:
        source = printable(str(path))
        if source in done:
            continue
        try:
            for item in read_file(path, hints, stems[path]):
                yield source, table.join(item) if table is not None and isinstance(item, Observation) else item
        except Refused as refusal:
            yield source, refusal
        except NotFound:  # it was there when the folder was listed
            yield source, Refused(Reason.UNREADABLE, f"{source} was removed while files were read.")


def _first_columns(files: Sequence[Path], hints: FileHints, table: ObjectTable | None) -> Mapping[str, object]:
    """Columns of the first object that can be read; none where no file can."""
    items = (item for _, item in _candidates(files, hints, table, set()))
    return next((item.columns for item in items if isinstance(item, Observation)), {})


def _last_file(committed: pd.DataFrame) -> set[tuple[str, str]]:
    """Source and id of the objects that were committed of the last file, which is read again after an interruption."""
    if "source" not in committed or committed.empty:
        return set()
    last = committed[committed["source"] == committed["source"].iloc[-1]]
    return set(zip(last["source"], last["id"], strict=True))


class Batch:
    """Candidates that are prepared together."""

    def __init__(self) -> None:
        self.observations: list[tuple[str, Observation]] = []
        self.refusals: list[tuple[str, Refused]] = []

    def __len__(self) -> int:
        return len(self.observations) + len(self.refusals)

    def add(self, source: str, item: Observation | Refused) -> None:
        """Add one."""
        (self.refusals if isinstance(item, Refused) else self.observations).append((source, item))


class Ingest:
    """One survey in the making.

    Parameters
    ----------
    writer
        Takes what passes.
    options
        How spectra are prepared, and which are refused.
    report
        Progress callback, called once a batch.
    labels
        Columns that the catalogue must have, each with a number for some object and no negative errors.
    fractions
        Columns that must sum to 1 for every object where all are known.
    hints
        The user's hints, for the grid that is suggested where none of them fits.
    table
        The table of objects that the spectra were joined with.
    machines, heavy
        Where spectra are prepared; see `map_batches`.
    """

    def __init__(
        self,
        writer: SurveyWriter,
        options: PreprocessOptions,
        report: Report,
        labels: Sequence[str] = (),
        fractions: Sequence[str] = (),
        hints: FileHints = NO_HINTS,
        table: ObjectTable | None = None,
        machines: Machines = AUTOMATIC,
        heavy: bool = False,
    ) -> None:
        self.writer = writer
        self.machines, self.heavy = machines, heavy
        self.options = options
        self.report = report
        self.labels, self.fractions, self.hints = tuple(labels), tuple(fractions), hints
        self._table = table
        self._tally = Tally(writer.understood)
        committed = writer.committed()
        self._ids = set(committed["id"])
        self._again = _last_file(committed)
        self._refused = len(read_refused(writer.folder))
        self._sources: set[str] = set()
        self._kept: list[SpectraSet] = []
        self._refusals: list[tuple[str, Refused]] = []
        self._progress = Progress(0.0, "reading files")
        self._written = time.perf_counter()

    def run(self, candidates: Iterable[Candidate], n_expected: int) -> Survey:
        """Take candidates one by one, commit those that pass in batches, then fill holes and finish.

        Parameters
        ----------
        candidates
            What was read, file by file.
        n_expected
            Number of files, or of candidates where they come from no file, for the share that is done.
        """
        start = time.perf_counter()
        batches, under_way = self._batches(candidates), deque()
        sent = (under_way.append(batch) or batch.observations for batch in batches)
        for prepared in map_batches(partial(prepare, options=self.options), sent, self.machines, heavy=self.heavy):
            self._take(under_way.popleft(), prepared)
            if self._waiting >= self.writer.room or time.perf_counter() - self._written > SECONDS_BETWEEN_COMMITS:
                self._commit()
            self._report(time.perf_counter() - start, n_expected)
        self._commit()
        if not self.writer.n:
            self._give_up()
        self._check_labels()
        infill, columns = fill_holes(self.writer, self.report)
        report = self._summary(time.perf_counter() - start)
        roles = {"labels": self.labels, "simplex": self.fractions, "group": self._group}
        return self.writer.finish(columns, report=report, infill=infill, **roles)

    @property
    def _group(self) -> str:
        """Column that names the object of each spectrum; empty for the id."""
        return str(self.writer.provenance.get("group", ""))

    def _batches(self, candidates: Iterable[Candidate]) -> Iterator["Batch"]:
        """Candidates in batches of a fixed number, so that surveys do not depend on how fast they are made."""
        batch = Batch()
        reported = time.perf_counter()
        for source, item in candidates:
            self._sources.add(source)
            if self._is_committed(source, item):
                continue
            batch.add(source, item)
            if len(batch) == BATCH:
                yield batch
                batch = Batch()
            if time.perf_counter() - reported > SECONDS_BETWEEN_REPORTS:  # files may be slow, and a job can be stopped
                reported = time.perf_counter()
                self.report(self._progress)
        if len(batch):
            yield batch

    def _is_committed(self, source: str, item: Observation | Refused) -> bool:
        """Whether an object was committed before an interruption; a second one of that id is a duplicate."""
        if isinstance(item, Refused) or (source, item.id) not in self._again:
            return False
        self._again.discard((source, item.id))
        return True

    def _take(self, batch: "Batch", prepared: Prepared) -> None:
        """Let in what passed, in order and each id once."""
        self._refusals += batch.refusals
        kept, row = [], 0
        for place, (source, observation) in enumerate(batch.observations):
            refusal = prepared.refused.get(place)
            if observation.id in self._ids:
                repeated = f"{observation.id} from {source} is in the survey already; the first one is kept."
                refusal = Refused(Reason.DUPLICATE, repeated)
            if refusal is None:
                self._ids.add(observation.id)
                self._tally.add(observation)
                kept.append(row)
            else:
                self._refusals.append((source, refusal))
            row += place not in prepared.refused
        if prepared.spectra is not None and kept:
            self._kept.append(prepared.spectra.take(np.array(kept)))

    @property
    def _waiting(self) -> int:
        return sum(map(len, self._kept))

    def _commit(self) -> None:
        """Write what was let in; refusals first, so that a committed file is never read twice."""
        if self._refusals:
            append_refused(self.writer.folder, self._refusals)
            self._refused += len(self._refusals)
        if self._kept:
            self.writer.append(self._kept, self._tally.to_json())
        self._kept, self._refusals = [], []
        self._written = time.perf_counter()

    def _report(self, seconds: float, n_expected: int) -> None:
        n_in, n_refused = self.writer.n + self._waiting, self._refused + len(self._refusals)
        share = 0.95 * min(1.0, (len(self._sources) - 1) / n_expected)  # files that are done
        rate = (n_in + n_refused) / seconds
        self._progress = Progress(share, f"{n_in:,} in, {n_refused:,} refused, {rate:.0f} a second")
        self.report(self._progress)

    def _check_labels(self) -> None:
        """Refuse the survey whose catalogue lacks what was asked for as labels, fractions or names of objects."""
        try:
            if self.labels:
                read_labels(self.writer.committed(), self.labels)
            if self.fractions:
                read_fractions(self.writer.committed(), self.fractions)
            if self._group:
                object_names(self.writer.committed(), self._group)
            if self._table is not None:
                self._check_joined(self._table)
        except UserError:
            self.writer.discard()
            raise

    def _check_joined(self, table: ObjectTable) -> None:
        found = self.writer.committed()
        if not (found[MATCH] == "matched").any():
            raise NotFound(
                f"None of {len(found)} objects is in {table.name} (the first is {found['id'].iloc[0]}): join by "
                "another column, or by position, with --on."
            )

    def _joined(self) -> dict[str, object]:
        """How the objects that entered were found in the table of objects; nothing where there was none."""
        if self._table is None:
            return {}
        counts = self.writer.committed()[MATCH].value_counts()
        return {"catalogue": {"file": self._table.name, **{state: int(counts.get(state, 0)) for state in STATES}}}

    def _give_up(self) -> None:
        refused = read_refused(self.writer.folder)
        counts = Counter(Reason(row["reason"]).explanation for row in refused)
        first = refused[0]["message"] if refused else ""
        self.writer.discard()
        reasons = (
            "; ".join(f"{count} × {reason}" for reason, count in counts.most_common()) or "there was nothing in them"
        )
        n = len(self._sources)
        files = f"{n} files" if n != 1 else "1 file"
        off = sorted({Path(row["source"]) for row in refused if row["reason"] == Reason.COVERAGE})
        grid = suggest_grid(off, air=self.options.air, hints=self.hints) if off else None
        way = f" These files suit --grid {grid}." if off else ""
        raise UserError(f"No spectrum could be used out of {files} ({reasons}). First: {first}{way}")

    def _summary(self, seconds: float) -> dict[str, object]:
        reasons = Counter(row["reason"] for row in read_refused(self.writer.folder))
        return {
            "ingested": self.writer.n,
            "skipped": sum(reasons.values()),
            "reasons": dict(reasons.most_common()),
            "files": len(self._sources),
            "seconds": round(seconds, 3),
            "files_per_s": round(len(self._sources) / max(seconds, 1e-9), 1),
            **self._joined(),
        }


def fill_holes(
    writer: SurveyWriter, report: Report, n_components: int = INFILL_COMPONENTS
) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """Fill the unseen pixels of a survey by iterative PCA, and find the scale of each spectrum.

    The components are found on at most `FITTED_ROWS` spectra, drawn at random; all spectra are then filled, chunk by
    chunk, so that a survey need not fit into memory.

    Returns
    -------
    infill
        How it converged.
    columns
        ``scale``, ``mean_flux`` and ``brightness`` (n,), now that whole spectra are known.
    """
    normalise = writer.scale == "mean"
    appended = writer.committed()["scale"].to_numpy(float)
    unit = np.ones(writer.n) if normalise else appended / _survey_unit(appended)
    rows = np.arange(writer.n)
    if writer.n > FITTED_ROWS:
        rows = np.sort(np.random.default_rng(0).choice(writer.n, FITTED_ROWS, replace=False))
    sample = writer.stored(rows, unit[rows])
    result = fit_infill(
        sample.flux,
        sample.ivar,
        n_components=n_components,
        normalise=normalise,
        report=lambda progress: report(Progress(0.96, f"filling holes: {progress.message}")),
    )
    mean = np.empty(writer.n)
    for start in range(0, writer.n, 16 * ROWS_PER_CHUNK):
        chunk = slice(start, min(writer.n, start + 16 * ROWS_PER_CHUNK))
        spectra = writer.stored(chunk, unit[chunk])
        filled = result.basis.apply(spectra.flux, spectra.ivar)
        mean[chunk] = whole_mean(filled) if normalise else filled.mean(axis=1)
        factor = 1 / mean[chunk] if normalise else unit[chunk]
        writer.write_infilled(chunk, filled / unit[chunk, None], factor)
        report(Progress(0.97 + 0.03 * chunk.stop / writer.n, f"filling holes: {chunk.stop:,} of {writer.n:,}"))
    scale = appended * mean if normalise else appended / unit
    mean_flux = scale if normalise else scale * mean
    brightness = np.log10(mean_flux, out=np.full(writer.n, np.nan), where=mean_flux > 0)
    columns = {"scale": scale, "mean_flux": mean_flux, "brightness": brightness}
    return result.to_json() | {"fitted_rows": len(rows)}, columns


def _survey_unit(scales: np.ndarray) -> float:
    """The flux for which 1 stands in a survey that keeps its scale: 1, unless fluxes lie far from it."""
    typical = 10.0 ** round(float(np.median(np.log10(scales))))
    return 1.0 if 1e-4 <= typical <= 1e4 else typical
