"""Names that people give to surveys, models and results, and that become folders; names of files in messages."""

import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from .errors import BadConfig

_SURROGATES = re.compile("[\ud800-\udfff]")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def checked(name: str, what: str) -> str:
    """Check that a name can be the name of a folder, and return it.

    Parameters
    ----------
    name
        The name as typed.
    what
        Kind of thing that it names, for the message.

    Raises
    ------
    BadConfig
        The name cannot.
    """
    if not _NAME.fullmatch(name):
        raise BadConfig(
            f"{name!r} cannot name a {what}: use up to 64 letters, digits, dots, dashes and underscores, starting with "
            "a letter or digit."
        )
    return name


def free_name(words: str, taken: Collection[str], otherwise: str) -> str:
    """A name made of words, with a number where it is taken.

    Parameters
    ----------
    words
        As the stem of a file; what a name cannot have becomes a dash.
    taken
        Names that are not free.
    otherwise
        The name where nothing is left of the words.
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", words).strip("-_")[:48] or otherwise
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def typed_path(text: str | Path) -> Path:
    """A path as a person types it: ``~`` is the home; ``~name`` stays as it is where there is no such user."""
    path = Path(text)
    with suppress(RuntimeError):
        path = path.expanduser()
    return path


def printable(text: str) -> str:
    """A file's name as it can be shown and stored: line ends, control characters and what is not UTF-8 are spelt out.

    Parameters
    ----------
    text
        The name as the system gives it.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def storable(text: str) -> str:
    """A text in which what cannot be encoded (lone surrogates) is spelt out; line ends stay."""
    return _SURROGATES.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
