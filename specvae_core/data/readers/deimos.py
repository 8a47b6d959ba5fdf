"""Spectra of Keck/DEIMOS by DEEP2's spec2d: ``spec1d.MASK.SLIT.OBJECT.fits``.

Tables of one row whose cells are vectors: ``Bxspf-B`` and ``Bxspf-R`` are the blue and the red side of the detector,
extracted in a box; ``Horne-B`` and ``Horne-R`` the same extracted optimally. Both sides of the box are joined; of the
optimal pair where there is no box. IVAR is 0 in pixels lost to cosmic rays; BITMASK marks those that are bad in all
rows of the slit. Newman et al. 2013, ApJS 208, 5, section 9.
"""

from collections.abc import Iterator
from dataclasses import replace

from ..spectra import Observation
from .axis import header_medium
from .finish import finish
from .fits_unit import Unit
from .header import whole_header
from .join import join
from .pixel_columns import PixelColumns, read_pixels, understanding, with_medium
from .source import Source

REQUIRED = ("SPEC", "LAMBDA", "IVAR")
KINDS = ("BXSPF", "HORNE")


class DeimosReader:
    """Reads spec1d files of DEEP2's pipeline."""

    def claims(self, source: Source) -> bool:
        """Whether the first table is a side of the detector."""
        unit = source.unit(1)
        return unit is not None and _kind(unit) in KINDS and unit.column_names.issuperset(REQUIRED)

    def read(self, source: Source) -> Iterator[Observation]:
        """The one object of the file."""
        units = [unit for unit in source.units() if unit.column_names.issuperset(REQUIRED) and unit.n_rows]
        kind = min((_kind(unit) for unit in units if _kind(unit) in KINDS), key=KINDS.index)
        units = [unit for unit in units if _kind(unit) == kind]
        header = whole_header(source, units[0])
        mask = "BITMASK" if "BITMASK" in units[0].column_names else ""
        columns = PixelColumns("LAMBDA", "SPEC", "IVAR", mask, kind="ivar", wavelength_unit="Angstrom")
        columns = with_medium(columns, header_medium(header))
        sides = [spectrum for unit in units for spectrum in read_pixels(source, unit, columns)]
        pixels = join([pixels for _, pixels in sides])
        understood = understanding("DEIMOS spec1d", units[0], columns, sides[0][0], pixels)
        joined = f"{' and '.join(unit.text('EXTNAME') for unit in units)} joined"
        yield finish(source, pixels, replace(understood, converted=(*understood.converted, joined)), header)


def _kind(unit: Unit) -> str:
    """``BXSPF`` or ``HORNE``: how the side was extracted."""
    return unit.name.partition("-")[0]
