"""What people say of objects: a label from 0 to 5, a note, tags; kept in SQLite with every change, so that it can be
taken back.

Every change is one transaction, waits for those of other processes, and is on disk when the call returns. The journal
is SQLite's classic one, which network drives can hold too, unlike the write-ahead log.
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

LABELS = range(6)
"""What the keys 0 to 5 give; their meaning is the user's."""

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
class Label:
    """What was said of one object.

    Parameters
    ----------
    label
        0 to 5; ``None`` where it has none.
    note
        Free text.
    tags
        Short words, as the reason why it is odd.
    """

    label: int | None = None
    note: str = ""
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.label is not None and (type(self.label) is not int or self.label not in LABELS):
            raise BadConfig(
                f"{self.label!r} is no label: give a whole number from {LABELS[0]} to {LABELS[-1]}, or none."
            )

    @property
    def empty(self) -> bool:
        """Whether it says nothing."""
        return self == Label()

    def to_json(self) -> str:
        """One line."""
        return json.dumps([self.label, self.note, list(self.tags)], ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Label":
        """What `to_json` wrote."""
        label, note, tags = json.loads(text)
        return cls(label, note, tuple(tags))


@dataclass(frozen=True)
class Change:
    """One change that was undone: where, and what holds now."""

    survey: str
    object: str
    label: Label


class Labels:
    """The labels of a workspace; any process and thread may use them at the same time.

    Parameters
    ----------
    path
        The database; made when the first label is given.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, survey: str, object_id: str) -> Label:
        """What was said of an object; an empty label where nothing was."""
        return self.of(survey, [object_id]).get(object_id, Label())

    def of(self, survey: str, object_ids: Sequence[str] | None = None) -> dict[str, Label]:
        """Labels by object id, of some or all objects of a survey of which something was said."""
        if not self.path.exists():
            return {}
        query, values = "SELECT object, content FROM labels WHERE survey = ?", [survey]
        if object_ids is not None and len(object_ids) == 1:
            query, values = query + " AND object = ?", [survey, str(object_ids[0])]
        with self._open("BEGIN") as database:
            found = {name: Label.from_json(content) for name, content in database.execute(query, values)}
        wanted = found if object_ids is None else set(map(str, object_ids))
        return {name: label for name, label in found.items() if name in wanted}

    def change(self, survey: str, object_id: str, session: str, **fields: object) -> Label:
        """Say something of an object, and keep what was said before for `undo`.

        Parameters
        ----------
        survey, object_id
            Which one.
        session
            Who says it; each undoes their own.
        **fields
            Those of `Label` to replace.

        Returns
        -------
        label
            What holds now.
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
        """Take back the session's last change that was not taken back yet.

        Raises
        ------
        NotFound
            There is none.
        UserError
            Somebody else has changed the same label since; theirs is kept.
        """
        with self._open() as database:
            found = database.execute(
                "SELECT number, survey, object, before, after FROM changes WHERE session = ? AND NOT undone "
                "ORDER BY number DESC LIMIT 1",
                (session,),
            ).fetchone()
            if found is None:
                raise NotFound("There is no label of yours to take back.")
            number, survey, object_id, before, after = found
            database.execute("UPDATE changes SET undone = 1 WHERE number = ?", (number,))
            kept = _stored(database, survey, object_id)
            label = Label.from_json(before)
            if kept == Label.from_json(after):
                _store(database, survey, object_id, label)
                return Change(survey, object_id, label)
        raise UserError(f"Somebody else has changed what is said of {object_id} since: theirs was kept.")

    def columns(self, survey: str, object_ids: Sequence[str]) -> pd.DataFrame:
        """``label`` (nullable integer), ``note`` and ``tags`` (joined by commas) of objects, in their order."""
        known = self.of(survey)
        labels = [known.get(str(name), Label()) for name in object_ids]
        return pd.DataFrame(
            {
                "label": pd.array([label.label for label in labels], dtype="Int16"),
                "note": [label.note for label in labels],
                "tags": [", ".join(label.tags) for label in labels],
            }
        )

    def stamp(self) -> int:
        """A number that changes when any process changes a label."""
        return self.path.stat().st_mtime_ns if self.path.exists() else 0

    @contextmanager
    def _open(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
        """A connection within one transaction, which an exception takes back."""
        try:
            with closing(sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)) as database:
                if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'changes'").fetchone():
                    database.executescript(_SCHEMA)
                database.execute(begin)
                with database:
                    yield database
        except sqlite3.Error as error:
            raise NotWritable(
                f"The labels in {self.path} cannot be used ({error}): is the disk full, or the file damaged or "
                "read-only?"
            ) from error


def _stored(database: sqlite3.Connection, survey: str, object_id: str) -> Label:
    query = "SELECT content FROM labels WHERE survey = ? AND object = ?"
    found = database.execute(query, (survey, object_id)).fetchone()
    return Label.from_json(found[0]) if found else Label()


def _store(database: sqlite3.Connection, survey: str, object_id: str, label: Label) -> None:
    if label.empty:
        database.execute("DELETE FROM labels WHERE survey = ? AND object = ?", (survey, object_id))
    else:
        database.execute("INSERT OR REPLACE INTO labels VALUES (?, ?, ?)", (survey, object_id, label.to_json()))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
