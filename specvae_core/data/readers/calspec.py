"""Spectrophotometric standards of CALSPEC: ``alpha_lyr_stis_011.fits``.

One table of pixels in ``ANGSTROMS`` (vacuum) and ``FLAM``. STATERROR is the statistical error of a pixel; where it is
0 the flux is a model's, and SYSERROR, which all pixels share, stands for it. DATAQUAL is 1 where data are good and 0
where they are not. https://www.stsci.edu/hst/instrumentation/reference-data-for-calibration-and-tools/astronomical-catalogs/calspec
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..spectra import Observation
from .assemble import assemble
from .axis import resolve_axis
from .finish import finish
from .header import whole_header
from .pixel_columns import PixelColumns, stated_unit, understanding
from .source import Source

COLUMNS = PixelColumns("WAVELENGTH", "FLUX", "STATERROR", "DATAQUAL", bad_phrase="0 is bad", in_air=False)
REQUIRED = ("WAVELENGTH", "FLUX", "STATERROR")
OPTIONAL = ("SYSERROR", "DATAQUAL")


class CalspecReader:
    """Reads CALSPEC tables."""

    def claims(self, source: Source) -> bool:
        """Whether the first table has CALSPEC's columns."""
        unit = source.unit(1)
        return unit is not None and unit.column_names.issuperset(REQUIRED)

    def read(self, source: Source) -> Iterator[Observation]:
        """The one spectrum of the file."""
        unit = source.unit(1)
        table = unit.table((*REQUIRED, *OPTIONAL))
        error, good = table["STATERROR"], np.ones(len(table), dtype=bool)
        if "SYSERROR" in unit.column_names:
            error = np.where(error > 0, error, table["SYSERROR"])
        if "DATAQUAL" in unit.column_names:
            good = table["DATAQUAL"] != 0
        axis = resolve_axis(
            table["WAVELENGTH"],
            source="column WAVELENGTH",
            file=source.name,
            unit=stated_unit(unit, "WAVELENGTH"),
            in_air=False,
            hints=source.hints,
        )
        pixels = assemble(
            axis,
            table["FLUX"],
            file=source.name,
            flux_unit=source.hints.flux_unit or stated_unit(unit, "FLUX"),
            error=error,
            bad=~good,
        )
        columns = COLUMNS if "DATAQUAL" in unit.column_names else replace(COLUMNS, mask="")
        understood = replace(
            understanding("CALSPEC", unit, columns, axis, pixels),
            error="column STATERROR, SYSERROR where it is 0 (1 sigma)",
        )
        yield finish(source, pixels, understood, whole_header(source, unit))
