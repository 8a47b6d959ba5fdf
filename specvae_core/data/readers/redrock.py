"""Redshifts and classes of DESI's targets from the ``redrock-*`` file beside a coadd or spectra file.

https://desidatamodel.readthedocs.io: table REDSHIFTS (``zbest-*`` and ZBEST in early productions).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from .header import cells
from .source import Source

_PREFIX = re.compile(r"(coadd|spectra)-")
TABLES = ("REDSHIFTS", "ZBEST")


@dataclass(frozen=True)
class Redshift:
    """What redrock makes of one target.

    Parameters
    ----------
    z, error
        Redshift and its error.
    warning
        ZWARN; its lower bits mean what SDSS's ZWARNING does.
    kind, subtype
        SPECTYPE (``GALAXY``, ``QSO``, ``STAR``) and SUBTYPE.
    """

    z: float
    error: float = float("nan")
    warning: int = 0
    kind: str = ""
    subtype: str = ""

    def columns(self) -> dict[str, object]:
        """For the catalogue, by the names that SDSS's files have."""
        return {"z_err": self.error, "zwarning": self.warning, "class": self.kind, "subclass": self.subtype}


UNKNOWN = Redshift(float("nan"))
"""A target that the file lacks."""


def redrock_file(path: Path) -> Path | None:
    """The file of redshifts beside a coadd or spectra file; ``None`` where there is none."""
    if not _PREFIX.match(path.name):
        return None
    plain = path.name.removesuffix(".gz")
    names = [_PREFIX.sub(f"{word}-", plain, count=1) + end for word in ("redrock", "zbest") for end in ("", ".gz")]
    return next((path.with_name(name) for name in names if path.with_name(name).is_file()), None)


def redshifts_of(path: Path) -> dict[int, Redshift]:
    """TARGETID -> redshift."""
    with Source(path) as source:
        unit = next((unit for unit in source.units() if unit.name in TABLES), None)
        if unit is None or not {"TARGETID", "Z"} <= unit.column_names:
            return {}
        table = {name.upper(): values.tolist() for name, values in cells(unit).items()}
        columns = [table.get(name, [default] * unit.n_rows) for name, default in _DEFAULTS.items()]
        return {target: Redshift(*row) for target, *row in zip(table["TARGETID"], *columns, strict=True)}


_DEFAULTS = {"Z": float("nan"), "ZERR": float("nan"), "ZWARN": 0, "SPECTYPE": "", "SUBTYPE": ""}
