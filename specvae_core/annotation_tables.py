"""The tables of the annotations in SQLite: how they are made, read, written, and brought here from earlier versions."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from uuid import uuid4

from .annotation_record import Annotation, Key, from_text, to_text

PATIENCE = 20.0
"""Seconds to wait for another process that is writing."""

_ANNOTATIONS = """
CREATE TABLE annotations (
    survey TEXT NOT NULL, object TEXT NOT NULL, author TEXT NOT NULL, content TEXT NOT NULL,
    PRIMARY KEY (survey, object, author)
) WITHOUT ROWID
"""
_CHANGES = """
CREATE TABLE changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, made TEXT NOT NULL,
    survey TEXT NOT NULL, object TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, undone INTEGER DEFAULT 0,
    author TEXT NOT NULL DEFAULT ''
)
"""
MIGRATION = (
    _ANNOTATIONS,
    "INSERT INTO annotations SELECT survey, object, '', content FROM labels",
    "DROP TABLE labels",
    "ALTER TABLE changes ADD COLUMN author TEXT NOT NULL DEFAULT ''",
)
"""Steps that give authors to a database of an earlier version."""


def create(path: Path) -> None:
    """Make the database under another name first, so that one without content is damaged and not new."""
    new = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        with closing(sqlite3.connect(new)) as database:
            database.executescript(f"{_ANNOTATIONS}; {_CHANGES}")
        with suppress(FileExistsError):  # another program was faster
            os.link(new, path)
    finally:
        new.unlink(missing_ok=True)


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a database that is there; a link to nothing is not followed."""
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None)
    database.text_factory = lambda content: content.decode("utf-8", "replace")  # one damaged byte stops no query
    return database


def is_present(database: sqlite3.Connection) -> bool:
    """Whether the database has authors; those of earlier versions have not."""
    return bool(database.execute("SELECT 1 FROM sqlite_master WHERE name = 'annotations'").fetchone())


def stored(database: sqlite3.Connection, key: Key) -> Annotation:
    """An annotation; empty where there is none, or a damaged one, which the next change replaces."""
    query = "SELECT content FROM annotations WHERE survey = ? AND object = ? AND author = ?"
    found = database.execute(query, key).fetchone()
    return (from_text(key, found[0]) if found else None) or Annotation()


def store(database: sqlite3.Connection, key: Key, annotation: Annotation) -> None:
    """Write an annotation in place of the former one; an empty one is none."""
    if annotation.empty:
        database.execute("DELETE FROM annotations WHERE survey = ? AND object = ? AND author = ?", key)
    else:
        database.execute("INSERT OR REPLACE INTO annotations VALUES (?, ?, ?, ?)", (*key, to_text(key, annotation)))


def all_annotations(database: sqlite3.Connection) -> str:
    """Query of survey, object, author and content of all annotations."""
    author, table = ("author", "annotations") if is_present(database) else (_NOBODY, "labels")
    return f"SELECT survey, object, {author}, content FROM {table}"


def all_changes(database: sqlite3.Connection) -> str:
    """Query of all changes in their order."""
    author = "author" if is_present(database) else _NOBODY
    columns = "number, session, made, survey, object, before, after, undone"
    return f"SELECT {columns}, {author} FROM changes ORDER BY number"


_NOBODY = "'' AS author"


def as_far_as_readable(path: Path, query: Callable[[sqlite3.Connection], str]) -> list[tuple]:
    """Rows of a query, up to the first that the damage hides."""
    rows = []
    with suppress(sqlite3.Error), closing(connect(path)) as database:
        rows.extend(database.execute(query(database)))
    return rows
