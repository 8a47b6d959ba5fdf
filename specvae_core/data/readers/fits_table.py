"""Spectra in FITS tables of any kind, by the names of their columns: ESO phase 3, msaexp, plain tables.

A row is a pixel (columns WAVE, FLUX, IVAR, MASK…), or a row is a spectrum whose cells are vectors; several tables with
spectra are several objects. Names are those of `columns.NAMES`; neither the unit nor the place of a column makes it the
error. ESO's phase 3 says in TUCDn whether wavelengths are in air.
https://www.eso.org/sci/observing/phase3/p3sdpstd.pdf
"""

from collections.abc import Iterator
from dataclasses import replace

from ..spectra import Observation
from .axis import header_medium
from .columns import find_column, identify, redshifts
from .finish import FILE_NAME, finish
from .fits_unit import Unit
from .header import cells, whole_header
from .pixel_columns import PixelColumns, find_pixel_columns, read_pixels, understanding, with_medium
from .source import Source


class FitsTableReader:
    """Reads spectra in tables of any FITS file that no other reader claims."""

    def claims(self, source: Source) -> bool:
        """Whether some table has columns of wavelength and flux."""
        return source.is_fits and any(find_pixel_columns(unit, source) for unit in source.units() if unit.n_rows)

    def read(self, source: Source) -> Iterator[Observation]:
        """One object for each table of pixels, or for each row of a table of vectors."""
        tables = [
            (unit, columns)
            for unit in source.units()
            if unit.n_rows and (columns := find_pixel_columns(unit, source)) is not None
        ]
        for unit, columns in tables:
            stem = source.stem if len(tables) == 1 else f"{source.stem}-{unit.text('EXTNAME') or unit.index}"
            yield from _table(source, unit, columns, stem)


def _table(source: Source, unit: Unit, columns: PixelColumns, stem: str) -> Iterator[Observation]:
    header = whole_header(source, unit)
    medium = header_medium({**header, "TUCD1": unit.column_text("TUCD", columns.wavelength)})
    columns = with_medium(columns, medium)
    spectra = read_pixels(source, unit, columns)
    rows = cells(unit) if len(spectra) == unit.n_rows else {}
    id_column, z_column = (find_column(rows, role, source.hints, source.name) for role in ("id", "redshift"))
    ids = identify(rows.pop(id_column, None), stem, len(spectra))
    z = redshifts(rows.pop(z_column)) if z_column else [None] * len(spectra)
    for i, (axis, pixels) in enumerate(spectra):
        understood = understanding("FITS table", unit, columns, axis, pixels)
        understood = replace(
            understood,
            redshift=f"column {z_column}" if z_column else "",
            id=f"column {id_column}" if id_column else FILE_NAME,
            position="columns" if "ra" in rows else "",
            assumed=(*understood.assumed, *ids.assumed),
        )
        own = {name: values[i].item() for name, values in rows.items()}
        yield finish(source, pixels, understood, header, id=ids.names[i], redshift=z[i], columns=own)
