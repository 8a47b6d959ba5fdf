"""What the user says of files: units, medium, columns, and of which files."""

import re
from collections.abc import Callable, Mapping

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine
from specvae_core.data.readers.axis import read_hints
from specvae_core.data.understanding import MEDIA, ROLES
from specvae_core.errors import BadConfig

AS_IN_FILES = "as in the files"
_PAIR = re.compile(r"(\w+)\s*=\s*(.+?)(?=[\s,]+\w+\s*=|$)")
UNITS = ("Angstrom", "nm", "um", "Hz", "eV", "1/cm")


class HintFields(Viewer):
    """Fields for `FileHints`; what is left alone is as in the files.

    Parameters
    ----------
    on_change
        Called after every change.
    """

    def __init__(self, on_change: Callable[[], object], guard: Guard) -> None:
        super().__init__()
        self._on_change, self._writing = on_change, False
        self.unit = pn.widgets.Select(
            label="Wavelength unit", options=[AS_IN_FILES, *UNITS], css_classes=["hint-unit"], **WIDE
        )
        self.medium = pn.widgets.Select(
            label="Wavelengths in", options=[AS_IN_FILES, *MEDIA], css_classes=["hint-medium"], **WIDE
        )
        self.flux_unit = pn.widgets.TextInput(
            label="Flux unit", placeholder=AS_IN_FILES, css_classes=["hint-flux-unit"], **WIDE
        )
        self.columns = pn.widgets.TextInput(
            label="Columns",
            placeholder=AS_IN_FILES,
            description=f"Which column is what: {', '.join(ROLES)}, as in wavelength=W flux=F error=E.",
            css_classes=["hint-columns"],
            **WIDE,
        )
        self.files = pn.widgets.TextInput(
            label="Said of",
            placeholder="all files",
            description="Patterns of file names with commas between them, as nm_*.csv.",
            css_classes=["hint-files"],
            **WIDE,
        )
        self.error = ErrorLine()
        for field in (self.unit, self.medium, self.flux_unit, self.columns, self.files):
            field.param.watch(guard(lambda event: self._changed()), "value")
        self._layout = pn.Column(
            pn.Row(self.unit, self.medium, css_classes=["grid-row"], **WIDE),
            pn.Row(self.flux_unit, self.files, css_classes=["grid-row"], **WIDE),
            self.columns,
            self.error,
            css_classes=["hints"],
            **WIDE,
        )

    def hints(self) -> dict[str, object]:
        """What was said, as `FileHints.from_mapping` takes it.

        Raises
        ------
        BadConfig
            A column, unit or medium that does not exist.
        """
        words = {"wavelength_unit": self.unit.value, "medium": self.medium.value}
        words = {name: value for name, value in words.items() if value != AS_IN_FILES}
        words |= {"flux_unit": self.flux_unit.value, "files": self.files.value}
        return read_hints(words | {"columns": _columns(self.columns.value)}).to_json()

    def fill(self, seen: Mapping) -> None:
        """Show what was understood as what stands in empty fields, and of which files a question is."""
        kinds = seen["kinds"]
        self.columns.placeholder = _understood(kinds[0]) if kinds else AS_IN_FILES
        self.flux_unit.placeholder = (kinds[0].get("flux_unit") if kinds else "") or AS_IN_FILES
        question = next((entry for entry in seen["refused"] if entry["answer"]), None)
        if question is not None and kinds and not self.hints():
            self._write(files=",".join(question["groups"]))

    def clear(self) -> None:
        """Say nothing."""
        self._write(unit=AS_IN_FILES, medium=AS_IN_FILES, flux_unit="", columns="", files="")
        self.error.show("")

    def _write(self, **values: str) -> None:
        self._writing = True
        for name, value in values.items():
            getattr(self, name).value = value
        self._writing = False

    def _changed(self) -> None:
        if self._writing:
            return
        try:
            self.hints()
        except BadConfig as error:
            self.error.show(str(error))
            return
        self.error.show("")
        self._on_change()

    def __panel__(self) -> Viewable:
        return self._layout


def _columns(text: str) -> dict[str, str]:
    """``wavelength=W, flux=F`` as a mapping; names may hold spaces."""
    pairs = _PAIR.findall(text)
    if text.strip() and not pairs:
        raise BadConfig(f"{text.strip()!r} is not of the form role=name: as in flux=FLUX_CAL was expected.")
    return {role: name.strip(" ,") for role, name in pairs}


def _understood(kind: Mapping) -> str:
    """The columns of a kind, in the words of the field."""
    stated = {role: str(kind.get(role, "")) for role in ROLES}
    named = {role: text for role, text in stated.items() if text.startswith("column ")}
    words = [
        f"{role}={text.removeprefix('column ').rpartition(' (')[0] or text.removeprefix('column ')}"
        for role, text in named.items()
    ]
    return ", ".join(words) or AS_IN_FILES
