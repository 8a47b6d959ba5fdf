"""What a user can say of files on the command line: columns, units, medium, arms."""

import argparse

from ..data.understanding import ARMS, MEDIA, ROLES, FileHints
from ..errors import BadConfig


def add_hints(made: argparse.ArgumentParser) -> None:
    """Options ``--column``, ``--wavelength-unit``, ``--flux-unit``, ``--medium``, ``--arms`` and ``--hints-for``."""
    made.add_argument(
        "--column",
        nargs="+",
        action="extend",
        default=[],
        metavar="ROLE=NAME",
        help=f"which column or array is what: {', '.join(ROLES)}, as in wavelength=W flux=F error=E",
    )
    made.add_argument(
        "--wavelength-unit",
        default="",
        metavar="UNIT",
        help="angstrom, nm, um, Hz, eV, 1/cm…, or pixel: pixels carry no wavelength",
    )
    made.add_argument("--flux-unit", default="", metavar="UNIT", help="Jy, mJy, erg/s/cm2/A…")
    made.add_argument("--medium", default="", choices=MEDIA, help="whether wavelengths are in air or in vacuum")
    made.add_argument(
        "--arms", default="", choices=ARMS, help="join the arms of a spectrograph, or keep each as an object of its own"
    )
    made.add_argument(
        "--hints-for", default="", metavar="PATTERN", help="files whose columns, units and medium these are: nm_*.csv"
    )


def given_hints(options: argparse.Namespace) -> FileHints:
    """The hints that were given.

    Raises
    ------
    BadConfig
        A column is not of the form ``role=name``, or its role is unknown.
    """
    columns = {}
    for text in options.column:
        role, sign, name = text.partition("=")
        if not sign or not name.strip():
            raise BadConfig(f"--column {text!r} is not of the form ROLE=NAME: as in flux=FLUX_CAL was expected.")
        columns[role.strip().lower()] = name.strip()
    return FileHints(
        columns=columns,
        wavelength_unit=options.wavelength_unit,
        flux_unit=options.flux_unit,
        medium=options.medium,
        arms=options.arms,
        files=options.hints_for,
    )
