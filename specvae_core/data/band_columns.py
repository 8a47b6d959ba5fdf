"""Columns of photometry in a table, found by their names: value, error and band of each measurement."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .magnitudes import EXTINCTION
from .photometry_options import ERROR

BANDS = frozenset({*EXTINCTION, "nuv", "fuv", "c", "l", "w3", "w4", "bp", "rp"})
"""Names of bands in lower case; those of Hubble and James Webb, ``f606w``, are known as well."""

_HUBBLE = re.compile(r"f\d{3,4}[a-z]{1,2}")
_SURVEYS = frozenset({"sdss", "lsst", "des", "hsc", "ps1", "kids", "wise", "2mass", "twomass", "hst", "jwst", "euclid"})
_APERTURES = frozenset({"psf", "model", "cmodel", "petro", "fiber", "fibre", "aper", "auto", "iso", "kron", "dered"})
_WORDS = frozenset({"mag", "mags", "magnitude", "flux"}) | _SURVEYS | _APERTURES
_PARTS = re.compile(r"[_\W]+|(?<=[a-z])(?=[A-Z])")
_AROUND = re.compile(r"^(?:mag|flux)|(?:mag|flux)$")
_SIGNS = ",:=~"
"""They have a meaning in `Measurement.parse`, so no name may hold one."""
_EBV = frozenset({"ebv", "ebmv", "e(b-v)", "sfdebv"})


@dataclass(frozen=True)
class BandColumns:
    """One measurement that a table holds.

    Parameters
    ----------
    name
        Name of the band, or of another property with errors, without a word for magnitude or flux.
    column, error
        Columns of its value and of its 1-sigma error.
    band
        Whether the name is that of a band.
    flux
        Whether the column's name says flux.
    """

    name: str
    column: str
    error: str
    band: bool
    flux: bool

    @property
    def text(self) -> str:
        """The measurement as `Measurement.parse` reads it."""
        plain = (self.column, self.error) == (self.name, self.name + ERROR)
        return self.name if plain else f"{self.name}={self.column}:{self.error}"


def measurements_among(names: Sequence[str]) -> list[BandColumns]:
    """Columns that have a column of errors, in the order of the table.

    Where several columns are of one band, as ``psfMag_u`` and ``modelMag_u``, that of the kind with most bands counts,
    and the others are measurements of another name.

    >>> [one.text for one in measurements_among(["MAG_U", "MAGERR_U", "g", "g_err", "size"])]
    ['u=MAG_U:MAGERR_U', 'g']
    """
    spelt = {name.lower(): name for name in names}
    found: list[tuple[str, BandColumns]] = []
    for name in names:
        error = next((spelt[word] for word in _error_names(name.lower()) if word in spelt), None)
        if error is not None and not set(name + error) & set(_SIGNS):
            family, band = _taken_apart(name)
            found.append((family, BandColumns(band or name, name, error, bool(band), "flux" in name.lower())))
    sizes = Counter(family for family, one in found if one.band)
    best: dict[str, BandColumns] = {}
    for _, one in sorted(found, key=lambda entry: -sizes[entry[0]]):
        if one.band:
            best.setdefault(one.name, one)
    return [one if best.get(one.name) in (one, None) else replace(one, name=one.column, band=False) for _, one in found]


def extinction_column(names: Sequence[str]) -> str:
    """The column with E(B-V), empty where there is none."""
    return next((name for name in names if name.lower().replace("_", "") in _EBV), "")


def _error_names(name: str) -> list[str]:
    """What the column of errors may be called, in lower case."""
    words = [name + ERROR, name + "err", name + "_error", "e_" + name, "err_" + name, name + "_sigma", "sigma_" + name]
    words += [re.sub("(mag|flux)", rf"\1{end}", name, count=1) for end in ("err", "_err", "error")]
    words.append(re.sub(r"(_[^_]*)$", r"err\1", name))  # petroRadErr_r
    return [word for word in words if word != name]


def _taken_apart(name: str) -> tuple[str, str]:
    """Family and band of a column: ``psfMag_u`` is ``psf mag`` and ``u``; both empty where no band is known."""
    parts = [part.lower() for part in _PARTS.split(name) if part]
    rest = [part for part in parts if part not in _WORDS]
    band = _AROUND.sub("", rest[0]) if len(rest) == 1 else ""
    if band not in BANDS and not _HUBBLE.fullmatch(band):
        return "", ""
    return " ".join(part for part in parts if part != rest[0]) + rest[0].replace(band, "", 1), band
