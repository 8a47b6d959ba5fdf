"""Formats that only specutils knows, after all readers of our own have declined.

Its loaders of named formats are used, and the tables that it writes itself. Its generic loaders are not, for they take
pixel numbers for Angstrom where a file has no unit, the first column in the unit of the flux for its error, and drop
masks. Unit, medium, redshift and position are checked against the file in any case.
"""

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ...errors import Reason, Refused
from ..apart import need_worker
from ..spectra import Observation
from ..understanding import Understanding
from .assemble import assemble
from .axis import header_medium, resolve_axis
from .finish import finish
from .source import Source

if TYPE_CHECKING:
    from specutils import Spectrum

MAGIC = (b"SIMPLE  =", b"#ASDF", b"# %ECSV", b"<?xml", b"<VOTABLE", b"\\")
"""How files begin that specutils may know: FITS, ASDF, ECSV, VOTable, IPAC. Importing specutils takes seconds."""

MOST_UNITS = 300
"""FITS units of a file that specutils is asked about: each of its loaders opens all of them."""

GENERIC = ("tabular-fits", "wcs1d-fits", "ASCII", "ECSV", "IPAC")
"""Loaders that guess what a file is."""

OWN_TABLE = {"WAVELENGTH", "FREQUENCY", "ENERGY", "WAVENUMBER", "SPECTRAL_AXIS", "FLUX", "UNCERTAINTY", "MASK"}
"""Columns of the tables that specutils writes, spectra of many rows among them: a row is a pixel of all spectra."""


class SpecutilsReader:
    """Reads the named formats that specutils reads."""

    def claims(self, source: Source) -> bool:
        """Whether the file begins like one of the formats that specutils knows."""
        return source.head.startswith(MAGIC)

    def read(self, source: Source) -> Iterator[Observation]:
        """The spectra that specutils finds."""
        need_worker()
        if len(source.units()) > MOST_UNITS:  # which also refuses a FITS file that is cut short as such
            raise _unknown(source)
        with warnings.catch_warnings(action="ignore"):  # specutils and astropy comment on units and header cards
            name, spectra = _open(source)
            rows = [row for spectrum in spectra for row in _rows(spectrum)]
            observations = [
                _observation(row, name, source, source.stem if len(rows) == 1 else f"{source.stem}-{number:05d}")
                for number, row in enumerate(rows)
            ]
        yield from observations


def _open(source: Source) -> "tuple[str, list[Spectrum]]":
    """Name of the format and one or many spectra; Refused where specutils knows no format of its own for the file."""
    from specutils import Spectrum, SpectrumList
    from specutils.io.registers import identify_spectrum_format

    for kind in (Spectrum, SpectrumList):
        try:
            found = identify_spectrum_format(str(source.path), kind)
            for name in [found] if isinstance(found, str) else found:
                if name not in GENERIC or (name == "tabular-fits" and _own_table(source)):
                    read = kind.read(str(source.path), format=name)
                    return name, [read] if kind is Spectrum else list(read)
        except Exception:  # loaders of some forty formats, each with errors of its own
            continue
    raise _unknown(source)


def _unknown(source: Source) -> Refused:
    return Refused(
        Reason.FOREIGN,
        f"{source.name} is not laid out like any known spectrum ({_contents(source)}): a table with columns of "
        "wavelength and flux, or an image with a wavelength scale, was expected; name them by --column wavelength=NAME "
        "flux=NAME.",
        answer="columns.flux",
    )


def _own_table(source: Source) -> bool:
    table = source.unit(1)
    return table is not None and bool(table.column_names) and table.column_names <= OWN_TABLE


def _contents(source: Source) -> str:
    """What a file holds, in short: the columns of its tables."""
    names = [name for unit in source.units() for name in sorted(unit.column_names)]
    return f"columns {', '.join(names[:8])}" if names else "no table of numbers"


def _rows(spectrum: "Spectrum") -> "list[Spectrum]":
    """A spectrum of many rows as its rows."""
    if spectrum.flux.ndim == 1:
        return [spectrum]
    return [row for part in spectrum for row in _rows(part)]


def _observation(spectrum: "Spectrum", name: str, source: Source, id: str) -> Observation:
    """One spectrum, with medium, redshift and position from the file's own headers."""
    header = _header(spectrum, source)
    axis = resolve_axis(
        spectrum.spectral_axis.value,
        source=f"spectral axis of specutils' {name}",
        file=source.name,
        unit=str(spectrum.spectral_axis.unit),
        in_air=header_medium(header),
        hints=source.hints,
    )
    error, kind = _error(spectrum)
    pixels = assemble(
        axis,
        spectrum.flux.value,
        file=source.name,
        flux_unit=source.hints.flux_unit or str(spectrum.flux.unit),
        error=error,
        kind=kind,
        bad=None if spectrum.mask is None else np.asarray(spectrum.mask, dtype=bool),
    )
    own = float(np.asarray(spectrum.redshift))
    understood = Understanding(
        reader=f"{name} (specutils)",
        wavelength=axis.source,
        wavelength_unit=axis.unit,
        medium=axis.medium,
        flux="flux of specutils",
        flux_unit=str(spectrum.flux.unit),
        error=f"uncertainty of specutils ({kind})" if kind else "",
        mask="mask of specutils" if spectrum.mask is not None else "",
        redshift="redshift of specutils" if own else "",
        converted=pixels.converted,
        assumed=axis.assumed,
    )
    return finish(source, pixels, understood, header, id=id, redshift=own or None)


def _header(spectrum: "Spectrum", source: Source) -> Mapping[str, object]:
    """All keywords of the file's headers, those of the first unit before those of later ones."""
    own = spectrum.meta.get("header", {})
    header = {key: own[key] for key in own}
    for unit in source.units():
        header = {**unit.header, **header}
    return header


def _error(spectrum: "Spectrum") -> tuple[np.ndarray | None, str]:
    """Inverse variances in the unit of the flux; ``None`` without errors."""
    if spectrum.uncertainty is None:
        return None, ""
    from astropy.nddata import InverseVariance

    uncertainty = spectrum.uncertainty.represent_as(InverseVariance)
    return uncertainty.quantity.to_value(spectrum.flux.unit**-2), "ivar"
