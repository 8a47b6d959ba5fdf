"""Pins: objects whose spectra stay behind those of others."""

import html

import panel as pn

from dashboard.page import Session
from dashboard.plots.spectrum_marks import PIN_COLOURS
from dashboard.theme import hint
from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import UserError
from specvae_core.grid import Grid

from ..layout import WIDE


class PinTool:
    """Buttons, and the pinned ids, which are in the session's state."""

    def __init__(self, session: Session) -> None:
        self.session = session
        guard = session.guard
        pin = pn.widgets.Button(label="Pin", css_classes=["pill", "small"], description=hint("Keep it behind others"))
        self.selected = pn.widgets.Button(label="Pin selected", css_classes=["pill", "small"])
        clear = pn.widgets.Button(label="Unpin all", css_classes=["pill", "small"])
        pin.on_click(guard(lambda _: self._add([session.state.picked])))
        self.selected.on_click(guard(lambda _: self._add(self._selected())))
        clear.on_click(guard(lambda _: session.state.param.update(pins=[])))
        self.words = pn.pane.HTML("", css_classes=["tool-words"], **WIDE)
        self.rows = pn.Row(pin, self.selected, clear, css_classes=["bar-row"], **WIDE), self.words

    def refresh(self) -> None:
        """Name the pins in their colours."""
        keys = zip(self.session.state.pins, PIN_COLOURS, strict=False)
        self.words.object = "<br>".join(
            f'<i class="key" style="border-color:{colour}"></i>{html.escape(name)}' for name, colour in keys
        )

    def spectra(self, grid: Grid) -> list[SpectraSet]:
        """Spectra of the pins that the survey has, one row each; none where it lies on another grid."""
        state = self.session.state
        if not (state.pins and state.survey_id):
            return []
        survey = self.session.workspace.survey(state.survey_id)
        if not survey.grid.matches(grid):
            return []
        rows = survey.index.rows_of(state.pins[: len(PIN_COLOURS)])
        return [survey.row(int(row)) for row in rows if row >= 0]

    def _selected(self) -> list[str]:
        state = self.session.state
        if not len(state.selection):
            raise UserError("Nothing is selected: drag around objects in the map, or write a filter above it.")
        survey = self.session.workspace.survey(state.survey_id)
        return list(survey.index.ids_of(state.selection[: len(PIN_COLOURS)]))

    def _add(self, names: list[str]) -> None:
        """Pin objects, the latest that there are colours for."""
        state = self.session.state
        state.pins = list(dict.fromkeys([*state.pins, *filter(None, names)]))[-len(PIN_COLOURS) :]
