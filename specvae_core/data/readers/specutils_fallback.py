"""Anything that specutils can open, after all readers of our own have declined."""

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...errors import Reason, Refused
from ..spectra import Observation
from .pixels import usable_ivar
from .source import Source

if TYPE_CHECKING:
    from specutils import Spectrum

MAGIC = (b"SIMPLE  =", b"#ASDF", b"# %ECSV", b"<?xml", b"<VOTABLE", b"\\")
"""How files begin that specutils may know: FITS, ASDF, ECSV, VOTable, IPAC. Anything else is told off at once, for
importing specutils takes seconds."""

FLUX_UNIT = "1e-17 erg / (s cm2 Angstrom)"


class SpecutilsReader:
    """Reads what specutils reads."""

    def claims(self, source: Source) -> bool:
        """Whether the file begins like one of the formats that specutils knows."""
        return source.head.startswith(MAGIC)

    def read(self, source: Source) -> Iterator[Observation]:
        """The spectra that specutils finds, in wavelength and, where the unit allows, in flux per wavelength."""
        source.units()  # a FITS file that is cut short is told as such
        with warnings.catch_warnings(action="ignore"):  # specutils and astropy comment on units and header cards
            spectra = _open(source)
            rows = [row for spectrum in spectra for row in _rows(spectrum)]
            observations = [
                _observation(row, source, source.stem if len(rows) == 1 else f"{source.stem}-{number:05d}")
                for number, row in enumerate(rows)
            ]
        yield from observations


def _open(source: Source) -> "list[Spectrum]":
    """One or many spectra; Refused where specutils does not know the format."""
    from specutils import Spectrum, SpectrumList

    for kind in (Spectrum, SpectrumList):
        try:
            found = kind.read(str(source.path))
        except Exception:  # loaders of some forty formats, each with errors of its own
            continue
        return [found] if kind is Spectrum else list(found)
    raise Refused(
        Reason.FOREIGN,
        f"{source.name} is not laid out like any known spectrum: tables or rows with wavelength, flux and errors were "
        "expected.",
    )


def _rows(spectrum: "Spectrum") -> "list[Spectrum]":
    """A spectrum of many rows as its rows."""
    if spectrum.flux.ndim == 1:
        return [spectrum]
    return [row for part in spectrum for row in _rows(part)]


def _observation(spectrum: "Spectrum", source: Source, name: str) -> Observation:
    """Units converted, errors of any kind as ivar, wavelengths rising."""
    from astropy import units as u

    wavelength = spectrum.spectral_axis.to_value(u.AA, u.spectral())
    per_unit = _flux_factor(spectrum, wavelength)
    flux = spectrum.flux.value * per_unit
    ivar = _ivar(spectrum, flux, per_unit)
    if ivar is None and spectrum.mask is not None:
        flux = np.where(spectrum.mask, np.nan, flux)
    order = slice(None, None, -1 if len(wavelength) > 1 and wavelength[0] > wavelength[-1] else 1)
    header = spectrum.meta.get("header", spectrum.meta)
    return Observation(
        id=name,
        wavelength=np.asarray(wavelength[order], dtype=float),
        flux=np.asarray(flux[order], dtype=float),
        ivar=None if ivar is None else ivar[order],
        redshift=_redshift(spectrum, header),
        columns={"flux_unit": FLUX_UNIT if np.ndim(per_unit) else str(spectrum.flux.unit)},
        in_air=str(header.get("CTYPE1", "")).startswith("AWAV") or str(header.get("AIRORVAC", "")).lower() == "air",
        source=str(source.path),
    )


def _flux_factor(spectrum: "Spectrum", wavelength: np.ndarray) -> np.ndarray | float:
    """(m,) flux in FLUX_UNIT of one unit of the file's flux; 1 for fluxes that are no flux densities."""
    from astropy import units as u

    try:
        one = np.ones(len(wavelength)) * spectrum.flux.unit
        return one.to_value(u.Unit(FLUX_UNIT), u.spectral_density(wavelength * u.AA))
    except u.UnitConversionError:
        return 1.0


def _ivar(spectrum: "Spectrum", flux: np.ndarray, per_unit: np.ndarray | float) -> np.ndarray | None:
    """(m,) inverse variance in the unit of the flux, 0 where masked; ``None`` without errors."""
    from astropy.nddata import InverseVariance

    if spectrum.uncertainty is None:
        return None
    ivar = spectrum.uncertainty.represent_as(InverseVariance).quantity.to_value(spectrum.flux.unit**-2)
    bad = None if spectrum.mask is None else np.asarray(spectrum.mask, dtype=bool)
    return usable_ivar(flux, ivar / np.square(per_unit), bad)


def _redshift(spectrum: "Spectrum", header: object) -> float | None:
    """The spectrum's own redshift, else the header's; ``None`` where neither says anything."""
    own = float(np.asarray(spectrum.redshift))
    if own != 0:
        return own
    for key in ("REDSHIFT", "Z"):
        value = header.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None
