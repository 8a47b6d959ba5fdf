"""Infrared spectra of APOGEE: ``apVisit-*``, ``asVisit-*``, ``apStar-*``, ``asStar-*`` and ``aspcapStar-*``.

A visit has flux, error, mask and wavelength of three chips in falling wavelength, observed frame; the header's VRAD is
the velocity of the star in that frame. A star has rows on one logarithmic scale, at rest: the first combines the
visits, which follow. aspcapStar is that row, divided by its continuum, without a mask. Wavelengths are in vacuum.
https://data.sdss.org/datamodel/files/APOGEE_REDUX/APRED_VERS/visit/TELESCOPE/FIELD/PLATE_ID/MJD5/apVisit.html
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ...grid import SPEED_OF_LIGHT
from ..spectra import Observation
from ..understanding import Understanding
from .assemble import Pixels, assemble
from .axis import Axis, resolve_axis
from .dispersion import dispersions
from .finish import FILE_NAME, finish
from .header import whole_header
from .join import join
from .pixels import mask_bits
from .source import Source

BAD_BITS = sum(
    1 << bit
    for bit in (
        0,  # BADPIX
        1,  # CRPIX: cosmic ray
        2,  # SATPIX: saturated
        3,  # UNFIXABLE
        4,  # BADDARK
        5,  # BADFLAT
        6,  # BADERR
        7,  # NOSKY
        12,  # SIG_SKYLINE: near a strong sky line, whose residuals exceed the errors
        14,  # NOT_ENOUGH_PSF: less than half of the profile in good pixels
    )
)
"""Bits of APOGEE_PIXMASK that make a pixel bad; those of persistence, ghosts and tellurics warn only."""

FLUX, ERROR, MASK, WAVELENGTH = 1, 2, 3, 4
FASTEST = 5000.0
"""km/s; a velocity beyond it stands for one that was not measured."""

START = (4.1, 4.25)
"""Between which log10 wavelengths the scale of all stars begins (CRVAL1 is 4.179)."""

KEYWORDS = (
    "PLATE",
    "MJD5",
    "FIBERID",
    "SNR",
    "STARFLAG",
    "NVISITS",
    "J",
    "H",
    "K",
    "VHELIO",
    "RVTEFF",
    "RVLOGG",
    "RVFEH",
)
"""Header keywords that become columns."""


class ApogeeReader:
    """Reads visits and stars of APOGEE."""

    def claims(self, source: Source) -> bool:
        """Whether the file holds a visit or a star."""
        return source.is_fits and (_is_visit(source) or _is_star(source))

    def read(self, source: Source) -> Iterator[Observation]:
        """The one object of the file."""
        header = whole_header(source, source.unit(FLUX))
        visit = _is_visit(source)
        axis, pixels = _visit(source) if visit else _star(source)
        velocity = header.get("VRAD" if visit else "VHELIO")
        known = isinstance(velocity, int | float) and not isinstance(velocity, bool) and abs(velocity) < FASTEST
        star = str(header.get("OBJID", "")).strip()
        columns = {key.lower(): header[key] for key in KEYWORDS if key in header}
        understood = _understood(source, axis, pixels, visit=visit)
        yield finish(
            source,
            pixels,
            replace(
                understood,
                redshift=f"header {'VRAD' if visit else 'VHELIO'} (km/s)" if known else "",
                id="header OBJID" if star and not visit else FILE_NAME,
            ),
            header,
            id="" if visit else star,
            redshift=velocity / SPEED_OF_LIGHT if known else None,
            columns=columns | ({"object": star} if star else {}),
            rest_frame=not visit,
        )


def _understood(source: Source, axis: Axis, pixels: Pixels, *, visit: bool) -> Understanding:
    name = "apVisit" if visit else "apStar" if _has_mask(source) else "aspcapStar"
    return Understanding(
        reader=f"APOGEE {name}",
        wavelength=axis.source,
        wavelength_unit=axis.unit,
        medium=axis.medium,
        flux=f"HDU {FLUX}" if visit else f"HDU {FLUX}, first row",
        flux_unit=source.unit(FLUX).text("BUNIT"),
        error=f"HDU {ERROR} (1 sigma)",
        mask=f"HDU {MASK}, bits {BAD_BITS:#x}" if _has_mask(source) else "",
        converted=(*pixels.converted, "3 chips joined") if visit else pixels.converted,
    )


def _is_visit(source: Source) -> bool:
    unit = source.unit(WAVELENGTH)
    return (
        unit is not None
        and len(unit.image_shape) == 2
        and unit.image_shape[0] == 3
        and unit.text("BUNIT").startswith("Wavelength")
        and all(source.unit(number).image_shape == unit.image_shape for number in (FLUX, ERROR, MASK))
    )


def _is_star(source: Source) -> bool:
    flux, error = source.unit(FLUX), source.unit(ERROR)
    if error is None or not flux.image_shape or flux.image_shape[-1:] != error.image_shape[-1:]:
        return False
    return flux.text("CTYPE1").upper().startswith("LOG") and START[0] < flux.number("CRVAL1") < START[1]


def _has_mask(source: Source) -> bool:
    """Whether the third image is a mask; in an aspcapStar it is the model."""
    unit = source.unit(MASK)
    return unit is not None and bool(unit.image_shape) and unit.number("BITPIX") > 0


def _visit(source: Source) -> tuple[Axis, Pixels]:
    """The three chips, joined; the axis is that of the first, for its medium and source."""
    flux, error, mask, wavelength = (source.unit(number).image() for number in (FLUX, ERROR, MASK, WAVELENGTH))
    chips = []
    for chip in range(len(flux)):
        axis = resolve_axis(
            wavelength[chip],
            source=f"HDU {WAVELENGTH}",
            file=source.name,
            unit="Angstrom",
            in_air=False,
            hints=source.hints,
        )
        chips.append((axis, _pixels(source, axis, flux[chip], error[chip], mask[chip])))
    return chips[0][0], join([pixels for _, pixels in chips])


def _star(source: Source) -> tuple[Axis, Pixels]:
    """The first row: all visits combined."""
    unit = source.unit(FLUX)
    planes = [source.unit(number) for number in (FLUX, ERROR, MASK)[: 3 if _has_mask(source) else 2]]
    rows = [plane.image().reshape(-1, plane.image_shape[-1])[0] for plane in planes]
    scale = dispersions(unit.header, 1, len(rows[0]), source.name)[0]
    axis = resolve_axis(
        scale.values,
        source=f"WCS of HDU {FLUX}",
        file=source.name,
        unit="Angstrom",
        log10=True,
        in_air=False,
        hints=source.hints,
    )
    return axis, _pixels(source, axis, *rows)


def _pixels(source: Source, axis: Axis, flux: np.ndarray, error: np.ndarray, mask: np.ndarray | None = None) -> Pixels:
    return assemble(
        axis,
        flux,
        file=source.name,
        flux_unit=source.hints.flux_unit or _plain_unit(source.unit(FLUX).text("BUNIT")),
        error=error,
        bad=None if mask is None else (mask_bits(mask) & BAD_BITS) != 0,
    )


def _plain_unit(text: str) -> str:
    """``10^-17 erg/s/cm^2/Ang`` of ``Flux (10^-17 erg/s/cm^2/Ang)``."""
    return text.partition("(")[2].rpartition(")")[0] or text
