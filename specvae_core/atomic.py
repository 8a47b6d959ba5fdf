"""Files that are written completely or not at all, JSON among them."""

import json
import math
import os
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from uuid import uuid4

from .errors import BadConfig, NotWritable

_SURROGATES = re.compile("[\ud800-\udfff]")
"""Bytes in names of files that are no UTF-8; JSON spells them out, and reads them as they were."""


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then move it into place in one step."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}{path.suffix}")
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping) -> None:
    """Write a JSON object; NaN, which is not JSON, raises a ``ValueError``: see `without_nan`."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    text = _SURROGATES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    write_with(path, lambda temporary: temporary.write_text(text + "\n", encoding="utf-8"))


def export(path: Path, writers: Mapping[str, Callable[[Path], object]]) -> None:
    """Write a file that a user asked for, in the format of its ending and in one step.

    Parameters
    ----------
    path
        The file; an older one is replaced.
    writers
        By ending, as ``.fits``: function that writes to a given path.

    Raises
    ------
    BadConfig
        The ending is none of these.
    NotWritable
        The file cannot be written.
    """
    check_ending(path, writers)
    try:
        write_with(path, writers[path.suffix])
    except OSError as error:
        raise NotWritable(f"{path} cannot be written ({error.strerror}): choose another place.") from None


def check_ending(path: Path, endings: Collection[str]) -> None:
    """Raise `BadConfig` unless a file's name has one of the endings; called before long work."""
    if path.suffix not in endings:
        raise BadConfig(f"{path.name} has no known ending: let the name end in {' or '.join(endings)}.")


def without_nan(value: object) -> object:
    """A copy with ``None`` in place of NaN and infinity, in nested mappings and lists too."""
    if isinstance(value, Mapping):
        return {str(key): without_nan(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
