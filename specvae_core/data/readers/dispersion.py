"""Wavelengths of the pixels of an image, from its header: FITS WCS, and IRAF's equispec and multispec.

Sources: Greisen et al. 2006, A&A 446, 747 (spectral coordinates in FITS); Valdes 1993, ASP Conf. 52, 467 (IRAF's
``multispec`` format, https://iraf.net/irafdocs/specwcs.php).
"""

import re
from dataclasses import dataclass

import numpy as np

from ...errors import Reason, Refused
from .fits_header import Header
from .units import spectral_unit

_SPECTRAL = ("WAVE", "AWAV", "LAM", "LINEAR", "LOG", "WL", "SPECTRAL", "ANGSTROM", "FREQ", "ENER", "WAVN", "MULTISPE")
"""How CTYPE1 begins where axis 1 is spectral; it may also be empty."""

_DEFAULT_UNITS = {"FREQ": "Hz", "WAVN": "1/m"}
_SPEC = re.compile(r'spec(\d{1,9})\s*=\s*"([^"]*)"')
_CARD_TEXT = 68
"""Characters of a header card that a long text fills; blanks at the end of a card belong to the text."""


@dataclass(frozen=True, eq=False)
class Dispersion:
    """Wavelengths of one row of an image, as stored.

    Parameters
    ----------
    values
        (m,) wavelengths, or their decimal logarithms.
    unit
        As the header spells it, empty where it says none.
    log10
        Whether the values are logarithms.
    aperture
        IRAF's number of the row, which names the spectrum.
    """

    values: np.ndarray
    unit: str
    log10: bool = False
    aperture: str = ""


def dispersions(header: Header, n_rows: int, n_pixels: int, file: str) -> list[Dispersion]:
    """One dispersion for each row of the image, or an empty list where the header gives none.

    Parameters
    ----------
    header
        Header of the image.
    n_rows, n_pixels
        Number of its rows, and of the pixels of each.
    file
        Name of the file, for messages.
    """
    if "multispec" in str(header.get("WAT0_001", "")):
        found = _multispec(header, n_pixels, file)
        return found if len(found) >= n_rows else []
    one = _linear(header, n_pixels)
    if one is None:
        return []
    apertures = [(str(header.get(f"APNUM{row}", "")).split() or [""])[0] for row in range(1, n_rows + 1)]
    return [Dispersion(one.values, one.unit, one.log10, aperture) for aperture in apertures]


def _linear(header: Header, n: int) -> Dispersion | None:
    """The dispersion of CRVAL1, CRPIX1 and CDELT1 or CD1_1, or of SDSS's COEFF0 and COEFF1."""
    kind = str(header.get("CTYPE1", "")).strip().upper()
    unit = _stated_unit(header)
    start, step = header.get("CRVAL1"), header.get("CD1_1") or header.get("CDELT1")
    if not (_is_number(start) and _is_number(step)):
        start, step = header.get("COEFF0"), header.get("COEFF1")
        if not (_is_number(start) and _is_number(step)):
            return None
        return Dispersion(start + step * np.arange(n), unit or "Angstrom", log10=True)
    if step == 0 or not (kind == "" or kind.startswith(_SPECTRAL) or spectral_unit(unit)):
        return None
    reference = header.get("CRPIX1")
    pixel = np.arange(1, n + 1) - (reference if _is_number(reference) else 1)
    if kind.startswith(("WAVE-LOG", "AWAV-LOG")):
        return Dispersion(start * np.exp(step * pixel / start), unit)
    values = start + step * pixel
    if start in (0, 1) and step == 1:
        unit = ""  # pixel numbers, whatever unit a program wrote beside them
    elif not unit and kind[:4] in ("WAVE", "AWAV") and np.abs(values).max() < 1e-2:
        unit = "m"  # the standard's unit where CUNIT1 is missing
    is_log = header.get("DC-FLAG") == 1 or "LOG" in kind or str(header.get("WFITTYPE", "")).upper() == "LOG-LINEAR"
    return Dispersion(values, unit or _DEFAULT_UNITS.get(kind[:4], ""), log10=is_log)


def _stated_unit(header: Header) -> str:
    """The unit of axis 1: CUNIT1, else ``units=`` of IRAF's attributes."""
    unit = str(header.get("CUNIT1", "")).strip()
    written = re.search(r"units=(\S+)", _attributes(header, 1))
    return unit or (written[1] if written else "")


def _attributes(header: Header, axis: int) -> str:
    """IRAF's attributes of an axis, put together from the cards WATn_001, WATn_002…"""
    cards = []
    while f"WAT{axis}_{len(cards) + 1:03d}" in header:
        cards.append(str(header[f"WAT{axis}_{len(cards) + 1:03d}"]).ljust(_CARD_TEXT))
    return "".join(cards)


def _multispec(header: Header, n: int, file: str) -> list[Dispersion]:
    """The dispersion of each aperture, in the order of the rows."""
    unit = _stated_unit(header)
    specs = sorted((int(number), words.split()) for number, words in _SPEC.findall(_attributes(header, 2)))
    return [_aperture(words, unit, n, file) for _, words in specs]


def _aperture(words: list[str], unit: str, n: int, file: str) -> Dispersion:
    """``aperture beam type w1 dw nw z low high [functions]``; type -1 none, 0 linear, 1 log-linear, 2 non-linear."""
    kind, start, step, count, redshift = int(words[2]), *map(float, words[3:7])
    pixel = np.arange(1.0, n + 1)
    if kind in (0, 1):
        values = start + step * (pixel - 1)
        values = values - np.log10(1 + redshift) if kind == 1 else values / (1 + redshift)
        return Dispersion(values, unit, log10=kind == 1, aperture=words[0])
    if kind != 2:
        raise Refused(
            Reason.UNIT, f"{file}: aperture {words[0]} has no dispersion solution: give the file a calibration first."
        )
    values = _functions([float(word) for word in words[9:]], pixel, file) / (1 + redshift)
    values[int(count) :] = np.nan
    return Dispersion(values, unit, aperture=words[0])


def _functions(numbers: list[float], pixel: np.ndarray, file: str) -> np.ndarray:
    """Sum of weighted functions: ``weight zero-point type order low high coefficients…``; type 1 Chebyshev, 2 Legendre.

    A polynomial in x = (2 p - (high + low)) / (high - low) with p the pixel, from 1.
    """
    total = np.zeros(len(pixel))
    while numbers:
        weight, offset, kind, order, low, high = numbers[:6]
        if kind not in (1, 2):
            raise Refused(
                Reason.UNIT,
                f"{file} has a dispersion function of IRAF's type {kind:.0f}: polynomials (1, 2) are known, so "
                "rebin it onto a linear scale with IRAF's dispcor first.",
            )
        coefficients, numbers = numbers[6 : 6 + int(order)], numbers[6 + int(order) :]
        x = (2 * pixel - (high + low)) / (high - low)
        series = np.polynomial.chebyshev.chebval if kind == 1 else np.polynomial.legendre.legval
        total += weight * (offset + series(x, coefficients))
    return total


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
