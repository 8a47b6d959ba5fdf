"""Arrays by name in one file, ``.npz``: values have checksums of the ZIP format, their names a list of their own."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

NAMES = "names_of_arrays"
"""Array that lists the others, so that one whose name is damaged is missed; files of version 0.1 have none."""


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays; numbers or strings, no objects."""
    np.savez(path, **arrays, **{NAMES: np.array(sorted(arrays), dtype=str)})


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read all arrays.

    Raises
    ------
    OSError, ValueError
        The file is missing or damaged.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = dict(file)
    except OSError:
        raise
    except Exception as error:  # what NumPy, zipfile, zlib and struct make of damage
        raise ValueError(str(error) or type(error).__name__) from error
    names = arrays.pop(NAMES, None)
    if names is not None and sorted(arrays) != names.tolist():
        raise ValueError(f"it holds {', '.join(sorted(arrays))} in place of {', '.join(names.tolist())}")
    return arrays
