"""Annotations of objects by people: a mark from 0 to 5, a note, tags. SQLite keeps them with every change, for undo.

Every change is one transaction, waits for those of other processes, and is on disk when the call returns. The journal
is SQLite's classic one, which works on network drives, unlike the write-ahead log. Each annotation carries a checksum
over itself, its survey and its object, so that one that was damaged is named and not taken for another. A receipt
beside the database says that there is one, so that a database that was deleted is missed.
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

from .annotation_record import MARKS, Annotation, from_text, of_changes, to_text
from .errors import NotFound, NotWritable, UserError

log = logging.getLogger(__name__)

__all__ = ["MARKS", "Annotation", "Annotations", "Change"]

PATIENCE = 20.0
"""Seconds to wait for another process that is writing."""

_RECEIPT = "{name} belongs beside this file: it holds the annotations of this workspace.\n"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS labels (
    survey TEXT NOT NULL, object TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (survey, object)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, made TEXT NOT NULL,
    survey TEXT NOT NULL, object TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, undone INTEGER DEFAULT 0
);
"""


@dataclass(frozen=True)
class Change:
    """A change that was undone: survey, id of the object, and its present annotation."""

    survey: str
    object: str
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

    def get(self, survey: str, object_id: str) -> Annotation:
        """Annotation of an object, empty where it has none.

        Raises
        ------
        UserError
            It is damaged.
        """
        found = self._of(survey, [object_id]).get(object_id, Annotation())
        if found is None:
            raise UserError(
                f"The annotation of {object_id} is damaged: give it again, or run `specvae check --repair`, which "
                "takes it from the record of changes."
            )
        return found

    def of(self, survey: str, object_ids: Sequence[str] | None = None) -> dict[str, Annotation]:
        """Annotations by object id: of all annotated objects of a survey, or of those among ``object_ids``.

        Those that are damaged are left out, see `damaged`.
        """
        found = self._of(survey, object_ids)
        damaged = [name for name, annotation in found.items() if annotation is None]
        if damaged:
            log.warning("the annotations of %s in %s are damaged: see `specvae check`", ", ".join(damaged), survey)
        return {name: annotation for name, annotation in found.items() if annotation is not None}

    def _of(self, survey: str, object_ids: Sequence[str] | None) -> dict[str, Annotation | None]:
        """As `of`, with ``None`` for those that are damaged."""
        if not self._exists():
            return {}
        query, values = "SELECT object, content FROM labels WHERE survey = ?", [survey]
        if object_ids is not None and len(object_ids) == 1:
            query, values = query + " AND object = ?", [survey, str(object_ids[0])]
        with self._open("BEGIN") as database:
            found = {name: from_text(survey, name, content) for name, content in database.execute(query, values)}
        wanted = found if object_ids is None else set(map(str, object_ids))
        return {name: annotation for name, annotation in found.items() if name in wanted}

    def change(self, survey: str, object_id: str, session: str, **fields: object) -> Annotation:
        """Change the annotation of an object; the former one is kept for `undo`.

        Parameters
        ----------
        survey, object_id
            The object.
        session
            Id of the session that makes the change; each undoes its own.
        **fields
            Fields of `Annotation` to replace.

        Returns
        -------
        annotation
            The new one.
        """
        with self._open() as database:
            before = _stored(database, survey, object_id)
            after = replace(before, **fields)
            if after != before:
                database.execute(
                    "INSERT INTO changes (session, made, survey, object, before, after) VALUES (?, ?, ?, ?, ?, ?)",
                    (session, _now(), survey, object_id, *(to_text(survey, object_id, one) for one in (before, after))),
                )
                _store(database, survey, object_id, after)
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
                "SELECT number, survey, object, before, after FROM changes WHERE session = ? AND NOT undone "
                "ORDER BY number DESC LIMIT 1",
                (session,),
            ).fetchone()
            if found is None:
                raise NotFound("There is no change of yours to undo.")
            number, survey, object_id, *texts = found
            database.execute("UPDATE changes SET undone = 1 WHERE number = ?", (number,))
            kept = _stored(database, survey, object_id)
            annotation, after = (from_text(survey, object_id, text) for text in texts)
            if annotation is None:
                raise UserError(
                    f"The record of your last change, of {object_id}, is damaged: give its annotation again."
                )
            if kept == after:
                _store(database, survey, object_id, annotation)
                return Change(survey, object_id, annotation)
        raise UserError(f"Somebody else has annotated {object_id} since: their annotation was kept.")

    def columns(self, survey: str, object_ids: Sequence[str]) -> pd.DataFrame:
        """Annotations of objects as columns, in their order.

        Returns
        -------
        table
            ``label``, the mark (nullable integer); ``note``; ``tags``, joined by commas.
        """
        known = self.of(survey)
        annotations = [known.get(str(name), Annotation()) for name in object_ids]
        return pd.DataFrame(
            {
                "label": pd.array([annotation.mark for annotation in annotations], dtype="Int16"),
                "note": [annotation.note for annotation in annotations],
                "tags": [", ".join(annotation.tags) for annotation in annotations],
            }
        )

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
            read = {(survey, name): from_text(survey, name, text) for survey, name, text in database.execute(_ALL)}
            expected = of_changes(database.execute(_CHANGES))
        return [key for key, annotation in read.items() if annotation is None] + [
            key for key, annotation in expected.items() if not annotation.empty and key not in read
        ]

    def repair(self, aside: Path) -> None:
        """Write what can be read into a new file, damaged annotations as the changes tell; the old file is kept.

        Parameters
        ----------
        aside
            Where the old file goes, if there is one.
        """
        rows, changes = (_as_far_as_readable(self.path, query) for query in (_ALL, _CHANGES))
        read = {(survey, name): from_text(survey, name, text) for survey, name, text in rows}
        sound = {key: annotation for key, annotation in read.items() if annotation is not None}
        new = Annotations(self.path.with_name(f".{self.path.name}.{uuid4().hex[:8]}"))
        with new._open() as database:
            for (survey, name), annotation in (of_changes(changes) | sound).items():
                _store(database, survey, name, annotation)
            sound_changes = (row for row in changes if all(from_text(*row[3:5], text) is not None for text in row[5:7]))
            database.executemany("INSERT OR IGNORE INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", sound_changes)
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
                _create(self.path)
            if begin != "BEGIN":
                self.keep_receipt()
            with closing(_connect(self.path)) as database:
                if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'changes'").fetchone():
                    raise sqlite3.DatabaseError("it holds no table of changes")
                database.execute(begin)
                with database:
                    yield database
        except (sqlite3.Error, OSError) as error:
            raise NotWritable(
                f"The annotations in {self.path} cannot be used ({error}): is the disk full, or the file damaged or "
                "read-only?"
            ) from error


