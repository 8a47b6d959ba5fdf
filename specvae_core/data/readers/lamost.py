"""LAMOST low-resolution spectra: ``spec-LMJD-PLANID_spXX-FFF.fits``, data releases 1 to 10.

Up to release 7 the primary unit is an image with the rows flux, inverse variance, wavelength (in the pilot survey the
continuum-subtracted flux), and-mask, or-mask; later releases have a table COADD of one row whose columns are these
arrays. Wavelengths are in vacuum and heliocentric. The and-mask is set where a pixel is bad in all exposures, so any
bit of it makes the pixel bad. https://www.lamost.org/public/dr/algorithms/ff
"""

from collections.abc import Iterator

import numpy as np

from ...errors import Reason, Refused
from ..spectra import Observation
from .fits_unit import Unit
from .pixels import usable_ivar, wavelength_from_log10
from .source import Source

FLUX, IVAR, WAVELENGTH, AND_MASK = 0, 1, 2, 3
COLUMNS = ("FLUX", "IVAR", "WAVELENGTH", "ANDMASK")
NUMBERS = ("RA", "DEC", "LMJD", "SPID", "FIBERID", "Z_ERR")
STRINGS = ("CLASS", "SUBCLASS", "OBJTYPE", "DESIG", "PLANID", "OBSID")
BANDS = "ugriz"


class LamostReader:
    """Reads LAMOST low-resolution spectra."""

    def claims(self, source: Source) -> bool:
        """Whether the file is from LAMOST and holds a spectrum as image or as table."""
        unit = source.unit(0)
        if unit is None or not ("LAMOST" in unit.text("TELESCOP") or "LAMOST" in unit.text("ORIGIN")):
            return False
        table = source.unit(1)
        return _has_rows(unit) or (table is not None and table.column_names.issuperset(COLUMNS))

    def read(self, source: Source) -> Iterator[Observation]:
        """The one spectrum of the file."""
        unit = source.unit(0)
        flux, ivar, wavelength, mask = _image_rows(unit) if _has_rows(unit) else _table_rows(source.unit(1))
        redshift = unit.number("Z")
        yield Observation(
            id=_identify(unit, source),
            wavelength=wavelength,
            flux=flux,
            ivar=usable_ivar(flux, ivar, mask != 0),
            redshift=redshift if redshift > -1 else float("nan"),
            columns=_columns(unit),
            in_air=unit.header.get("VACUUM") is False,
            is_sky="sky" in (unit.text("OBJTYPE").lower(), unit.text("FIBERTYP").lower()),
            source=str(source.path),
        )


def _has_rows(unit: Unit) -> bool:
    return len(unit.image_shape) == 2 and unit.image_shape[0] > AND_MASK


def _image_rows(unit: Unit) -> tuple[np.ndarray, ...]:
    """Flux, ivar, wavelength and mask, (m,) each."""
    image = unit.image()
    wavelength = image[WAVELENGTH]
    if not (np.diff(wavelength) > 0).all():
        wavelength = wavelength_from_log10(unit.number("COEFF0") + unit.number("COEFF1") * np.arange(image.shape[1]))
    return image[FLUX], image[IVAR], wavelength, image[AND_MASK]


def _table_rows(unit: Unit) -> tuple[np.ndarray, ...]:
    """Flux, ivar, wavelength and mask, (m,) each."""
    table = unit.table(COLUMNS)
    if not len(table):
        raise Refused(Reason.FOREIGN, f"{unit.path.name} has an empty table of pixels: fetch the file anew.")
    rows = table[0] if table["FLUX"].ndim == 2 else table
    return tuple(rows[name].astype(float) for name in COLUMNS)


def _identify(unit: Unit, source: Source) -> str:
    """LMJD-PLANID_spXX-FFF, as in the survey's file names."""
    numbers = [unit.number(key) for key in ("LMJD", "SPID", "FIBERID")]
    if np.isfinite(numbers).all() and unit.text("PLANID"):
        night, spectrograph, fibre = map(int, numbers)
        return f"{night}-{unit.text('PLANID')}_sp{spectrograph:02d}-{fibre:03d}"
    return source.stem.removeprefix("spec-")


def _columns(unit: Unit) -> dict[str, object]:
    """What the header says of the object; S/N per band under one name, whichever the release gave it."""
    columns: dict[str, object] = {key.lower(): unit.text(key) for key in STRINGS if key in unit.header}
    columns |= {key.lower(): unit.header[key] for key in NUMBERS if key in unit.header}
    for band in BANDS:
        for key in (f"SN_{band.upper()}", f"SNR{band.upper()}"):
            if key in unit.header:
                columns[f"snr_{band}"] = unit.number(key)
    return columns
