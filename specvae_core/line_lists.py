"""Lists of spectral lines of the user's own: CSV files in the folder ``lines`` of the workspace."""

import csv
import io
import math
from pathlib import Path

from .atomic import write_with
from .errors import NotFound, UserError
from .lines import Line, air_to_vacuum
from .names import checked

LARGEST = 1_000_000
"""Bytes of a list."""

MOST = 2000
"""Lines of a list."""

_WAVELENGTHS = ("wavelength", "wavelength_vacuum", "wavelength_air")
_RANGE = (10.0, 1e7)


class LineLists:
    """The lists of a workspace, by name.

    Parameters
    ----------
    folder
        Holds one CSV file for each.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """Names of the lists."""
        return sorted(path.stem for path in self.folder.glob("*.csv") if not path.name.startswith("."))

    def get(self, name: str) -> tuple[Line, ...]:
        """A list by name."""
        path = self.folder / f"{checked(name, 'list of lines')}.csv"
        try:
            if path.stat().st_size > LARGEST:
                raise UserError(_TOO_LARGE)
            return read_lines(path.read_bytes())
        except FileNotFoundError:
            known = ", ".join(self.names()) or "none yet"
            raise NotFound(f"There is no list of lines {name}: this workspace has {known}.") from None

    def keep(self, name: str, content: bytes) -> tuple[Line, ...]:
        """Keep a list; one of the same name is replaced."""
        path = self.folder / f"{checked(name, 'list of lines')}.csv"
        lines = read_lines(content)
        self.folder.mkdir(exist_ok=True)
        write_with(path, lambda new: new.write_bytes(content))
        return lines


def read_lines(content: bytes) -> tuple[Line, ...]:
    """The lines of a CSV file with columns ``name`` and ``wavelength`` (Angstrom, vacuum) or ``wavelength_air``.

    Raises
    ------
    UserError
        It is no such file, is too large, or a wavelength is none.

    Examples
    --------
    >>> read_lines(b"name,wavelength\\nLya,1215.67\\n")[0].wavelength
    1215.67
    """
    if len(content) > LARGEST:
        raise UserError(_TOO_LARGE)
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        heads = {str(name).strip().lower(): name for name in rows.fieldnames or ()}
        column = next((name for name in _WAVELENGTHS if name in heads), None)
        if column is None or "name" not in heads:
            raise UserError(
                f"A list of lines is a CSV file with the columns name and wavelength (in Angstrom, vacuum) or "
                f"wavelength_air; the columns here are {', '.join(heads) or 'none'}."
            )
        found = [_line(row[heads["name"]], row[heads[column]], column, number) for number, row in enumerate(rows, 2)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"The list of lines cannot be read as a CSV file in UTF-8 ({error}).") from None
    if not 0 < len(found) <= MOST:
        raise UserError(f"The list has {len(found):,} lines: 1 to {MOST:,} were expected.")
    return tuple(found)


def _line(name: str | None, text: str | None, column: str, number: int) -> Line:
    try:
        wavelength = float(text or "")
    except ValueError:
        wavelength = math.nan
    if not _RANGE[0] <= wavelength <= _RANGE[1]:
        raise UserError(
            f"Row {number} of the list has the wavelength {text!r}: 10 to 10,000,000 Angstrom were expected."
        )
    if column == "wavelength_air":
        wavelength = float(air_to_vacuum(wavelength))
    label = (name or "").strip()[:24] or f"{wavelength:.0f}"
    return Line(label, label, wavelength, True)


_TOO_LARGE = f"The list of lines is larger than {LARGEST / 1e6:.0f} MB: give the lines that you need."