def _create(path: Path) -> None:
    """Make the database under another name first, so that one without content is damaged and not new."""
    new = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        with closing(sqlite3.connect(new)) as database:
            database.executescript(_SCHEMA)
        with suppress(FileExistsError):  # another program was faster
            os.link(new, path)
    finally:
        new.unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    """A connection to a database that is there; a link to nothing is not followed."""
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None)
    database.text_factory = lambda content: content.decode("utf-8", "replace")  # one damaged byte stops no query
    return database


_ALL = "SELECT survey, object, content FROM labels"
_CHANGES = "SELECT number, session, made, survey, object, before, after, undone FROM changes ORDER BY number"


def _as_far_as_readable(path: Path, query: str) -> list[tuple]:
    """Rows of a query, up to the first that the damage hides."""
    rows = []
    with suppress(sqlite3.Error), closing(_connect(path)) as database:
        rows.extend(database.execute(query))
    return rows


def _stored(database: sqlite3.Connection, survey: str, object_id: str) -> Annotation:
    """The annotation of an object; empty where it has none, or a damaged one, which the next change replaces."""
    query = "SELECT content FROM labels WHERE survey = ? AND object = ?"
    found = database.execute(query, (survey, object_id)).fetchone()
    return (from_text(survey, object_id, found[0]) if found else None) or Annotation()


def _store(database: sqlite3.Connection, survey: str, object_id: str, annotation: Annotation) -> None:
    if annotation.empty:
        database.execute("DELETE FROM labels WHERE survey = ? AND object = ?", (survey, object_id))
    else:
        database.execute(
            "INSERT OR REPLACE INTO labels VALUES (?, ?, ?)",
            (survey, object_id, to_text(survey, object_id, annotation)),
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
