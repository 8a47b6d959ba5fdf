"""Annotations of objects by people: mark, note, tags, redshift, remarks. SQLite keeps them with every change, for undo.

Every change is one transaction, waits for those of other processes, and is on disk when the call returns. The journal
is SQLite's classic one, which works on network drives, unlike the write-ahead log. Each annotation carries a checksum
over itself, its survey, its object and its author, so that one that was damaged is named and not taken for another. A
receipt beside the database says that there is one, so that a database that was deleted is missed.

Each person, the *author*, has annotations of their own. Those of earlier versions belong to the author without a name.
Their table is moved into the present one with the first change; until then it is read as it is.
"""

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pandas as pd

from .analysis.verdicts import Verdict, merged, verdict_columns
from .annotation_record import MARKS, Annotation, annotations_after, from_text, to_text
from .annotation_tables import (
    MIGRATION,
    all_annotations,
    all_changes,
    as_far_as_readable,
    connect,
    create,
    is_present,
    store,
    stored,
)
from .errors import NotFound, NotWritable, UserError

log = logging.getLogger(__name__)

__all__ = ["MARKS", "Annotation", "Annotations", "Change"]

_RECEIPT = "{name} belongs beside this file: it holds the annotations of this workspace.\n"


@dataclass(frozen=True)
class Change:
    """A change that was undone: survey, id of the object, author, and the present annotation."""

    survey: str
    object: str
    author: str
    annotation: Annotation


