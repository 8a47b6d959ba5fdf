"""An annotation of an object, and the line of text by which the database keeps it: JSON with a checksum."""

import getpass
import json
import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import BadConfig

MARKS = range(6)
"""Marks, given by the keys 0 to 5; the user decides what they mean."""

QUALITIES = ("no signal", "unlikely", "possible", "probable", "certain")
"""Meaning of the quality flags 0 to 4 of a redshift, as visual inspections of DESI have them (Lan et al. 2023)."""

LONGEST_AUTHOR = 60
MOST_FEATURES = 100

Key = tuple[str, str, str]
"""Survey, object id and author of an annotation."""


@dataclass(frozen=True)
class Feature:
    """A place in a spectrum, and what somebody says about it.

    Parameters
    ----------
    wavelength
        Angstrom, in the frame and medium of the survey: rest frame, vacuum.
    note
        Free text.
    """

    wavelength: float
    note: str

    def __str__(self) -> str:
        return f"{self.wavelength:.1f} {self.note}".strip()


@dataclass(frozen=True)
class Annotation:
    """Annotation of one object by one person.

    Parameters
    ----------
    mark
        0 to 5; ``None`` where it has none.
    note
        Free text.
    tags
        Short words, as the reason why it is an outlier.
    redshift
        *My z*, read off the spectrum by that person; ``None`` where there is none. The survey's own stays as it is.
    quality
        0 to 4, how sure that redshift is, see `QUALITIES`; ``None`` where it was not said.
    features
        Places in the spectrum with a remark each, by wavelength.
    """

    mark: int | None = None
    note: str = ""
    tags: tuple[str, ...] = ()
    redshift: float | None = None
    quality: int | None = None
    features: tuple[Feature, ...] = ()

    def __post_init__(self) -> None:
        if self.mark is not None and (type(self.mark) is not int or self.mark not in MARKS):
            raise BadConfig(
                f"{self.mark!r} is not a mark: give a whole number from {MARKS[0]} to {MARKS[-1]}, or none."
            )
        if self.redshift is not None and not (math.isfinite(self.redshift) and -0.05 < self.redshift < 20):
            raise BadConfig(f"{self.redshift!r} is not a redshift: give a number from -0.05 to 20, or none.")
        most = len(QUALITIES) - 1
        if self.quality is not None and (type(self.quality) is not int or not 0 <= self.quality <= most):
            raise BadConfig(f"{self.quality!r} is not a quality of a redshift: give a whole number from 0 to {most}.")
        if len(self.features) > MOST_FEATURES:
            raise BadConfig(f"An object has {MOST_FEATURES} remarks on its spectrum at most: delete some first.")
        if not all(math.isfinite(feature.wavelength) for feature in self.features):
            raise BadConfig("A remark on a spectrum has no wavelength: give a number in Angstrom.")

    @property
    def empty(self) -> bool:
        """Whether the annotation holds nothing."""
        return self == Annotation()


def login_name() -> str:
    """Name of the account that runs the program, who annotates by default; empty where it has none."""
    try:
        return author_name(getpass.getuser())
    except (OSError, KeyError, BadConfig):
        return ""


def author_name(name: str) -> str:
    """The name of a person without blanks around it.

    Raises
    ------
    BadConfig
        It is too long, or holds line breaks or other control characters.
    """
    name = name.strip()
    if len(name) > LONGEST_AUTHOR or not (name.isprintable() or not name):
        raise BadConfig(
            f"{name[:20]!r}… is not a name of a person: give one line of {LONGEST_AUTHOR} characters at most."
        )
    return name


def annotations_after(rows: Iterable[tuple]) -> dict[Key, Annotation]:
    """Annotations by survey, object id and author, as the changes, in their order, leave them."""
    histories: dict[Key, list[tuple[str, str, int]]] = {}
    for _, _, _, survey, name, before, after, undone, author in rows:
        histories.setdefault((survey, name, author), []).append((before, after, undone))
    found = {}
    for key, history in histories.items():
        before, after, undone = history.pop()
        text = before if undone else after
        while undone and history and history[-1][1:] == (text, 1):
            text = history.pop()[0]
        if (annotation := from_text(key, text)) is not None:
            found[key] = annotation
    return found


def to_text(key: Key, annotation: Annotation) -> str:
    """The annotation and its checksum in one line; redshift and features are there only where they are said."""
    entries: list = [annotation.mark, annotation.note, list(annotation.tags)]
    features = [[feature.wavelength, feature.note] for feature in annotation.features]
    if features or annotation.redshift is not None or annotation.quality is not None:
        entries.append({"z": annotation.redshift, "quality": annotation.quality, "features": features})
    return json.dumps([*entries, _checksum(key, entries)], ensure_ascii=False)


def from_text(key: Key, text: str) -> Annotation | None:
    """What `to_text` wrote, ``None`` where it is damaged; version 0.1 wrote no checksum."""
    try:
        entries = json.loads(text)
        if len(entries) != _BARE:
            *entries, checksum = entries
            if checksum != _checksum(key, entries):
                return None
        mark, note, tags, *more = entries
        said = more[0] if more else {"z": None, "quality": None, "features": []}
        features = tuple(Feature(float(wavelength), str(remark)) for wavelength, remark in said["features"])
        return Annotation(mark, note, tuple(tags), said["z"], said["quality"], features)
    except (ValueError, TypeError, KeyError, BadConfig):
        return None


_BARE = 3
"""Entries of an annotation without its checksum."""


def _checksum(key: Key, entries: list) -> int:
    survey, object_id, author = key
    return zlib.crc32(json.dumps([survey, object_id, *([author] if author else []), *entries]).encode())
