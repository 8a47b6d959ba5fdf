"""Extracted spectra of PypeIt: ``spec1d_*.fits``, one table an object (SpecObj), or an order of one in an echelle.

Optimal extraction is taken before the box, flux density before counts. Wavelengths are in vacuum, OPT_FLAM in
1e-17 erg/s/cm2/Angstrom; masks are true where a pixel is good. Orders (``…-ORDER0008``) of one object are joined.
https://pypeit.readthedocs.io/en/stable/out_spec1D.html
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from ...errors import Reason, Refused
from ..spectra import Observation
from .axis import header_medium
from .finish import finish
from .fits_unit import Unit
from .header import whole_header
from .join import join
from .pixel_columns import PixelColumns, not_zero, read_pixels, understanding, with_medium
from .source import Source

FLAM = "1e-17 erg/(s cm2 Angstrom)"
PAIRS = tuple((f"{way}_{kind}", f"{way}_{kind}_IVAR") for way in ("OPT", "BOX") for kind in ("FLAM", "COUNTS"))
_ORDER = re.compile(r"-?ORDER\d+", re.IGNORECASE)


class PypeItReader:
    """Reads spec1d files of PypeIt."""

    def claims(self, source: Source) -> bool:
        """Whether the first table is a SpecObj."""
        unit = source.unit(1)
        return unit is not None and (unit.text("DMODCLS") == "SpecObj" or _columns(unit) is not None)

    def read(self, source: Source) -> Iterator[Observation | Refused]:
        """One observation for each object, its orders joined."""
        objects: dict[str, list[Unit]] = {}
        for unit in source.units():
            if unit.text("DMODCLS") in ("SpecObj", "") and unit.n_rows:
                objects.setdefault(_ORDER.sub("", unit.text("EXTNAME")) or str(unit.index), []).append(unit)
        for name, units in objects.items():
            extracted = [(unit, columns) for unit in units if (columns := _columns(unit)) is not None]
            if not extracted:
                yield Refused(
                    Reason.FOREIGN,
                    f"{source.name}: the object {name} was not extracted, it has no OPT_ or BOX_ wavelengths and "
                    "fluxes.",
                )
                continue
            yield _object(source, source.stem if len(objects) == 1 else f"{source.stem}-{name}", extracted)


def _object(source: Source, name: str, extracted: list[tuple[Unit, PixelColumns]]) -> Observation:
    unit, columns = extracted[0]
    header = whole_header(source, unit)
    medium = header_medium(header)
    spectra = [
        spectrum
        for unit, columns in extracted
        for spectrum in read_pixels(source, unit, with_medium(columns, bool(medium)))
    ]
    pixels = join([pixels for _, pixels in spectra])
    understood = understanding("PypeIt spec1d", unit, columns, spectra[0][0], pixels)
    if len(spectra) > 1:
        understood = replace(understood, converted=(*understood.converted, f"{len(spectra)} orders joined"))
    return finish(source, pixels, understood, header, id=name, is_sky=unit.text("OBJTYPE").lower() == "sky")


def _columns(unit: Unit) -> PixelColumns | None:
    """The best extraction that the table has."""
    for flux, ivar in PAIRS:
        way = flux.partition("_")[0]
        if {flux, ivar, f"{way}_WAVE"} <= unit.column_names:
            mask = f"{way}_MASK" if f"{way}_MASK" in unit.column_names else ""
            return PixelColumns(
                *(f"{way}_WAVE", flux, ivar, mask),
                kind="ivar",
                bad=lambda good: ~not_zero(good),
                bad_phrase="false is bad",
                wavelength_unit="Angstrom",
                flux_unit=FLAM if flux.endswith("FLAM") else "counts",
            )
    return None
