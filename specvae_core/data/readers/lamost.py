"""LAMOST spectra: ``spec-LMJD-PLANID_spXX-FFF.fits`` (low resolution) and ``med-…`` (medium), releases 1 to 10.

Up to release 7 the primary unit is an image with the rows flux, inverse variance, wavelength (in the pilot survey the
continuum-subtracted flux), and-mask, or-mask; later releases have a table COADD of one row whose columns are these
arrays. Wavelengths are in vacuum and heliocentric. The and-mask is set where a pixel is bad in all exposures, so any
bit of it makes the pixel bad. https://www.lamost.org/public/dr/algorithms/ff
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ...errors import Reason, Refused
from ..spectra import Observation
from ..understanding import Understanding
from .assemble import Pixels
from .fits_unit import Unit
from .join import join
from .pixels import usable_ivar, wavelength_from_log10
from .source import Source

FLUX, IVAR, WAVELENGTH, AND_MASK = 0, 1, 2, 3
COLUMNS = ("FLUX", "IVAR", "WAVELENGTH", "ANDMASK")
ARMS = ("COADD_B", "COADD_R")
NUMBERS = ("RA", "DEC", "LMJD", "SPID", "FIBERID", "Z_ERR")
STRINGS = ("CLASS", "SUBCLASS", "OBJTYPE", "DESIG", "PLANID", "OBSID")
BANDS = "ugriz"
IMAGE = Understanding(
    reader="LAMOST spec",
    wavelength="row 3",
    wavelength_unit="Angstrom",
    flux="row 1",
    error="row 2 (inverse variance)",
    mask="row 4 (and-mask), not 0 is bad",
    id="header LMJD, PLANID, SPID, FIBERID",
    position="header RA, DEC",
)
TABLE = replace(
    IMAGE,
    wavelength="column WAVELENGTH",
    flux="column FLUX",
    error="column IVAR (inverse variance)",
    mask="column ANDMASK, not 0 is bad",
)
MEDIUM_RESOLUTION = replace(
    TABLE, reader="LAMOST medium resolution", wavelength="column LOGLAM or WAVELENGTH", flux="column FLUX of two arms"
)


class LamostReader:
    """Reads LAMOST low-resolution spectra."""

    def claims(self, source: Source) -> bool:
        """Whether the file is from LAMOST and holds a spectrum as image or as table."""
        unit = source.unit(0)
        if unit is None or not ("LAMOST" in unit.text("TELESCOP") or "LAMOST" in unit.text("ORIGIN")):
            return False
        table = source.unit(1)
        return _has_rows(unit) or (table is not None and (table.column_names.issuperset(COLUMNS) or table.name in ARMS))

    def read(self, source: Source) -> Iterator[Observation]:
        """The one spectrum of the file, or one for each arm where the user keeps them."""
        unit = source.unit(0)
        in_air = unit.header.get("VACUUM") is False
        redshift = unit.number("Z")
        for arm, understood, pixels in _spectra(source):
            medium_resolution = understood is MEDIUM_RESOLUTION
            yield Observation(
                id=_identify(unit, source) + (f"-{arm}" if arm else ""),
                wavelength=pixels.wavelength,
                flux=pixels.flux,
                ivar=pixels.ivar,
                redshift=redshift if redshift > -1 else None if medium_resolution else float("nan"),
                columns=_columns(unit),
                in_air=in_air,
                is_sky="sky" in (unit.text("OBJTYPE").lower(), unit.text("FIBERTYP").lower()),
                source=str(source.path),
                understood=replace(
                    understood,
                    medium="air" if in_air else "vacuum",
                    redshift="header Z" if redshift > -1 or not medium_resolution else "",
                    converted=("air to vacuum",) if in_air else (),
                ),
            )


def _spectra(source: Source) -> Iterator[tuple[str, Understanding, Pixels]]:
    """Name of the arm (empty where there is one), its `Understanding`, and pixels."""
    unit, table = source.unit(0), source.unit(1)
    if _has_rows(unit):
        yield "", IMAGE, _pixels(*_image_rows(unit))
        return
    arms = [other for number in (1, 2) if (other := source.unit(number)) is not None and other.name in ARMS]
    if not arms:
        yield "", TABLE, _pixels(*_table_rows(table))
        return
    parts = [_pixels(*_table_rows(arm)) for arm in arms]
    if source.hints.arms == "keep":
        yield from ((arm.name[-1], MEDIUM_RESOLUTION, part) for arm, part in zip(arms, parts, strict=True))
    else:
        yield "", MEDIUM_RESOLUTION, join(parts)


def _pixels(flux: np.ndarray, ivar: np.ndarray, wavelength: np.ndarray, mask: np.ndarray) -> Pixels:
    return Pixels(wavelength, flux, usable_ivar(flux, ivar, mask != 0), "", ())


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
    table = unit.table((*COLUMNS, "LOGLAM"))
    if not len(table) or not {"FLUX", "IVAR", "ANDMASK"} <= unit.column_names:
        raise Refused(Reason.FOREIGN, f"{unit.path.name} has no pixels in its table {unit.name}.")
    rows = table[0] if table["FLUX"].ndim == 2 else table
    if "WAVELENGTH" in unit.column_names:
        wavelength = rows["WAVELENGTH"].astype(float)
    else:
        wavelength = wavelength_from_log10(rows["LOGLAM"])
    return rows["FLUX"].astype(float), rows["IVAR"].astype(float), wavelength, rows["ANDMASK"]


def _identify(unit: Unit, source: Source) -> str:
    """LMJD-PLANID_spXX-FFF, as in the survey's file names."""
    numbers = [unit.number(key) for key in ("LMJD", "SPID", "FIBERID")]
    if np.isfinite(numbers).all() and unit.text("PLANID"):
        night, spectrograph, fibre = map(int, numbers)
        return f"{night}-{unit.text('PLANID')}_sp{spectrograph:02d}-{fibre:03d}"
    return source.stem.removeprefix("spec-")


def _columns(unit: Unit) -> dict[str, object]:
    """Properties of the object in the header; S/N per band under one name, whichever the release gave it."""
    columns: dict[str, object] = {key.lower(): unit.text(key) for key in STRINGS if key in unit.header}
    columns |= {key.lower(): unit.header[key] for key in NUMBERS if key in unit.header}
    for band in BANDS:
        for key in (f"SN_{band.upper()}", f"SNR{band.upper()}"):
            if key in unit.header:
                columns[f"snr_{band}"] = unit.number(key)
    return columns
