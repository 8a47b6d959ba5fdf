"""Flux and error of one spectrum in two files that lie side by side.

Reductions of HIRES, ESI and MagE write ``PH957_f.fits`` with ``PH957_e.fits``, ``UM184_nF.fits`` with
``UM184_nE.fits``.
"""

import re
from pathlib import Path

_NAME = re.compile(r"(.*_n?)([fFeE])((?:\.fits?)(?:\.gz)?)", re.IGNORECASE)
_PARTNER = {"f": "e", "F": "E", "e": "f", "E": "F"}


def error_file(path: Path) -> Path | None:
    """The file with the errors of this file's flux, ``None`` where there is none."""
    return _partner(path, "fF")


def flux_file(path: Path) -> Path | None:
    """The file with the flux whose errors this file holds, ``None`` where there is none."""
    return _partner(path, "eE")


def _partner(path: Path, letters: str) -> Path | None:
    match = _NAME.fullmatch(path.name)
    if match is None or match[2] not in letters:
        return None
    partner = path.with_name(f"{match[1]}{_PARTNER[match[2]]}{match[3]}")
    return partner if partner.is_file() else None
