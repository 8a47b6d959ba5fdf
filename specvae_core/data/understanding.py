"""What a file was understood as, before anything of it is stored, and what the user says of it.

Nothing enters a survey on a guess: each reader says what it took for wavelength, flux, error, mask, redshift and id, in
which units and medium, what it converted, and what it assumed because neither the file nor the user says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

ROLES = ("wavelength", "flux", "error", "mask", "redshift", "id")
"""What a column can be, in the words of ``--column ROLE=NAME``."""


@dataclass(frozen=True)
class FileHints:
    """The user's word on files: it outranks what a reader finds, and answers what a reader has to ask.

    Parameters
    ----------
    columns
        Name of the column or array that plays a role of `ROLES`.
    wavelength_unit, flux_unit
        As Astropy spells units (``nm``, ``um``, ``Angstrom``, ``Hz``, ``eV``; ``Jy``…); empty where not said.
    medium
        ``air`` or ``vacuum``; empty where not said.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    wavelength_unit: str = ""
    flux_unit: str = ""
    medium: str = ""


NO_HINTS = FileHints()
"""The user has said nothing."""


@dataclass(frozen=True)
class Understanding:
    """What a reader took the spectra of a file for. Names are those in the file; empty where there is none.

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
        What neither the file nor the user says, one phrase each: ``wavelengths in Angstrom``.
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
