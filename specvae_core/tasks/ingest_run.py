"""One survey in the making: prepare and classify in batches, refuse, commit, fill holes, finish."""

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ..compute import AUTOMATIC, Machines, map_batches
from ..data.block import Block
from ..data.fractions import read_fractions
from ..data.label_columns import read_labels
from ..data.object_table import MATCH, STATES, ObjectTable
from ..data.preprocess_options import PreprocessOptions
from ..data.spectra import Observation, SpectraSet
from ..data.split import object_names
from ..data.store import SurveyWriter, append_refused, read_refused
from ..data.suggest import suggest_grid
from ..data.survey import Survey
from ..data.tally import Tally
from ..data.understanding import NO_HINTS, FileHints
from ..errors import NotFound, Reason, Refused, UserError
from ..progress import Progress, Report
from .fill_holes import fill_holes
from .ingest_batch import Batch
from .prepare import Prepared, prepare

SECONDS_BETWEEN_REPORTS = 0.3
SECONDS_BETWEEN_COMMITS = 1.0
BATCH = 512
"""Spectra that are prepared at once."""

FEW = 64
"""Smaller blocks are prepared together with other spectra."""

Candidate = tuple[str, Observation | Block | Refused]
"""Where something came from, and what it was."""


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
        self._prepare = partial(prepare, options=options, compiled=compiled)
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
        sent = (under_way.append(batch) or batch.work for batch in batches)
        for prepared in map_batches(self._prepare, sent, self.machines, heavy=self.heavy):
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

    def _batches(self, candidates: Iterable[Candidate]) -> Iterator[Batch]:
        """Candidates in batches of a fixed number, so that surveys do not depend on how fast they are made."""
        batch = Batch()
        reported = time.perf_counter()
        for source, item in self._new(candidates):
            if isinstance(item, Block):
                if len(batch):
                    yield batch
                yield Batch(item)
                batch = Batch()
            else:
                batch.add(source, item)
            if len(batch) == BATCH:
                yield batch
                batch = Batch()
            if time.perf_counter() - reported > SECONDS_BETWEEN_REPORTS:  # files may be slow, and a job can be stopped
                reported = time.perf_counter()
                self.report(self._progress)
        if len(batch):
            yield batch

    def _new(self, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        """Candidates without what was committed before an interruption; blocks are long, and know their source."""
        for source, item in candidates:
            self._sources.add(source)
            if not isinstance(item, Block):
                if isinstance(item, Refused) or not self._is_committed(source, item.id):
                    yield source, item
                continue
            if self._again:
                item = item.take([row for row, id_ in enumerate(item.ids) if not self._is_committed(source, id_)])
            if len(item) >= FEW:
                yield source, replace(item, source=source)
            else:
                yield from ((source, each) for each in item)

    def _is_committed(self, source: str, id_: str) -> bool:
        """Whether an object was committed before an interruption; a second one of that id is a duplicate."""
        if (source, id_) not in self._again:
            return False
        self._again.discard((source, id_))
        return True

    def _take(self, batch: Batch, prepared: Prepared) -> None:
        """Let in what passed, in order and each id once."""
        self._refusals += batch.refusals
        entered, kept, row = [], [], 0
        for place, (source, id_) in enumerate(batch.names):
            refusal = prepared.refused.get(place)
            if id_ in self._ids:
                repeated = f"{id_} from {source} is in the survey already; the first one is kept."
                refusal = Refused(Reason.DUPLICATE, repeated)
            if refusal is None:
                self._ids.add(id_)
                entered.append(place)
                kept.append(row)
            else:
                self._refusals.append((source, refusal))
            row += place not in prepared.refused
        if prepared.spectra is not None and kept:
            batch.count(entered, self._tally)
            everything = len(kept) == len(prepared.spectra)
            self._kept.append(prepared.spectra if everything else prepared.spectra.take(np.array(kept)))

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


def _last_file(committed: pd.DataFrame) -> set[tuple[str, str]]:
    """Source and id of the objects that were committed of the last file, which is read again after an interruption."""
    if "source" not in committed or committed.empty:
        return set()
    last = committed[committed["source"] == committed["source"].iloc[-1]]
    return set(zip(last["source"], last["id"], strict=True))
