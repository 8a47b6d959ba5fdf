"""Extracted spectra of HST: ``*_x1d.fits`` and ``*_x1dsum.fits`` of STIS and COS.

Each table SCI is one exposure; its rows are orders (STIS) or segments of the detector (COS) whose cells are vectors,
of which the first NELEM pixels count. They are joined into one object. The header's SDQFLAGS says which bits of DQ are
serious. Wavelengths are in vacuum. STIS Data Handbook, section 2.3.2; COS Data Handbook, section 2.4.3.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..spectra import Observation
from .finish import finish
from .fits_unit import Unit
from .header import whole_header
from .join import join
from .pixel_columns import PixelColumns, read_pixels, understanding
from .source import Source

REQUIRED = ("NELEM", "WAVELENGTH", "FLUX", "ERROR", "DQ")
ROWS = ("SPORDER", "SEGMENT")
SERIOUS = 31743
"""SDQFLAGS where the header lacks it: all bits but 1024, a repaired blemish."""


class HstReader:
    """Reads x1d tables of STIS and COS."""

    def claims(self, source: Source) -> bool:
        """Whether the first table is an x1d table."""
        unit = source.unit(1)
        return unit is not None and _is_x1d(unit)

    def read(self, source: Source) -> Iterator[Observation]:
        """One object for each exposure."""
        units = [unit for unit in source.units() if _is_x1d(unit)]
        for unit in units:
            header = whole_header(source, unit)
            flags = header.get("SDQFLAGS", SERIOUS)
            flags = flags if isinstance(flags, int) else SERIOUS
            columns = PixelColumns(
                *("WAVELENGTH", "FLUX", "ERROR", "DQ"),
                bad=lambda dq, flags=flags: (dq.astype(np.int32) & flags) != 0,
                bad_phrase=f"bits {flags:#x}",
                in_air=False,
            )
            lengths = unit.table(("NELEM",))["NELEM"].tolist()
            spectra = read_pixels(source, unit, columns, lengths)
            pixels = join([pixels for _, pixels in spectra])
            understood = understanding("HST x1d", unit, columns, spectra[0][0], pixels)
            if len(spectra) > 1:
                understood = replace(understood, converted=(*understood.converted, f"{len(spectra)} orders joined"))
            name = source.stem if len(units) == 1 else f"{source.stem}-{unit.text('EXTVER') or unit.index}"
            yield finish(source, pixels, understood, header, id=name)


def _is_x1d(unit: Unit) -> bool:
    names = unit.column_names
    return names.issuperset(REQUIRED) and not names.isdisjoint(ROWS) and unit.n_rows > 0
