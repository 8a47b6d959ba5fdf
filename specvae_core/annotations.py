"""Annotations of objects by people: a mark from 0 to 5, a note, tags. SQLite keeps them with every change, for undo.

Every change is one transaction, waits for those of other processes, and is on disk when the call returns. The journal
is SQLite's classic one, which works on network drives, unlike the write-ahead log.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from .errors import BadConfig, NotFound, NotWritable, UserError

MARKS = range(6)
"""Marks, given by the keys 0 to 5; the user decides what they mean."""

PATIENCE = 20.0
"""Seconds to wait for another process that is writing."""

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
class Annotation:
    """Annotation of one object.

    Parameters
    ----------
    mark
        0 to 5; ``None`` where it has none.
    note
        Free text.
    tags
        Short words, as the reason why it is an outlier.
    """

    mark: int | None = None
    note: str = ""
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.mark is not None and (type(self.mark) is not int or self.mark not in MARKS):
            raise BadConfig(f"{self.mark!r} is no mark: give a whole number from {MARKS[0]} to {MARKS[-1]}, or none.")

    @property
    def empty(self) -> bool:
        """Whether there is no mark, note or tag."""
        return self == Annotation()

    def to_json(self) -> str:
        """Mark, note and tags in one line."""
        return json.dumps([self.mark, self.note, list(self.tags)], ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Annotation":
        """Read what `to_json` wrote."""
        mark, note, tags = json.loads(text)
        return cls(mark, note, tuple(tags))


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
        self.path = path

    def get(self, survey: str, object_id: str) -> Annotation:
        """Annotation of an object, empty where it has none."""
        return self.of(survey, [object_id]).get(object_id, Annotation())

    def of(self, survey: str, object_ids: Sequence[str] | None = None) -> dict[str, Annotation]:
        """Annotations by object id: of all annotated objects of a survey, or of those among ``object_ids``."""
        if not self.path.exists():
            return {}
        query, values = "SELECT object, content FROM labels WHERE survey = ?", [survey]
        if object_ids is not None and len(object_ids) == 1:
            query, values = query + " AND object = ?", [survey, str(object_ids[0])]
        with self._open("BEGIN") as database:
            found = {name: Annotation.from_json(content) for name, content in database.execute(query, values)}
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
                    (session, _now(), survey, object_id, before.to_json(), after.to_json()),
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
            number, survey, object_id, before, after = found
            database.execute("UPDATE changes SET undone = 1 WHERE number = ?", (number,))
            kept = _stored(database, survey, object_id)
            annotation = Annotation.from_json(before)
            if kept == Annotation.from_json(after):
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

    def stamp(self) -> int:
        """A number that changes when any process changes an annotation."""
        return self.path.stat().st_mtime_ns if self.path.exists() else 0

    @contextmanager
    def _open(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
        """A connection within one transaction, which an exception rolls back."""
        try:
            with closing(sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)) as database:
                if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'changes'").fetchone():
                    database.executescript(_SCHEMA)
                database.execute(begin)
                with database:
                    yield database
        except sqlite3.Error as error:
            raise NotWritable(
                f"The annotations in {self.path} cannot be used ({error}): is the disk full, or the file damaged or "
                "read-only?"
            ) from error


def _stored(database: sqlite3.Connection, survey: str, object_id: str) -> Annotation:
    query = "SELECT content FROM labels WHERE survey = ? AND object = ?"
    found = database.execute(query, (survey, object_id)).fetchone()
    return Annotation.from_json(found[0]) if found else Annotation()


def _store(database: sqlite3.Connection, survey: str, object_id: str, annotation: Annotation) -> None:
    if annotation.empty:
        database.execute("DELETE FROM labels WHERE survey = ? AND object = ?", (survey, object_id))
    else:
        database.execute("INSERT OR REPLACE INTO labels VALUES (?, ?, ?)", (survey, object_id, annotation.to_json()))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
