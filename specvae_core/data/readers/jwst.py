"""Extracted spectra of JWST: ``*_x1d.fits``, ``*_c1d.fits`` and ``*_x1dints.fits``, tables EXTRACT1D or COMBINE1D.

Each table, or each row of one whose cells are vectors, is one object (a slit, a source, an integration). Wavelengths
are in micron in vacuum, fluxes in Jy; bit 0 of DQ means "do not use". NPIXELS, BACKGROUND and the surface brightness
are left aside. https://jwst-pipeline.readthedocs.io/en/latest/jwst/data_products/science_products.html
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ...errors import Reason, Refused
from ..spectra import Observation
from .finish import finish
from .fits_unit import Unit
from .header import cells, whole_header
from .pixel_columns import PixelColumns, find_pixel_columns, read_pixels, understanding
from .source import Source

NAMES = ("EXTRACT1D", "COMBINE1D")
DO_NOT_USE = 1


class JwstReader:
    """Reads EXTRACT1D and COMBINE1D tables."""

    def claims(self, source: Source) -> bool:
        """Whether the first extension is such a table."""
        unit = source.unit(1)
        return unit is not None and unit.name in NAMES and {"WAVELENGTH", "FLUX"} <= unit.column_names

    def read(self, source: Source) -> Iterator[Observation | Refused]:
        """One object for each table, or for each of its rows."""
        units = [unit for unit in source.units() if unit.name in NAMES]
        identities = [unit.text("SOURCEID") for unit in units]
        telling = len(set(identities)) == len(units) and all(identities)
        for unit, identity in zip(units, identities, strict=True):
            if not unit.n_rows:
                yield Refused(Reason.NO_GOOD_PIXELS, f"{source.name} has an empty table {unit.name} ({unit.index}).")
                continue
            suffix = identity if telling else unit.text("EXTVER") or str(unit.index)
            yield from _table(source, unit, source.stem if len(units) == 1 else f"{source.stem}-{suffix}")


def _table(source: Source, unit: Unit, stem: str) -> Iterator[Observation]:
    columns = replace(
        find_pixel_columns(unit, source) or PixelColumns("WAVELENGTH", "FLUX"),
        bad=lambda dq: (dq.astype(np.int64) & DO_NOT_USE) != 0,
        bad_phrase="bit 0 (do not use)",
        wavelength_unit="um",
        flux_unit="Jy",
        in_air=False,
    )
    lengths = unit.table(("N_ALONGDISP",))["N_ALONGDISP"].tolist() if "N_ALONGDISP" in unit.column_names else None
    spectra = read_pixels(source, unit, columns, lengths)
    of_rows = cells(unit) if len(spectra) == unit.n_rows else {}
    header = whole_header(source, unit)
    for i, (axis, pixels) in enumerate(spectra):
        own = {name: values[i].item() for name, values in of_rows.items()}
        facts = {name.lower(): header[name] for name in ("SLTNAME", "SOURCEID", "SRCTYPE") if name in header}
        yield finish(
            source,
            pixels,
            understanding("JWST x1d", unit, columns, axis, pixels),
            header,
            id=stem if len(spectra) == 1 else f"{stem}-{own.get('SOURCE_ID', i + 1)}",
            columns=facts | own,
        )
