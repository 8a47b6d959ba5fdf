"""Files that are written completely or not at all, JSON among them."""

import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4


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
    write_with(path, lambda temporary: temporary.write_text(text + "\n", encoding="utf-8"))


def without_nan(value: object) -> object:
    """A copy with ``None`` in place of NaN and infinity, in nested mappings and lists too."""
    if isinstance(value, Mapping):
        return {str(key): without_nan(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
