"""From what a file has as wavelengths to Angstrom, or to the one question that has to be answered first.

A wavelength axis needs a unit: the user's hint, else that of the file. Where neither gives one, an axis that is named
as wavelength (or stands first in a plain table) counts as Angstrom if its numbers can be; that is an assumption, and it
is reported. Pixel numbers are never wavelengths.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...errors import BadConfig, Reason, Refused
from ..understanding import NO_HINTS, FileHints
from .units import ANGSTROM, SpectralUnit, spectral_unit

MIN_ASSUMED = 900.0
"""Numbers below this (the Lyman limit is at 912 Angstrom) are hardly Angstrom where nothing says so: hydrogen between
the stars hides the sky there, while spectra in nm and micron are common."""

SMALL = 100
"""Steps of exactly 1 that start below this number count pixels."""

_VACUUM_WORDS = ("VACUUM", "VAC", "INVACUUM", "INVAC", "VACWAVE", "WAVEVAC")
_AIR_WORDS = ("AIR", "INAIR", "AIRWAVE", "WAVEAIR")
"""Keywords, without underscores, that are answered by yes or no."""
_MEDIUM_WORDS = (
    *("AIRORVAC", "VACORAIR", "AIRVAC", "VACAIR", "MEDIUM", "WAVEMEDIUM", "WAVELENGTHMEDIUM", "WAVEMED", "WAVMED"),
    *("WAVEREF", "WAVREF", "WAVETYPE", "WAVTYPE", "WAVESYS", "WAVELENGTHS", "VACUUM"),
)
"""Keywords that are answered by a word on air or vacuum."""

PIXEL = "pixel"
NO_WAVELENGTHS = "no wavelengths: pixels are counted"
ASSUMED_UNIT = "wavelengths in Angstrom"
ASSUMED_MEDIUM = "wavelengths in vacuum"
AIR_TO_VACUUM = "air to vacuum"
AT_REST = "wavelengths at rest, for there is no redshift"


@dataclass(frozen=True, eq=False)
class Axis:
    """A wavelength axis, resolved.

    Parameters
    ----------
    wavelength
        (k,) Angstrom, rising, in the medium of the file.
    order
        (k,) indices of the file's pixels (m of them) in that order; those without a wavelength are left out.
    in_air
        Whether the wavelengths are in air.
    source, unit
        Origin of the wavelengths and their unit as stored, for `Understanding`.
    converted, assumed
        Phrases for `Understanding`.
    """

    wavelength: np.ndarray
    order: np.ndarray
    in_air: bool
    source: str
    unit: str
    converted: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def medium(self) -> str:
        """``air`` or ``vacuum``, as stored."""
        return "air" if self.in_air else "vacuum"


def resolve_axis(
    values: np.ndarray,
    *,
    source: str,
    file: str,
    unit: str = "",
    named: bool = False,
    log10: bool = False,
    in_air: bool | None = None,
    hints: FileHints = NO_HINTS,
) -> Axis:
    """Wavelengths in Angstrom of the numbers of a file.

    Parameters
    ----------
    values
        (m,) as stored.
    source
        Their place in the file, for messages: ``column wavelength``, ``WCS of HDU 0``.
    file
        Name of the file.
    unit
        As the file states it, or as the format defines it; empty where neither says one. A unit that is none of a
        wavelength is refused.
    named
        Whether they are called wavelengths, or stand first in a plain table: Angstrom where no unit is stated.
    log10
        Whether they are decimal logarithms; a unit such as ``log(Angstrom)`` says it too.
    in_air
        Medium by the file or its format; ``None`` where neither states one, then vacuum is assumed.
    hints
        Hints of the user, which outrank all other sources.

    Raises
    ------
    Refused
        Pixel numbers, no unit, or no unit of wavelength; ``answer`` names the hint that answers the question.
    """
    values = np.asarray(values, dtype=float).ravel()
    if hints.no_wavelengths:
        return pixel_axis(len(values))
    stated = hints.wavelength_unit or unit
    stored, assumed = _unit(values, stated, source=source, file=file, named=named, log10=log10)
    if log10 and not stored.log:
        stored = SpectralUnit(stored.name, stored.factor, stored.reciprocal, log=True)
    wavelength = stored.to_angstrom(values)
    converted = () if stored == ANGSTROM else (f"{stored} to Angstrom",)
    order = np.flatnonzero(np.isfinite(wavelength))
    if len(order) > 1 and wavelength[order[0]] > wavelength[order[-1]]:
        order = order[::-1]
    if hints.medium:
        in_air = hints.medium == "air"
    if stored.reciprocal:
        in_air = False
    if in_air is None:
        assumed = (*assumed, ASSUMED_MEDIUM)
    if in_air:
        converted = (*converted, AIR_TO_VACUUM)
    return Axis(wavelength[order], order, bool(in_air), source, str(stored), converted, assumed)


def pixel_axis(n_pixel: int) -> Axis:
    """Pixels 1 to n that carry no wavelength, by the user's hint."""
    return Axis(np.arange(1.0, n_pixel + 1), np.arange(n_pixel), False, NO_WAVELENGTHS, PIXEL)


