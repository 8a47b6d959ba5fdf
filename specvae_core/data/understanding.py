"""Interpretation of a file before anything of it is stored, and the hints of the user.

Nothing enters a survey on a guess: each reader reports what it took for wavelength, flux, error, mask, redshift and id,
in which units and medium, what it converted, and what it assumed because neither the file nor the user states it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatch

from ..errors import BadConfig

ROLES = ("wavelength", "flux", "error", "mask", "redshift", "id")
"""What a column can be, in the words of ``--column ROLE=NAME``."""

MEDIA = ("air", "vacuum")
"""What wavelengths can be in."""

ARMS = ("join", "keep")
"""What becomes of the arms of a spectrograph: one spectrum, or one object each."""


@dataclass(frozen=True)
class FileHints:
    """Hints of the user on files: they outrank what a reader finds, and answer what a reader has to ask.

    Parameters
    ----------
    columns
        Name of the column or array that plays a role of `ROLES`.
    wavelength_unit, flux_unit
        As Astropy spells units (``nm``, ``um``, ``Angstrom``, ``Hz``, ``eV``; ``Jy``…); empty where not given. The unit
        ``pixel`` states that pixels carry no wavelength: images, and cubes of unknown bands.
    medium
        ``air`` or ``vacuum``; empty where not given.
    files
        Which files the hints apply to: patterns of file names with commas between them (``nm_*.csv``); all files
        where empty.
    arms
        ``keep`` where the arms of a spectrograph are to be objects of their own; joined otherwise.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    wavelength_unit: str = ""
    flux_unit: str = ""
    medium: str = ""
    files: str = ""
    arms: str = ""

    def __post_init__(self) -> None:
        unknown = next((role for role in self.columns if role not in ROLES), None)
        if unknown is not None:
            raise BadConfig(f"A column cannot be {unknown!r}: {', '.join(ROLES)} are known, as in wavelength=WAVE.")
        if self.medium not in ("", *MEDIA):
            raise BadConfig(f"Wavelengths cannot be in {self.medium!r}: air or vacuum was expected.")
        if self.arms not in ("", *ARMS):
            raise BadConfig(f"Arms cannot be treated as {self.arms!r}: join or keep was expected.")

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> "FileHints":
        """Hints by name, as `to_json` gives them."""
        known = [item.name for item in fields(cls)]
        unknown = next((name for name in mapping if name not in known), None)
        if unknown is not None:
            raise BadConfig(f"There is no hint {unknown!r}: {', '.join(known)} are known.")
        words = {name: str(value).strip() for name, value in mapping.items() if name != "columns"}
        columns = {role: str(name).strip() for role, name in dict(mapping.get("columns", {})).items() if name}
        return cls(columns, **words)

    def of(self, name: str) -> "FileHints":
        """The hints that apply to the file of that name: all of them, or none."""
        patterns = [pattern.strip() for pattern in self.files.split(",") if pattern.strip()]
        return self if not patterns or any(fnmatch(name, pattern) for pattern in patterns) else NO_HINTS

    @property
    def no_wavelengths(self) -> bool:
        """Whether the user states that pixels carry no wavelength."""
        return self.wavelength_unit.lower() in ("pixel", "pixels", "pix")

    def to_json(self) -> dict[str, object]:
        """Hints by name; those not given are left out."""
        words = {name: value for name, value in vars(self).items() if value and name != "columns"}
        return words | ({"columns": dict(self.columns)} if self.columns else {})


NO_HINTS = FileHints()
"""No hints."""


@dataclass(frozen=True)
class Understanding:
    """Interpretation of the spectra of a file by its reader. Names are those in the file; empty where there is none.

    Parameters
    ----------
    reader
        The format, as a user calls it: ``SDSS spec``, ``DESI coadd``, ``text table``.
    wavelength, wavelength_unit, medium
        Where the axis comes from (``column WAVE``, ``WCS of HDU 0``), its unit as stored, ``vacuum`` or ``air`` as
        stored.
    flux, flux_unit
        Where the flux comes from, and its unit as stored.
    error
        Where the errors come from and of which kind: ``column IVAR (inverse variance)``.
    mask
        Which pixels count as bad: ``column AND_MASK, bits 0x3f00``.
    redshift, id, position
        Where redshift, id and sky position come from.
    converted
        What was converted on reading, one phrase each: ``nm to Angstrom``, ``air to vacuum``, ``f_nu to f_lambda``.
    assumed
        What neither the file nor the user states, one phrase each: ``wavelengths in Angstrom``.
    """

    reader: str
    wavelength: str = ""
    wavelength_unit: str = ""
    medium: str = ""
    flux: str = ""
    flux_unit: str = ""
    error: str = ""
    mask: str = ""
    redshift: str = ""
    id: str = ""
    position: str = ""
    converted: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