class Annotations:
    """All annotations of a workspace; any process and thread may use them at the same time.

    Parameters
    ----------
    path
        The database; made with the first annotation.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._receipt = self.path.with_suffix(".receipt")

    @property
    def fault(self) -> str:
        """Why no annotation can be read at all, in a sentence; empty where all is well."""
        try:
            self.of("")
        except UserError as error:
            return str(error)
        return ""

    def keep_receipt(self) -> None:
        """Note that there is a database; earlier versions did not."""
        if self.path.is_file() and not self._receipt.exists():
            self._receipt.write_text(_RECEIPT.format(name=self.path.name), encoding="utf-8")

    def _exists(self) -> bool:
        """Whether there is a database.

        Raises
        ------
        NotFound
            There is none any more.
        """
        there = os.path.lexists(self.path)
        if not there and self._receipt.exists():
            raise NotFound(
                f"The annotations of this workspace are gone, the file {self.path} was deleted: put it back, or run "
                "`specvae check --repair` to go on without them."
            )
        return there

    def get(self, survey: str, object_id: str, author: str = "") -> Annotation:
        """Annotation of an object by one person, empty where there is none.

        Raises
        ------
        UserError
            It is damaged.
        """
        found = self._of(survey, object_id).get((object_id, author), Annotation())
        if found is None:
            raise UserError(
                f"The annotation of {object_id} is damaged: give it again, or run `specvae check --repair`, which "
                "takes it from the record of changes."
            )
        return found

    def of(self, survey: str) -> dict[str, Annotation]:
        """Annotations by object id, of all annotated objects of a survey; those of several people are merged.

        Those that are damaged are left out, see `damaged`.
        """
        return {name: verdict.annotation for name, verdict in self.verdicts(survey).items()}

    def verdicts(self, survey: str) -> dict[str, Verdict]:
        """As `of`, with the number of people who have annotated each object, and whether they disagree."""
        found: dict[str, dict[str, Annotation]] = {}
        for author, annotations in self.by_author(survey).items():
            for name, annotation in annotations.items():
                found.setdefault(name, {})[author] = annotation
        return {name: merged(by_author) for name, by_author in found.items()}

    def by_author(self, survey: str, object_id: str | None = None) -> dict[str, dict[str, Annotation]]:
        """Annotations by author and object id, of all annotated objects of a survey or of one; without damaged ones."""
        found = self._of(survey, object_id)
        damaged = [name for (name, _), annotation in found.items() if annotation is None]
        if damaged:
            log.warning("the annotations of %s in %s are damaged: see `specvae check`", ", ".join(damaged), survey)
        authors: dict[str, dict[str, Annotation]] = {author: {} for author in sorted({key[1] for key in found})}
        for (name, author), annotation in found.items():
            if annotation is not None:
                authors[author][name] = annotation
        return authors

    def _of(self, survey: str, object_id: str | None = None) -> dict[tuple[str, str], Annotation | None]:
        """Annotations by object id and author, ``None`` where damaged: of a survey, or of one object."""
        if not self._exists():
            return {}
        with self._open("BEGIN") as database:
            query, values = f"{all_annotations(database)} WHERE survey = ?", [survey]
            if object_id is not None:
                query, values = f"{query} AND object = ?", [survey, object_id]
            rows = database.execute(query, values).fetchall()
        return {(name, author): from_text((place, name, author), text) for place, name, author, text in rows}

    def change(self, survey: str, object_id: str, session: str, author: str = "", **fields: object) -> Annotation:
        """Change the annotation of an object; the former one is kept for `undo`.

        Parameters
        ----------
        survey, object_id
            The object.
        session
            Id of the session that makes the change; each undoes its own.
        author
            Who says it; everybody changes their own annotation.
        **fields
            Fields of `Annotation` to replace.

        Returns
        -------
        annotation
            The new one.
        """
        key = survey, object_id, author
        with self._open() as database:
            before = stored(database, key)
            after = replace(before, **fields)
            if after != before:
                database.execute(
                    "INSERT INTO changes (session, made, survey, object, before, after, author) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (session, _now(), survey, object_id, to_text(key, before), to_text(key, after), author),
                )
                store(database, key, after)
        return after

    def undo(self, session: str) -> Change:
        """Undo the last change of a session that is not undone yet.

        Raises
        ------
        NotFound
            There is none.
        UserError
            Another session has changed the same annotation since; that change is kept.
        """
        with self._open() as database:
            found = database.execute(
                "SELECT number, survey, object, author, before, after FROM changes WHERE session = ? AND NOT undone "
                "ORDER BY number DESC LIMIT 1",
                (session,),
            ).fetchone()
            if found is None:
                raise NotFound("There is no change of yours to undo.")
            number, survey, object_id, author, *texts = found
            key = survey, object_id, author
            database.execute("UPDATE changes SET undone = 1 WHERE number = ?", (number,))
            kept = stored(database, key)
            annotation, after = (from_text(key, text) for text in texts)
            if annotation is None:
                raise UserError(
                    f"The record of your last change, of {object_id}, is damaged: give its annotation again."
                )
            if kept == after:
                store(database, key, annotation)
                return Change(survey, object_id, author, annotation)
        raise UserError(f"Somebody else has annotated {object_id} since: their annotation was kept.")

    def columns(self, survey: str, object_ids: Sequence[str]) -> pd.DataFrame:
        """Annotations of objects as columns, in their order, see `verdict_columns`; those of several people merged."""
        return verdict_columns(self.verdicts(survey), object_ids)

    def damaged(self) -> list[tuple[str, str]]:
        """Survey and object id of each annotation that is damaged, or is missing although the changes tell of it.

        Raises
        ------
        UserError
            The file cannot be read at all, or was deleted.
        """
        if not self._exists():
            return []
        with self._open("BEGIN") as database:
            if (fault := database.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
                raise sqlite3.DatabaseError(fault.splitlines()[-1])
            rows = database.execute(all_annotations(database))
            read = {
                (survey, name, author): from_text((survey, name, author), text) for survey, name, author, text in rows
            }
            expected = annotations_after(database.execute(all_changes(database)))
        return [key[:2] for key, annotation in read.items() if annotation is None] + [
            key[:2] for key, annotation in expected.items() if not annotation.empty and key not in read
        ]

    def repair(self, aside: Path) -> None:
        """Write what can be read into a new file, damaged annotations as the changes tell; the old file is kept.

        Parameters
        ----------
        aside
            Where the old file goes, if there is one.
        """
        rows, changes = (as_far_as_readable(self.path, query) for query in (all_annotations, all_changes))
        read = {tuple(key): from_text(tuple(key), text) for *key, text in rows}
        sound = {key: annotation for key, annotation in read.items() if annotation is not None}
        new = Annotations(self.path.with_name(f".{self.path.name}.{uuid4().hex[:8]}"))
        with new._open() as database:
            for key, annotation in (annotations_after(changes) | sound).items():
                store(database, key, annotation)
            texts = (((row[3], row[4], row[8]), row[5:7]) for row in changes)
            sound_changes = [
                row
                for row, (key, both) in zip(changes, texts, strict=True)
                if all(from_text(key, text) is not None for text in both)
            ]
            database.executemany("INSERT OR IGNORE INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", sound_changes)
        new._receipt.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            os.replace(self.path, aside)
        os.replace(new.path, self.path)

    def stamp(self) -> int:
        """A number that changes when any process changes an annotation."""
        return self.path.stat().st_mtime_ns if self.path.exists() else 0

    @contextmanager
    def _open(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
        """A connection within one transaction, which an exception rolls back."""
        try:
            if not self._exists():
                create(self.path)
            if begin != "BEGIN":
                self.keep_receipt()
            with closing(connect(self.path)) as database:
                if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'changes'").fetchone():
                    raise sqlite3.DatabaseError("it holds no table of changes")
                database.execute(begin)
                with database:
                    if begin != "BEGIN" and not is_present(database):
                        for step in MIGRATION:
                            database.execute(step)
                    yield database
        except (sqlite3.Error, OSError) as error:
            raise NotWritable(
                f"The annotations in {self.path} cannot be used ({error}): is the disk full, or the file damaged or "
                "read-only?"
            ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
