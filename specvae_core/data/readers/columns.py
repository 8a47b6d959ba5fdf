"""Roles of columns, by the names that surveys and users give them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...errors import Reason, Refused
from ..understanding import NO_HINTS, FileHints
from .units import spectral_unit

WAVELENGTH = (
    *("wavelength", "wavelengths", "wave", "waves", "lambda", "lam", "wl", "wvl", "wav", "lambda_obs", "wave_obs"),
    *("wavelength_obs", "spectral_axis", "awav", "opt_wave"),
)
LOG_WAVELENGTH = (
    *("loglam", "log10_wavelength", "loglambda", "log_wave", "log_lambda", "logwave", "log_lam", "log_wavelength"),
    *("logwavelength", "log10lambda", "log10lam", "log10_lambda"),
)
OTHER_AXES = ("frequency", "freq", "nu", "energy", "wavenumber")
"""Axes that need a unit."""

FLUX = (
    *("flux", "reflectance", "spectra", "spectrum", "flux_density", "fluxes", "f_lambda", "flambda", "flam", "f_nu"),
    *("fnu", "intensity", "opt_flam", "calibrated_flux", "flux_cal", "fluxcal", "flux_reduced", "spec", "counts"),
)
_FLUXES = ("flux", "f", "fl", "flam", "flambda", "f_lambda", "fnu", "flux_density", "spec", "spectrum", "counts")
_ERRORS = ("err", "errs", "error", "errors", "sigma", "sig", "unc", "uncert", "uncertainty", "stdev", "std", "std_dev")
ERROR = (
    *(*_ERRORS, "noise", "rms", "uncertainties", "1sigma", "e_flux", "dflux", "ferr", "flux_1sigma", "flux_noise"),
    *("err_reduced", "reflectance_err", "reflectance_error", "opt_flam_sig", "staterror", "stat_error", "1_sigma"),
    *(f"{flux}_{error}" for flux in _FLUXES for error in _ERRORS),
    *(f"{error}_{flux}" for flux in _FLUXES for error in _ERRORS),
)
IVAR = (
    *("ivar", "flux_ivar", "ivar_flux", "inverse_variance", "inv_variance", "invvar", "inv_var", "inverse_var"),
    *("opt_flam_ivar", "flux_invvar"),
)
VARIANCE = ("var", "variance", "flux_var", "flux_variance", "var_flux", "variance_flux")
MASK = (
    *("mask", "and_mask", "flux_mask", "bad", "badpix", "bad_pixel", "bad_pixels", "bad_mask", "is_bad", "bpm", "dq"),
    *("qual", "quality", "data_quality", "data_qual", "dq_flag", "dq_flags", "flag", "flags", "pixel_mask", "pixmask"),
    *("masked", "is_masked"),
)
GOOD = (
    *("good", "is_good", "good_mask", "goodpix", "good_pixel", "good_pixels", "valid", "is_valid", "valid_mask"),
    *("usable", "use", "gpm"),
)
"""Masks in which true is good, where others say what is bad."""

REDSHIFT = (
    *("redshift", "z_spec", "zspec", "specz", "spec_z", "spec_redshift", "redshift_spec", "zbest", "z_best", "best_z"),
    *("redshift_best", "z_helio", "zhelio", "z_hel", "z_final", "zfinal", "z_sys", "z_gal", "z_obj", "z_pipe", "zred"),
    *("z_spectroscopic", "spectroscopic_redshift", "redshift_spectroscopic", "z_sp", "z_vi", "z_em", "z_qso", "z_tot"),
    *("z_lit", "z_obs", "z_cmb", "z_cosmo", "z_cl", "z_tonry", "z", "z_noqso"),
)
"""The least ambiguous name first: a table with ``z_spec`` may hold a magnitude called ``z``."""

ID = (
    *("id", "object_id", "objectid", "objid", "obj_id", "targetid", "target_id", "source_id", "sourceid", "sdss_id"),
    *("specobjid", "spec_id", "specid", "catalogid", "apogee_id", "gaia_source_id", "star_id", "starid", "galaxy_id"),
    *("gal_id", "uid", "designation", "objname", "object_name", "name", "srcid", "src_id", "obsid"),
    *("target_name", "targname", "obj_name", "iau_name", "desi_id", "cat_id", "star_name", "object", "target", "star"),
)
RA = (
    *("ra", "raj2000", "ra_j2000", "_raj2000", "ra_icrs", "radeg", "ra_deg", "right_ascension", "target_ra"),
    *("mean_fiber_ra", "plug_ra", "fiber_ra", "ra_targ", "targ_ra", "ra_obj", "raobj", "racat", "alpha_j2000"),
)
DEC = (
    *("dec", "dej2000", "decj2000", "dec_j2000", "_dej2000", "de_icrs", "dec_icrs", "dedeg", "decdeg", "dec_deg"),
    *("declination", "target_dec", "mean_fiber_dec", "plug_dec", "fiber_dec", "dec_targ", "targ_dec", "dec_obj"),
    *("decobj", "deccat", "delta_j2000"),
)
NAMES = {
    "wavelength": (*WAVELENGTH, *LOG_WAVELENGTH, *OTHER_AXES),
    "flux": FLUX,
    "error": (*IVAR, *ERROR, *VARIANCE),
    "mask": (*MASK, *GOOD),
    "redshift": REDSHIFT,
    "id": ID,
    "ra": RA,
    "dec": DEC,
}
"""Role -> names in lower case, the first that a file has counts; underscores do not matter."""

_BANDS = frozenset("ugri")

_MEDIA = {"air": True, "vac": False, "vacuum": False}

_UNIT_BEHIND = re.compile(r"(.+?)\s*[\[(](.*)[\])]")
_UNIT_AFTER_SLASH = re.compile(r"(.+?)\s*[/,]\s*(\S+)")
_MEDIUM_FIRST = re.compile(rf"(air|vac|vacuum)_?({'|'.join(WAVELENGTH)})")
_AXIS_WORDS = re.compile(rf"({'|'.join((*WAVELENGTH, *OTHER_AXES))})((?:_[^_]+)+)")


@dataclass(frozen=True)
class ColumnName:
    """A column's name, taken apart.

    Parameters
    ----------
    base
        In lower case, spaces and dashes as underscores, without unit and medium.
    unit
        What stood behind it in brackets, or as ``_nm``; empty where nothing did.
    in_air
        Whether the name says air (``wavelength_air``) or vacuum; ``None`` where it says neither.
    """

    base: str
    unit: str = ""
    in_air: bool | None = None


@lru_cache(maxsize=4096)
def split_name(name: str) -> ColumnName:
    """``Wavelength (nm)``, ``wave_um`` or ``lambda_air [Angstrom]`` as base, unit and medium."""
    base, unit, in_air = name.strip().lstrip("#").strip(), "", None
    behind = _UNIT_BEHIND.fullmatch(base)
    after = _UNIT_AFTER_SLASH.fullmatch(base)
    if behind:
        base, unit = behind[1], behind[2].strip()
    elif after and spectral_unit(after[2]) is not None:
        base, unit = after[1], after[2]
    base = re.sub(r"[\s.-]+", "_", base.strip().lower())
    medium = _MEDIUM_FIRST.fullmatch(base)
    if medium or base == "awav":
        return ColumnName(medium[2] if medium else base, unit, _MEDIA[medium[1]] if medium else True)
    axis = _AXIS_WORDS.fullmatch(base)
    for word in axis[2].strip("_").split("_") if axis else ():
        if word in _MEDIA:
            in_air = _MEDIA[word]
        elif not unit and spectral_unit(word) is not None:
            unit = word
        else:
            return ColumnName(base, unit, in_air)
    return ColumnName(axis[1] if axis else base, unit, in_air)


def find_column(names: Iterable[str], role: str, hints: FileHints = NO_HINTS, file: str = "The file") -> str | None:
    """The column that plays a role of `NAMES`: the one that the user names, else by the common names.

    Parameters
    ----------
    names
        Names of the columns or arrays, as the file spells them; case, spaces and units in brackets do not matter.
    role
        A key of `NAMES`.
    hints
        Columns that the user names.
    file
        Name of the file, for messages.

    Returns
    -------
    name
        As the file spells it; ``None`` where there is none.

    Raises
    ------
    Refused
        The file lacks the column that the user named.
    """
    spelt = list(names)
    wanted = hints.columns.get(role, "").strip()
    if wanted:
        found = [name for name in spelt if name == wanted] or [n for n in spelt if n.lower() == wanted.lower()]
        if not found:
            raise Refused(
                Reason.FOREIGN,
                f"{file} has no column {wanted!r}, which was named as {role}: it has {', '.join(spelt[:12])}.",
                answer=f"columns.{role}",
                choices=spelt,
            )
        return found[0]
    bases: dict[str, str] = {}
    for name in spelt:
        bases.setdefault(_squashed(name.strip().lower()), name)
    for name in spelt:
        bases.setdefault(_squashed(split_name(name).base), name)
    if role == "redshift" and len(_BANDS.intersection(bases)) > 1 and len(bases.get("z", "")) == 1:
        bases.pop("z", None)  # a magnitude beside those of other bands
    return next((bases[name] for name in _SQUASHED[role] if name in bases), None)


def bad_pixels(name: str, mask: np.ndarray) -> np.ndarray:
    """Which pixels a mask of that name calls bad: those that it marks, or all others where it marks good ones."""
    marked = mask == b"T" if mask.dtype.kind == "S" else mask != 0
    return ~marked if _is_good_mask(name) else marked


def mask_phrase(name: str) -> str:
    """What makes a pixel bad in a mask of that name, for `Understanding`."""
    return "0 is bad" if _is_good_mask(name) else "not 0 is bad"


def _is_good_mask(name: str) -> bool:
    return _squashed(split_name(name).base) in _GOOD


def _squashed(name: str) -> str:
    """Without underscores: ``z_spec`` is ``zspec``, ``fluxErr`` is ``flux_err``."""
    return name.replace("_", "")


_SQUASHED = {role: tuple(map(_squashed, names)) for role, names in NAMES.items()}
_GOOD, _IVAR, _VARIANCE = (frozenset(map(_squashed, names)) for names in (GOOD, IVAR, VARIANCE))

ERROR_KINDS = {"error": "1 sigma", "variance": "variance", "ivar": "inverse variance"}
"""What a column of errors can hold, in words."""


def error_kind(name: str) -> str:
    """``ivar``, ``variance`` or ``error`` (1 sigma), by the name of the column."""
    base = split_name(name).base
    squashed = base.replace("_", "")
    return "ivar" if squashed in _IVAR or "ivar" in base else "variance" if squashed in _VARIANCE else "error"


def is_log_wavelength(name: str) -> bool:
    """Whether the name says that the column holds decimal logarithms of wavelengths."""
    return split_name(name).base in LOG_WAVELENGTH


def redshifts(values: np.ndarray) -> np.ndarray:
    """(n,) float64 of a column of numbers or words; NaN where a cell is not a number, whatever the others are.

    A row without a number is refused later, with the reason ``redshift``; the rest of the column keeps its meaning.
    """
    if not np.ma.isMaskedArray(values) and np.asarray(values).dtype.kind in "fiu":
        return np.asarray(values, dtype=float)
    values = np.ma.filled(np.ma.asarray(values).astype(object), np.nan)
    return np.array([_number(value) for value in values.ravel()], dtype=float)


def _number(value: object) -> float:
    try:
        return float(value.decode() if isinstance(value, bytes) else value)
    except (TypeError, ValueError):
        return float("nan")


@dataclass(frozen=True)
class Ids:
    """Names of n objects.

    Parameters
    ----------
    names
        n strings, as written in the file; they may repeat, then the later ones are refused as duplicates.
    n_filled
        How many were missing and got the name of the file and the number of the row.
    """

    names: tuple[str, ...]
    n_filled: int = 0

    @property
    def assumed(self) -> tuple[str, ...]:
        """The phrase for `Understanding`, where ids were missing."""
        return (f"{self.n_filled} missing ids are file name and row",) if self.n_filled else ()


def identify(values: Sequence[object] | np.ndarray | None, stem: str, n: int, first: int = 0) -> Ids:
    """Ids of n objects to the last digit: as written where there is a column, else the file's name and the row.

    Parameters
    ----------
    values
        Strings or whole numbers; a float column that lost digits is not an id. ``None`` where the file has no ids.
    stem
        The file's name, `Source.stem`.
    n
        Number of objects.
    first
        Number of the first of them, where a file comes in pieces.
    """
    rows = [stem] if (n, first) == (1, 0) else [f"{stem}-{row:05d}" for row in range(first, first + n)]
    if values is None:
        return Ids(tuple(rows))
    written = [_id(value) for value in (values.tolist() if isinstance(values, np.ndarray) else values)]
    names = tuple(name or row for name, row in zip(written, rows, strict=True))
    return Ids(names, sum(not name for name in written))


def _id(value: object) -> str:
    """An id as it is written; empty where it is missing."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if value is None or value is np.ma.masked or (isinstance(value, float) and not np.isfinite(value)):
        return ""
    if isinstance(value, float) and value == int(value):
        value = int(value)
    word = str(value).strip()
    return "" if word.lower() in ("", "nan", "none", "null", "--", "<na>") else word
