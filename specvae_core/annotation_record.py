"""An annotation of an object, and the line of text by which the database keeps it: JSON with a checksum."""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import BadConfig

MARKS = range(6)
"""Marks, given by the keys 0 to 5; the user decides what they mean."""


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


def of_changes(rows: Iterable[tuple]) -> dict[tuple[str, str], Annotation]:
    """Annotations by survey and object id, as the changes, in their order, leave them."""
    histories: dict[tuple[str, str], list[tuple[str, str, int]]] = {}
    for _, _, _, survey, name, before, after, undone in rows:
        histories.setdefault((survey, name), []).append((before, after, undone))
    found = {}
    for key, history in histories.items():
        before, after, undone = history.pop()
        text = before if undone else after
        while undone and history and history[-1][1:] == (text, 1):
            text = history.pop()[0]
        if (annotation := from_text(*key, text)) is not None:
            found[key] = annotation
    return found


def to_text(survey: str, object_id: str, annotation: Annotation) -> str:
    """Mark, note, tags and their checksum in one line."""
    entries = [annotation.mark, annotation.note, list(annotation.tags)]
    return json.dumps([*entries, _checksum(survey, object_id, entries)], ensure_ascii=False)


def from_text(survey: str, object_id: str, text: str) -> Annotation | None:
    """What `to_text` wrote, ``None`` where it is damaged; earlier versions wrote no checksum."""
    try:
        entries = json.loads(text)
        if len(entries) != _BARE and entries[_BARE:] != [_checksum(survey, object_id, entries[:_BARE])]:
            return None
        mark, note, tags = entries[:_BARE]
        return Annotation(mark, note, tuple(tags))
    except (ValueError, TypeError, BadConfig):
        return None


_BARE = 3
"""Entries of an annotation without its checksum."""


def _checksum(survey: str, object_id: str, entries: list) -> int:
    return zlib.crc32(json.dumps([survey, object_id, *entries]).encode())
