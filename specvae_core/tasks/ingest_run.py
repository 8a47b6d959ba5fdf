"""One survey in the making: prepare and classify in batches, refuse, commit, fill holes, finish."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pandas as pd

from ..compute import AUTOMATIC, Here, Machines, Workers, hands
from ..data.block import Block
from ..data.data_kind import look_at_catalogue
from ..data.fractions import read_fractions
from ..data.label_columns import read_labels
from ..data.object_table import MATCH, STATES, ObjectTable
from ..data.preprocess_options import PreprocessOptions
from ..data.refused import read_refused
from ..data.split import object_names
from ..data.store import SurveyWriter
from ..data.suggest import suggest_grid
from ..data.survey import Survey
from ..data.understanding import NO_HINTS, FileHints
from ..errors import NotFound, Reason, Refused, UserError
from ..progress import Progress, Report
from .file_group import FileGroup, prepare_files
from .fill_holes import fill_holes
from .ingest_batch import Batch, Candidate, Outline, batches, outlines, prepare_batch
from .ingest_commit import Commits

SECONDS_BETWEEN_REPORTS = 0.3

LOOKED_AT = 20
"""Refused objects whose files are looked at where nothing could be used."""


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
        Where spectra are prepared; see `hands`.
    compiled
        Whether there are so many that compiled code pays.
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
        compiled: bool = False,
    ) -> None:
        self.writer = writer
        self.machines, self.heavy = machines, heavy
        self._how = {"options": options, "compiled": compiled}
        self.options = options
        self.report = report
        self.labels, self.fractions, self.hints = tuple(labels), tuple(fractions), hints
        self._table = table
        committed = writer.committed()
        self._ids = set(committed["id"])
        self._again = _last_file(committed)
        self._refused = len(read_refused(writer.folder))
        self._sources: set[str] = set()
        self._progress = Progress(0.0, "reading files")

    def run(self, candidates: Iterable[Candidate], n_expected: int) -> Survey:
        """Take candidates one by one, commit those that pass in batches, then fill holes and finish.

        Parameters
        ----------
        candidates
            What was read, or made.
        n_expected
            Number of candidates, for the share that is done.
        """
        return self._run(lambda _: self._batches(candidates), n_expected)

    def run_files(self, groups: Iterable[FileGroup], n_files: int) -> Survey:
        """As `run`, with what is read from files: by workers where there are some and the files are small."""
        return self._run(partial(self._of_files, groups), n_files)

    def _run(self, pieces: Callable[[bool], Iterator[Batch | FileGroup]], n_expected: int) -> Survey:
        start = time.perf_counter()
        with hands(self.machines, heavy=self.heavy) as there, closing(Commits(self.writer, there)) as commits:
            for parts, found in self._prepared(there, pieces(there.is_here)):
                for number, outline in enumerate(found):
                    self._take(outline, commits, parts, number)
                commits.go_on()
                self._report(commits, time.perf_counter() - start, n_expected)
            commits.finish()
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

    def _prepared(
        self, there: Here | Workers, pieces: Iterable[Batch | FileGroup]
    ) -> Iterator[tuple[object, list[Outline]]]:
        """Parts that stay where they were made, each with what is known of it, in order."""
        under_way = deque()

        def first() -> tuple[object, list[Outline]]:
            parts, outlined = under_way.popleft()
            return parts, there.result(outlined, self._still_there)

        for piece in pieces:
            work = prepare_files if isinstance(piece, FileGroup) else prepare_batch
            parts = there.submit(partial(work, **self._how), piece)
            under_way.append((parts, there.submit(outlines, parts, soon=True)))
            if len(under_way) >= there.ahead:
                yield first()
        while under_way:
            yield first()

    def _of_files(self, groups: Iterable[FileGroup], is_here: bool) -> Iterator[Batch | FileGroup]:
        """Batches of what is read here, and files that are read where they are prepared.

        What goes on after an interruption is looked at here, to prepare nothing twice.
        """
        for group in groups:
            if is_here or not group.is_small or self._again:
                yield from self._batches(group.candidates(self._table))
                self._again.clear()
            else:
                self._sources.update(group.sources)
                yield group

    def _batches(self, candidates: Iterable[Candidate]) -> Iterator[Batch]:
        return batches(self._new(candidates))

    def _still_there(self) -> None:
        """Report while nothing is new, so that the job can be stopped."""
        self.report(self._progress)

    def _new(self, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        """Candidates without what was committed before an interruption."""
        reported = time.perf_counter()
        for source, item in candidates:
            self._sources.add(source)
            if isinstance(item, Block):
                if self._again:
                    item = item.take([row for row, id_ in enumerate(item.ids) if not self._is_committed(source, id_)])
                yield source, item
            elif isinstance(item, Refused) or not self._is_committed(source, item.id):
                yield source, item
            if time.perf_counter() - reported > SECONDS_BETWEEN_REPORTS:  # files may be slow
                reported = time.perf_counter()
                self._still_there()

    def _is_committed(self, source: str, id_: str) -> bool:
        """Whether an object was committed before an interruption; a second one of that id is a duplicate."""
        if (source, id_) not in self._again:
            return False
        self._again.discard((source, id_))
        return True

    def _take(self, outline: Outline, commits: Commits, parts: object, number: int) -> None:
        """Let in what passed, in order and each id once."""
        unread, kept, row = deque(outline.refusals), [], 0
        for place, (source, id_) in enumerate(outline.names):
            while unread and unread[0][0] <= place:
                commits.refuse(*unread.popleft()[1:], after=len(kept))
            refusal = outline.refused.get(place)
            if id_ in self._ids:
                repeated = f"{id_} from {source} is in the survey already; the first one is kept."
                refusal = Refused(Reason.DUPLICATE, repeated)
            if refusal is None:
                self._ids.add(id_)
                kept.append(row)
            else:
                commits.refuse(source, refusal, after=len(kept))
            row += place not in outline.refused
        for _, source, refusal in unread:
            commits.refuse(source, refusal, after=len(kept))
        if kept:
            commits.add(parts, number, kept, outline)

    def _report(self, commits: Commits, seconds: float, n_expected: int) -> None:
        n_in, n_refused = commits.n, self._refused + commits.n_refused
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
        if sentence := _photometry_among([Path(row["source"]) for row in refused[:LOOKED_AT]]):
            raise UserError(sentence)
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


def _photometry_among(paths: Sequence[Path]) -> str:
    """How to ingest a catalogue of photometry that was taken for spectra, in a sentence; empty where there is none."""
    seen = next(filter(None, map(look_at_catalogue, dict.fromkeys(paths))), None)
    if seen is None:
        return ""
    bands = ",".join(one["text"] for one in seen["measurements"] if one["band"])
    return (
        f"{seen['file']} is a catalogue of photometry, and spectra were expected: ingest it with --bands {bands}, or "
        "as Photometry on the page Data."
    )


def _last_file(committed: pd.DataFrame) -> set[tuple[str, str]]:
    """Source and id of the objects that were committed of the last file, which is read again after an interruption."""
    if "source" not in committed or committed.empty:
        return set()
    last = committed[committed["source"] == committed["source"].iloc[-1]]
    return set(zip(last["source"], last["id"], strict=True))
