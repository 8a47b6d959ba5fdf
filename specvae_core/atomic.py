"""Files that are written completely or not at all, JSON among them, and checksums by which damage is seen.

A JSON file carries the checksum of its content (`CHECKSUM`), however it is laid out, and says so at its other end
(`MARKER`), so that a checksum that is lost is missed. Files of earlier versions have no marker, the oldest no checksum.
"""

import json
import math
import os
import re
import zlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from uuid import uuid4

from .errors import BadConfig, NotWritable

CHECKSUM, MARKER = "checksum", "has_checksum"
_PIECE = 2**22
_SURROGATES = re.compile("[\ud800-\udfff]")
"""Bytes in names of files that are not UTF-8; JSON spells them out, and reads them as they were."""


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


def write_json(path: Path, content: Mapping, allow_nan: bool = False) -> None:
    """Write a JSON object with its checksum; NaN, which is not JSON, raises a ``ValueError``: see `without_nan`."""
    content = {MARKER: True, **content}
    content[CHECKSUM] = _checksum_of(content)
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=allow_nan)
    text = _SURROGATES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    write_with(path, lambda temporary: temporary.write_text(text + "\n", encoding="utf-8"))


def read_json(path: Path) -> dict:
    """Content of a JSON object, without its checksum and marker.

    Raises
    ------
    ValueError
        It is not an object, or not as it was written.
    OSError
        It is missing or cannot be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(content, dict):
        raise ValueError("it is not a JSON object")
    checksum = content.pop(CHECKSUM, None)
    lost = checksum is None and (MARKER in content or _has_renamed_checksum(content))
    if lost or (checksum is not None and checksum != _checksum_of(content)):
        raise ValueError(
            f"it is not as it was written, or was edited by hand (then remove its entries {MARKER!r} and {CHECKSUM!r})"
        )
    content.pop(MARKER, None)
    return content


def _has_renamed_checksum(content: Mapping) -> bool:
    """Whether the last entry is a checksum whose name is damaged."""
    name, value = list(content.items())[-1] if content else ("", "")
    return len(name) == len(CHECKSUM) and isinstance(value, str) and re.fullmatch("[0-9a-f]{8}", value) is not None


def has_checksum(path: Path) -> bool:
    """Whether a JSON object, which can be read, carries its checksum."""
    return CHECKSUM in json.loads(path.read_text(encoding="utf-8"))


def file_checksum(path: Path) -> int:
    """CRC-32 of a file's content."""
    checksum = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            checksum = zlib.crc32(piece, checksum)
    return checksum


def _checksum_of(content: Mapping) -> str:
    """CRC-32 of the content of a JSON object in one fixed spelling."""
    plain = {key: value for key, value in content.items() if key != CHECKSUM}
    text = json.dumps(json.loads(json.dumps(plain)), sort_keys=True, separators=(",", ":"))
    return f"{zlib.crc32(text.encode()):08x}"


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
