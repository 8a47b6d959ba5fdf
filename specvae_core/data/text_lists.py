"""Lists in text files of a user: ids, scores, addresses. What is no such list is refused before it takes memory."""

from collections.abc import Iterator
from pathlib import Path

from ..errors import NotFound, Reason, Refused
from ..names import printable
from .apart import check_regular

LARGEST, MOST_LINES = 64_000_000, 5_000_000
"""Bytes and lines of a list."""


def read_lines(path: Path, expected: str, largest: int = LARGEST) -> Iterator[str]:
    """The lines of a text file, without their ends.

    Parameters
    ----------
    path
        The file; UTF-8.
    expected
        What it should hold, for messages, as ``one id a line``.
    largest
        Bytes that it may hold.

    Raises
    ------
    NotFound
        There is no such file.
    Refused
        It is not text, not a regular file (a pipe, a device), or larger than a list may be.
    """
    name = printable(path.name)
    try:
        check_regular(path)
        if (size := path.stat().st_size) > largest:
            sentence = f"{name} holds {size / 1e6:,.1f} MB, and a list at most {largest / 1e6:,.0f} MB"
            raise Refused(Reason.TOO_LARGE, f"{sentence}: {expected} was expected.")
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines):
                if number == MOST_LINES:
                    raise Refused(Reason.TOO_LARGE, f"{name} has more than {MOST_LINES:,} lines: split it.")
                yield line.rstrip("\r\n")
    except NotFound:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(Reason.UNREADABLE, f"{name} cannot be read ({error}): {expected} was expected.") from None
