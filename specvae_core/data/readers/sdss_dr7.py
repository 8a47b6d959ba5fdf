"""SDSS spectra up to data release 7: ``spSpec-MJD-PLATE-FIBER.fit``.

The primary unit is an image whose rows are flux, continuum-subtracted flux, 1-sigma error and mask on a logarithmic
vacuum wavelength scale (COEFF0, COEFF1); HDU 2 holds Gaussian fits at the positions of known lines. Data model:
http://classic.sdss.org/dr7/dm/flatFiles/spSpec.html
"""

from collections.abc import Iterator
from math import copysign, pi, sqrt

import numpy as np

from ...grid import SPEED_OF_LIGHT
from ..spectra import LineFit, Observation
from ..understanding import Understanding
from .fits_unit import Unit
from .pixels import ivar_from_error, mask_bits, usable_ivar, wavelength_from_log10
from .sdss import BAD_BITS, sdss_id
from .source import Source
from .units import FLUX_UNIT

FLUX, ERROR, MASK = 0, 2, 3
NO_REDSHIFT = (0.0, 1.0)
"""Values of Z_STATUS: not measured, failed."""
SKY = 5
CLASSES = {1: "STAR", 2: "GALAXY", 3: "QSO", 4: "QSO", SKY: "SKY", 6: "STAR", 7: "GALAXY"}
"""SPEC_CLN -> class: 4 is a quasar beyond z = 2.3, 6 a star of type M or later, 7 an emission-line galaxy."""
KEYWORDS = ("Z_ERR", "Z_CONF", "Z_STATUS", "Z_WARNIN", "SPEC_CLN", "ECLASS", "VEL_DIS", "SN_G", "SN_R", "SN_I")
LINES = ("RESTWAVE", "WAVE", "SIGMA", "HEIGHT", "NSIGMA", "EW")
LINE_NAMES = {
    1215.67: "Ly_alpha",
    1549.48: "C_IV 1549",
    1908.73: "C_III] 1908",
    2799.12: "Mg_II 2799",
    3727.09: "[O_II] 3725",
    3729.88: "[O_II] 3727",
    4102.89: "H_delta",
    4341.68: "H_gamma",
    4862.68: "H_beta",
    4960.29: "[O_III] 4959",
    5008.24: "[O_III] 5007",
    6302.05: "[O_I] 6300",
    6549.86: "[N_II] 6548",
    6564.61: "H_alpha",
    6585.27: "[N_II] 6583",
    6718.29: "[S_II] 6716",
    6732.68: "[S_II] 6730",
}
"""Rest wavelength in vacuum (Angstrom) -> the name that later data releases give the line."""
UNDERSTOOD = Understanding(
    reader="SDSS spSpec",
    wavelength="header COEFF0, COEFF1",
    wavelength_unit="log10 Angstrom",
    medium="vacuum",
    flux="row 1",
    flux_unit="1e-17 erg/s/cm2/Angstrom",
    error="row 3 (1 sigma)",
    mask=f"row 4, bits {BAD_BITS:#x}",
    redshift="header Z, where Z_STATUS has one",
    id="header PLATEID, MJD, FIBERID",
    position="header RAOBJ, DECOBJ",
)


class SdssDr7Reader:
    """Reads SDSS files up to data release 7."""

    def claims(self, source: Source) -> bool:
        """Whether the primary unit is an spSpec image."""
        unit = source.unit(0)
        return (
            unit is not None
            and len(unit.image_shape) == 2
            and {"SPEC_CLN", "COEFF0", "COEFF1"} <= unit.header.keys()
            and unit.image_shape[0] > MASK
        )

    def read(self, source: Source) -> Iterator[Observation]:
        """The one spectrum of the file."""
        unit = source.unit(0)
        image = unit.image()
        flux = image[FLUX]
        # The bit for "an emission line is here" is not a fault and is not among BAD_BITS.
        bad = (mask_bits(image[MASK]) & BAD_BITS) != 0
        kind = int(np.nan_to_num(unit.number("SPEC_CLN")))
        yield Observation(
            id=_identify(unit, source),
            wavelength=wavelength_from_log10(unit.number("COEFF0") + unit.number("COEFF1") * np.arange(len(flux))),
            flux=flux,
            ivar=usable_ivar(flux, ivar_from_error(image[ERROR]), bad),
            redshift=float("nan") if unit.number("Z_STATUS") in NO_REDSHIFT else unit.number("Z"),
            columns=_columns(unit, kind),
            line_fits=_line_fits(source.unit(2)),
            is_sky=kind == SKY or unit.text("OBJTYPE").upper() == "SKY",
            source=str(source.path),
            flux_unit=FLUX_UNIT,
            understood=UNDERSTOOD,
        )


def _identify(unit: Unit, source: Source) -> str:
    numbers = [unit.number(key) for key in ("PLATEID", "MJD", "FIBERID")]
    if np.isfinite(numbers).all():
        return sdss_id(*map(int, numbers))
    return source.stem.removeprefix("spSpec-")


def _columns(unit: Unit, kind: int) -> dict[str, object]:
    """Properties of the object in the header. RA and DEC are the telescope's; the object's are RAOBJ and DECOBJ."""
    columns: dict[str, object] = {"class": CLASSES.get(kind, ""), "objtype": unit.text("OBJTYPE")}
    names = {"PLATEID": "plate", "MJD": "mjd", "FIBERID": "fiberid", "RAOBJ": "ra", "DECOBJ": "dec"}
    for key in (*names, *KEYWORDS):
        if key in unit.header:
            columns[names.get(key, key.lower())] = unit.header[key]
    return columns


def _line_fits(unit: Unit | None) -> tuple[LineFit, ...]:
    """Lines with a measured height: area sqrt(2 pi) height sigma, its error from the height's significance."""
    if unit is None or not unit.column_names.issuperset(LINES):
        return ()
    table = unit.table(LINES)
    fits = []
    for rest, wave, sigma, height, n_sigma, width in zip(*(table[name].tolist() for name in LINES), strict=True):
        if wave > 0 and sigma > 0 and n_sigma != 0:
            area = sqrt(2 * pi) * sigma * height
            velocity = SPEED_OF_LIGHT * sigma / wave
            fits.append(LineFit(_line_name(rest), rest, area, abs(area / n_sigma), velocity, copysign(width, height)))
    return tuple(fits)


def _line_name(rest: float) -> str:
    nearest = min(LINE_NAMES, key=lambda wave: abs(wave - rest))
    return LINE_NAMES[nearest] if abs(nearest - rest) < 1.5 else f"{rest:.0f}"