@np.errstate(over="ignore")
def _unit(
    values: np.ndarray, stated: str, *, source: str, file: str, named: bool, log10: bool
) -> tuple[SpectralUnit, tuple[str, ...]]:
    """The unit, and what was assumed in taking it."""
    if stated:
        unit = spectral_unit(stated)
        if unit is None:
            raise Refused(
                Reason.UNIT,
                f"{file}: {source} is in {stated!r}, which is not a unit of wavelength, frequency or photon energy: "
                "say the right one by --wavelength-unit (angstrom, nm, um, Hz, eV…).",
                answer="wavelength_unit",
            )
        return unit, ()
    finite = values[np.isfinite(values) & (values > 0)] if not log10 else 10.0 ** values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    if not log10 and counts_pixels(values):
        raise Refused(
            Reason.UNIT,
            f"{file}: {source} counts pixels ({values[0]:g} to {values[-1]:g}) and is not a wavelength: name the "
            "column that is by --column wavelength=NAME, or give the file a wavelength calibration.",
            answer="columns.wavelength",
        )
    if named and low >= MIN_ASSUMED:
        return ANGSTROM, (ASSUMED_UNIT,)
    raise unit_question(file, source, low, high)


def unit_question(file: str, source: str, low: float, high: float) -> Refused:
    """The question for the unit of wavelengths that run from ``low`` to ``high`` in an unknown unit."""
    guess = "um" if high < 100 else "nm" if high < 10_000 else "angstrom"
    return Refused(
        Reason.UNIT,
        f"{file}: {source} runs from {low:.6g} to {high:.6g} and its unit is stated nowhere: in which unit are these "
        f"wavelengths? Say it by --wavelength-unit, for example --wavelength-unit {guess}.",
        answer="wavelength_unit",
    )


def counts_pixels(values: np.ndarray) -> bool:
    """Whether numbers (m,) rise or fall by exactly 1 from a small whole number: pixel numbers, no wavelengths."""
    if len(values) < 3 or not np.isfinite(values).all():
        return False
    first = min(values[0], values[-1])
    return bool((np.abs(np.diff(values)) == 1).all() and first == int(first) and first < SMALL)


def read_hints(mapping: Mapping[str, object]) -> FileHints:
    """The user's hints by name, as `FileHints.to_json` gives them.

    Raises
    ------
    BadConfig
        A role, unit or medium that does not exist.
    """
    hints = FileHints.from_mapping(mapping)
    if hints.wavelength_unit and not hints.no_wavelengths and spectral_unit(hints.wavelength_unit) is None:
        raise BadConfig(
            f"Wavelengths cannot be in {hints.wavelength_unit!r}: angstrom, nm, um, Hz, eV or 1/cm was expected, "
            "or pixel where pixels carry no wavelength."
        )
    return hints


def header_medium(header: Mapping[str, object]) -> bool | None:
    """Whether a FITS header (or the like) says that wavelengths are in air; ``None`` where it says nothing.

    Known are ``VACUUM`` (LAMOST, APOGEE and others), ``AIRORVAC`` (HIRES, ESI) and the like, ``CTYPEn`` of ``AWAV`` or
    ``WAVE`` (Greisen et al. 2006, A&A 446, 747, table 1) and the UCD ``em.wl;obs.atmos`` of ESO's phase 3 in ``TUCD1``.
    """
    stated = {key.replace("_", "").upper(): value for key, value in header.items()}
    for words, in_air in ((_VACUUM_WORDS, False), (_AIR_WORDS, True)):
        answers = [answer for word in words if (answer := _answer(stated.get(word))) is not None]
        if answers:
            return answers[0] == in_air
    for word in _MEDIUM_WORDS:
        stated_medium = str(stated.get(word, "")).lower()
        if ("air" in stated_medium) != ("vac" in stated_medium):
            return "air" in stated_medium
    for axis in (1, 2, 3):
        kind = str(header.get(f"CTYPE{axis}", "")).strip().upper()
        if kind.startswith("AWAV"):
            return True
        if kind in ("WAVE", "WAVE-LOG", "WAVE-TAB", "FREQ", "ENER", "WAVN"):
            return False
    ucd = str(header.get("TUCD1", "")).strip().lower()
    if ucd.startswith("em.wl"):
        return "obs.atmos" in ucd
    return None


def _answer(value: object) -> bool | None:
    """Yes or no as headers spell it; ``None`` where a value is neither."""
    if isinstance(value, str) and value.strip():
        return {"T": True, "Y": True, "1": True, "F": False, "N": False, "0": False}.get(value.strip()[0].upper())
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else None
