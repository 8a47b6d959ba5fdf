"""Files that are either the old one or the new one, whatever happens while they are written."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then put it in its place in one step."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}{path.suffix}")
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping) -> None:
    """Write a JSON object; NaN is not JSON and is refused."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    write_with(path, lambda temporary: temporary.write_text(text + "\n", encoding="utf-8"))
