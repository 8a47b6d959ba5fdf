"""What an ingest lets in is written, file by file of the survey, and then committed, in order."""

import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..compute import Here, Workers
from ..data.refused import append_refused
from ..data.store import SurveyWriter
from ..data.tally import Kind, Tally
from ..errors import Refused, UserError
from .ingest_batch import Outline, write_parts

SECONDS_BETWEEN_COMMITS = 1.0


@dataclass(frozen=True, eq=False)
class _Kept:
    """Spectra of a batch that enter: rows (m,) of one part of what some work made."""

    made: object
    number: int
    rows: np.ndarray
    table: pd.DataFrame
    kinds: Sequence[Kind]

    def __len__(self) -> int:
        return len(self.rows)

    def divided(self, n: int) -> "tuple[_Kept, _Kept]":
        """The first n of them, and the others."""
        one, other = slice(None, n), slice(n, None)
        shared = len(self.kinds) != len(self.rows)
        return tuple(
            _Kept(self.made, self.number, self.rows[some], self.table[some], self.kinds if shared else self.kinds[some])
            for some in (one, other)
        )


@dataclass(frozen=True, eq=False)
class _Writing:
    """Spectra that are being written, and what is committed with them."""

    task: object
    tables: list[pd.DataFrame]
    understood: dict[str, object]
    refusals: list[tuple[str, Refused]]
    reached: str


class Commits:
    """Spectra on their way into a survey: waiting, being written, committed.

    In one process they are written as they come. Several workers write whole files of the survey, each one alone.

    Parameters
    ----------
    writer
        The survey.
    there
        Who writes.
    """

    def __init__(self, writer: SurveyWriter, there: Here | Workers) -> None:
        self._writer, self._there = writer, there
        self._tally = Tally(writer.understood)
        self._kept: deque[_Kept] = deque()
        self._refusals: deque[tuple[int, str, Refused]] = deque()
        self._under_way: deque[_Writing] = deque()
        self._n_placed, self._n_waiting, self.n_refused = writer.n, 0, 0
        self._written = time.perf_counter()

    @property
    def n(self) -> int:
        """Spectra that entered, committed or not."""
        return self._n_placed + self._n_waiting

    def add(self, made: object, number: int, rows: list[int], outline: Outline) -> None:
        """Let in some spectra of a part.

        Parameters
        ----------
        made
            What `hands` gave for the parts.
        number
            Which of them.
        rows
            Which of the spectra that passed there.
        outline
            What is known of that part.
        """
        taken = np.array(rows)
        kinds = outline.kinds if len(outline.kinds) == 1 else [outline.kinds[row] for row in rows]
        self._kept.append(_Kept(made, number, taken, outline.table.iloc[taken], kinds))
        self._n_waiting += len(taken)

    def refuse(self, source: str, refusal: Refused, after: int) -> None:
        """Refuse something that came from a source, ``after`` some spectra that are let in next."""
        self._refusals.append((self.n + after, source, refusal))
        self.n_refused += 1

    def go_on(self) -> None:
        """Write what fills a file, or what has waited for long, and commit what was written."""
        while self._n_waiting >= (room := self._writer.room_after(self._n_placed)):
            self._write(room)
        if self._there.is_here and time.perf_counter() - self._written > SECONDS_BETWEEN_COMMITS:
            self._write(self._n_waiting)
        while self._under_way and self._there.is_done(self._under_way[0].task):
            self._commit()

    def finish(self) -> None:
        """Write and commit all."""
        self._write(self._n_waiting)
        while self._under_way:
            self._commit()

    def close(self) -> None:
        """Wait until nothing is written any more: nobody else may write the survey before."""
        for writing in self._under_way:
            with suppress(UserError, OSError):
                self._there.result(writing.task)

    def _write(self, n: int) -> None:
        """Hand over the first n spectra that wait, with what was refused among them."""
        first, stop = self._n_placed, self._n_placed + n
        kept, refused = self._first(n), []
        while self._refusals and self._refusals[0][0] <= stop:
            refused.append(self._refusals.popleft())
        if not (kept or refused):
            return
        task = None
        if kept:
            tasks = list({id(some.made): some.made for some in kept}.values())
            place = {id(task): number for number, task in enumerate(tasks)}
            chosen = [(place[id(some.made)], some.number, some.rows) for some in kept]
            self._writer.extend(stop)
            task = self._there.submit(write_parts, self._writer.folder, first, chosen, *tasks, soon=True)
        self._count(kept)
        last_refused = bool(refused) and (not kept or refused[-1][0] == stop)
        reached = refused[-1][1] if last_refused else str(kept[-1].table["source"].iloc[-1])
        tables, refusals = [some.table for some in kept], [(source, refusal) for _, source, refusal in refused]
        self._under_way.append(_Writing(task, tables, self._tally.to_json(), refusals, reached))
        self._n_placed, self._n_waiting = stop, self._n_waiting - n
        self._written = time.perf_counter()

    def _count(self, kept: Sequence[_Kept]) -> None:
        for some in kept:
            for kind in some.kinds:
                self._tally.add(kind, 1 if len(some.kinds) == len(some) else len(some))

    def _first(self, n: int) -> list[_Kept]:
        """Take the first n spectra off those that wait."""
        kept = []
        while n:
            some = self._kept.popleft()
            if len(some) > n:
                some, rest = some.divided(n)
                self._kept.appendleft(rest)
            kept.append(some)
            n -= len(some)
        return kept

    def _commit(self) -> None:
        """Commit what was handed over first; refusals before, so that a committed file is never read twice."""
        writing = self._under_way.popleft()
        if writing.task is not None:
            self._there.result(writing.task)
        if writing.refusals:
            append_refused(self._writer.folder, writing.refusals)
        self._writer.commit(writing.tables, writing.understood, writing.reached)
