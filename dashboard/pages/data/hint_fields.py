"""What the user says of files: units, medium, columns, and of which files."""

import re
from collections.abc import Callable, Mapping

import panel as pn

from dashboard.page import Guard
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine
from dashboard.widgets.unit_question import AS_IN_FILES, UNITS, UnitQuestion
from specvae_core.data.readers.axis import PIXEL, read_hints
from specvae_core.data.understanding import ROLES
from specvae_core.errors import BadConfig

from .fields import Fields

JOINED, KEPT = "joined to one spectrum", "kept as objects of their own"
NO_ANSWER = "choose a column…"
_PAIR = re.compile(r"(\w+)\s*=\s*(.+?)(?=[\s,]+\w+\s*=|$)")


class HintFields(Fields):
    """Fields for `FileHints`; what is left alone is as in the files.

    ``arms`` and ``columns``, which are rarely used, are placed by the form.

    Parameters
    ----------
    on_change
        Called after every change.
    """

    def __init__(self, on_change: Callable[[], object], guard: Guard) -> None:
        super().__init__()
        self._on_change, self._writing = on_change, False
        self.question = UnitQuestion(self._changed, guard, (*UNITS, PIXEL))
        self.arms = pn.widgets.Select(
            label="Arms of a spectrograph", options={JOINED: "", KEPT: "keep"}, css_classes=["hint-arms"], **WIDE
        )
        self.asked = pn.widgets.Select(options={NO_ANSWER: ""}, css_classes=["hint-asked"], visible=False, **WIDE)
        self._asked_role = ""
        self.ids = pn.widgets.Select(
            label="Column of the ids", options={AS_IN_FILES: ""}, css_classes=["hint-ids"], visible=False, **WIDE
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
            label="Applies to",
            placeholder="all files",
            description="Patterns of file names separated by commas, for example nm_*.csv.",
            css_classes=["hint-files"],
            **WIDE,
        )
        self.error = ErrorLine()
        for field in (self.asked, self.ids, self.arms, self.flux_unit, self.columns, self.files):
            field.param.watch(guard(lambda event: self._changed()), "value")
        self._layout = pn.Column(
            self.question,
            self.asked,
            self.ids,
            pn.Row(self.flux_unit, self.files, css_classes=["grid-row"], **WIDE),
            self.error,
            css_classes=["hints"],
            **WIDE,
        )

    def hints(self) -> dict[str, object]:
        """The filled fields, as `FileHints.from_mapping` takes them.

        Raises
        ------
        BadConfig
            A column, unit or medium that does not exist.
        """
        words = {"flux_unit": self.flux_unit.value, "files": self.files.value, "arms": self.arms.value}
        words |= self.question.hints()
        chosen = {self._asked_role: self.asked.value, "id": self.ids.value}
        columns = {role: name for role, name in chosen.items() if name} | _columns(self.columns.value)
        return read_hints(words | {"columns": columns}).to_json()

    def fill(self, seen: Mapping) -> None:
        """Show what was understood as what stands in empty fields, and of which files a question is."""
        kinds = seen["kinds"]
        self.columns.placeholder = _understood(kinds[0]) if kinds else AS_IN_FILES
        self.flux_unit.placeholder = (kinds[0].get("flux_unit") if kinds else "") or AS_IN_FILES
        question = next((entry for entry in seen["refused"] if entry["answer"]), None)
        if not seen["vectors"] and not seen["catalogues"]:
            self._ask(question)
        _offer(self.ids, AS_IN_FILES, seen["id_columns"] if kinds else [])
        if question is not None and kinds and not self.hints():
            self._write(files=",".join(question["groups"]))

    def clear(self) -> None:
        """Empty all fields."""
        self.question.clear()
        self._write(arms="", flux_unit="", columns="", files="", asked="", ids="")
        self._ask(None)
        self.error.show("")

    def _ask(self, question: Mapping | None) -> None:
        """Offer the columns that may answer a question; one that was answered stays."""
        if self.asked.value:
            return
        role, _, name = question["answer"].partition(".") if question else ("", "", "")
        self._asked_role = name if role == "columns" else ""
        self.asked.label = f"Column of the {self._asked_role}"
        _offer(self.asked, NO_ANSWER, question["choices"] if self._asked_role else [])

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


def _offer(select: pn.widgets.Select, none: str, names: list[str]) -> None:
    """Offer columns, the chosen one and none at all; hidden where there are none."""
    options = {none: "", **{name: name for name in [*filter(None, [select.value]), *names]}}
    if options != select.options:
        select.options = options
    select.visible = len(options) > 1


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
