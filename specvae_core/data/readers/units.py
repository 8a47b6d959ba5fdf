"""Units of wavelengths and fluxes as files spell them: which count, and what they are in Angstrom and f_lambda."""

import re
import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...errors import Reason, Refused
from ...grid import SPEED_OF_LIGHT

FLUX_UNIT = "1e-17 erg / (s cm2 Angstrom)"
"""Every flux density is kept in this unit; a flux in no unit of flux density stays as it is."""

ANGSTROM_PER_SECOND = SPEED_OF_LIGHT * 1e13
"""Speed of light in Angstrom/s."""
PLANCK_C = 12398.419843320026
"""Planck constant times speed of light, eV Angstrom."""

_LENGTHS = {
    **dict.fromkeys(("angstrom", "angstroms", "ang", "angs", "angstroem", "a", "aa", "å"), ("Angstrom", 1.0)),
    **dict.fromkeys(("nm", "nanometer", "nanometers", "nanometre", "nanometres"), ("nm", 10.0)),
    **dict.fromkeys(("um", "micron", "microns", "mum", "μm", "µm"), ("um", 1e4)),
    **dict.fromkeys(("micrometer", "micrometers", "micrometre", "micrometres"), ("um", 1e4)),
    **dict.fromkeys(("mm", "millimeter", "millimetre"), ("mm", 1e7)),
    **dict.fromkeys(("cm", "centimeter", "centimetre"), ("cm", 1e8)),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), ("m", 1e10)),
}
_RECIPROCALS = {
    "hz": ("Hz", ANGSTROM_PER_SECOND),
    "khz": ("kHz", ANGSTROM_PER_SECOND / 1e3),
    "mhz": ("MHz", ANGSTROM_PER_SECOND / 1e6),
    "ghz": ("GHz", ANGSTROM_PER_SECOND / 1e9),
    "thz": ("THz", ANGSTROM_PER_SECOND / 1e12),
    "ev": ("eV", PLANCK_C),
    "kev": ("keV", PLANCK_C / 1e3),
    **dict.fromkeys(("1/cm", "cm-1", "cm^-1", "cm**-1", "cm**(-1)", "/cm", "kayser"), ("1/cm", 1e8)),
    **dict.fromkeys(("1/um", "um-1", "um^-1", "um**-1", "1/micron"), ("1/um", 1e4)),
}
_LOG = re.compile(r"(?:log10|log|dex)[\s_(-]*([^\s()]+?)\)?\s*")
_ANGSTROM = re.compile(r"(?<![A-Za-z])(?:A|AA|Å|[Aa]ng|[Aa]ngs|[Aa]ngstroms?|ANG|ANGSTROMS?)(?![A-Za-z])")
_POWER_OF_TEN = re.compile(r"(?<![\d.])10\s*(?:\*\*|\^)\s*\(?\s*([-+]?\d+)\s*\)?")
_MAGNITUDES = re.compile(
    r"(?i)(?<![a-z])(?:ab|st|vega|m_?)?mag(?:s|nitudes?)?(?:[_\s(]*(?:ab|st|vega))?(?![a-z])|^\s*(?:AB|ST)\s*$"
)
_FLUX_NAMES = {
    "flam": "erg/(s cm2 Angstrom)",
    "fnu": "erg/(s cm2 Hz)",
    **{name.lower(): name for name in ("Jy", "mJy", "uJy", "nJy")},
    **dict.fromkeys(("microjy", "microjansky", "microjanskys"), "uJy"),
    **dict.fromkeys(("millijansky", "millijanskys"), "mJy"),
    "µjy": "uJy",
    "μjy": "uJy",
}


@dataclass(frozen=True)
class SpectralUnit:
    """A unit of wavelength, frequency, photon energy or wavenumber.

    Parameters
    ----------
    name
        As Astropy spells it.
    factor
        Angstrom in one unit of length; for the others, wavelength in Angstrom times value.
    reciprocal
        Whether wavelength falls as the value rises.
    log
        Whether the values are decimal logarithms.
    """

    name: str
    factor: float
    reciprocal: bool = False
    log: bool = False

    def to_angstrom(self, values: np.ndarray) -> np.ndarray:
        """Wavelengths in Angstrom, shape kept; NaN where a value is not a positive number."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            values = 10.0 ** np.asarray(values, float) if self.log else np.asarray(values, float)
            wavelength = self.factor / values if self.reciprocal else self.factor * values
            return np.where((wavelength > 0) & np.isfinite(wavelength), wavelength, np.nan)

    def __str__(self) -> str:
        return f"log10 {self.name}" if self.log else self.name


ANGSTROM = SpectralUnit("Angstrom", 1.0)


@lru_cache(maxsize=256)
def spectral_unit(text: str) -> SpectralUnit | None:
    """The unit of a wavelength axis as files and users spell it; ``None`` where it is none."""
    word = text.strip().strip("[]").strip().lower()
    log = _LOG.fullmatch(word)
    if log:
        word = log[1]
    if word in _LENGTHS:
        return SpectralUnit(*_LENGTHS[word], log=log is not None)
    if word in _RECIPROCALS:
        return SpectralUnit(*_RECIPROCALS[word], reciprocal=True, log=log is not None)
    return None


@dataclass(frozen=True, eq=False)
class FluxScale:
    """How stored fluxes become f_lambda.

    Parameters
    ----------
    factor
        (m,) or one number: flux in `unit` of one stored unit.
    unit
        `FLUX_UNIT`, or the stored one where that is not a flux density.
    converted
        What is done, one phrase each.
    """

    factor: np.ndarray | float
    unit: str
    converted: tuple[str, ...] = ()


def flux_scale(text: str, wavelength: np.ndarray, file: str) -> FluxScale:
    """The factor from a stored flux unit to `FLUX_UNIT`.

    Parameters
    ----------
    text
        The unit as stored; ``A`` is Angstrom, for no flux is per ampere. Empty or unknown units are kept.
    wavelength
        (m,) Angstrom.
    file
        Named where the unit is refused.

    Raises
    ------
    Refused
        The flux is in magnitudes or otherwise logarithmic.
    """
    kind, factor = _flux_kind(text)
    if kind == "log":
        raise Refused(
            Reason.UNIT, f"{file} has its flux in {text}, which is logarithmic: a flux linear in energy was expected."
        )
    if kind == "lambda":
        converted = (f"flux from {text} to {FLUX_UNIT}",) if factor != 1 else ()
        return FluxScale(factor, FLUX_UNIT, converted)
    if kind == "nu":  # f_lambda = f_nu c / lambda^2
        return FluxScale(
            factor * ANGSTROM_PER_SECOND / np.square(wavelength), FLUX_UNIT, (f"f_nu ({text}) to f_lambda",)
        )
    if kind == "photons":  # energy of a photon, h c / lambda
        return FluxScale(factor / wavelength, FLUX_UNIT, (f"photons ({text}) to f_lambda",))
    return FluxScale(1.0, text.strip())


@lru_cache(maxsize=256)
def _flux_kind(text: str) -> tuple[str, float]:
    """``lambda``, ``nu``, ``photons``, ``log`` or nothing, and the factor to cgs units of 1e-17 per Angstrom or Hz."""
    if not text.strip():
        return "", 1.0
    if _MAGNITUDES.search(text):
        return "log", 1.0
    from astropy import units as u

    unit = _flux_unit(text)
    if unit is None:
        return "", 1.0
    if isinstance(unit, u.function.FunctionUnitBase) or "mag" in str(unit).lower().split():
        return "log", 1.0
    target = u.Unit("1e-17 erg / (s cm2)")
    for area in (u.dimensionless_unscaled, u.sr**-1, u.arcsec**-2, u.pix**-1):
        for kind, per in (("lambda", u.AA), ("nu", u.Hz)):
            if unit.is_equivalent(target / per * area):
                return kind, _rounded(unit.to(target / per * area))
    photons = u.photon / (u.s * u.cm**2 * u.AA)
    if unit.is_equivalent(photons):
        return "photons", float(unit.to(photons) * (u.eV.to(u.erg) * PLANCK_C) * 1e17)
    return "", 1.0


@lru_cache(maxsize=256)
def relative_unit(error: str, flux: str, kind: str) -> float:
    """How many units of the flux the unit of errors is (mJy beside Jy: 0.001); 1 where they are not of one kind.

    Parameters
    ----------
    error, flux
        As stored.
    kind
        Errors of the kind ``variance`` or ``ivar`` have a unit of the flux to the power of 2 or -2.
    """
    units = _flux_unit(error), _flux_unit(flux)
    if None in units:
        return 1.0
    try:
        one = units[0] ** {"error": 1, "variance": 0.5, "ivar": -0.5}[kind]
        return _rounded(one.to(units[1]))
    except (ValueError, TypeError):  # Astropy's UnitConversionError is both
        return 1.0


def _rounded(factor: float) -> float:
    """The factor without the rounding error that Astropy's chain of conversions leaves."""
    return float(f"{factor:.12g}")


def _flux_unit(text: str):
    """An Astropy unit, or ``None``; spellings that Astropy does not know are mended first."""
    from astropy import units as u

    word = text.strip().strip("[]").strip()
    if word in ("MJy", "GJy"):
        return u.Unit(word)
    word = _FLUX_NAMES.get(word.lower(), word)
    word = re.sub(r"^[x×*]\s*", "", _POWER_OF_TEN.sub(r"1e\1 ", word))
    word = re.sub(r"(?i)\bergs?(?![a-z])", "erg", re.sub(r"(?i)\bsecs?(?![a-z])", "s", word))
    for spelling in (word, _lower(word)):
        try:
            with warnings.catch_warnings(action="ignore"):
                return u.Unit(_ANGSTROM.sub("Angstrom", spelling))
        except (ValueError, TypeError):
            continue
    return None


def _lower(text: str) -> str:
    """Lower case except for Angstrom and Hz, for headers in capital letters."""
    return re.sub(r"\bhz\b", "Hz", re.sub(r"\ba\b", "A", text.lower()))
