"""Annotation of the picked object: mark, note, tags; kept in the workspace at once."""

import html

import panel as pn

from dashboard.theme import hint
from dashboard.widgets.spectrum_tools.undo import in_words, undo_annotation
from specvae_core.annotation_record import Annotation
from specvae_core.annotations import MARKS
from specvae_core.errors import UserError

from .view import MapView

_NONE = -1


class AnnotationEditor:
    """Two rows of the object's card. Undo takes back changes of this session only."""

    def __init__(self, view: MapView) -> None:
        self.view = view
        self._shown: tuple[str, str] | None = None
        guard = view.session.guard
        self.mark = pn.widgets.RadioButtonGroup(
            options={"–": _NONE, **{str(mark): mark for mark in MARKS}}, value=_NONE, css_classes=["marks"]
        )
        self.note = pn.widgets.TextInput(placeholder="note", css_classes=["annotation"], sizing_mode="stretch_width")
        self.tags = pn.widgets.TextInput(placeholder="tags, …", css_classes=["annotation"], sizing_mode="stretch_width")
        undo = pn.widgets.Button(label="↶", css_classes=["pill", "icon"], description=hint("Undo (u)"))
        self.mark.param.watch(
            guard(lambda event: self._change(mark=None if event.new == _NONE else event.new)), "value"
        )
        self.note.param.watch(guard(lambda event: self._change(note=event.new.strip())), "value")
        self.tags.param.watch(guard(lambda event: self._change(tags=_split(event.new))), "value")
        undo.on_click(guard(lambda _: self.undo()))
        self.others = pn.pane.HTML("", css_classes=["others-say"], visible=False, sizing_mode="stretch_width")
        self.rows = (
            pn.Row(self.mark, undo, css_classes=["bar-row"], sizing_mode="stretch_width"),
            pn.Row(self.note, self.tags, css_classes=["bar-row"], sizing_mode="stretch_width"),
            self.others,
        )

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, ``map`` or ``columns``."""
        if changed & {"map", "picked", "columns", "author"}:
            self._show(self._picked())
            self._show_others()

    def _picked(self) -> Annotation:
        """The annotation of the picked object; where it is damaged, a notice says so."""
        session = self.view.session
        try:
            return session.annotation(session.state.picked)
        except UserError as error:
            session.warn_once(str(error))
            return Annotation()

    def press(self, mark: int) -> None:
        """Give the picked object a mark."""
        self.mark.value = mark

    def undo(self) -> None:
        """Undo the last change of this session, and show its object."""
        undo_annotation(self.view.session)
        self._show(self._picked())

    def _show(self, annotation: Annotation) -> None:
        state = self.view.session.state
        self._shown = None  # what is shown now is no change
        self.mark.value = _NONE if annotation.mark is None else annotation.mark
        self.note.value, self.tags.value = annotation.note, ", ".join(annotation.tags)
        self._shown = (state.survey_id, state.picked)

    def _show_others(self) -> None:
        """What other people say of the object."""
        state = self.view.session.state
        try:
            said = self.view.session.workspace.annotations.by_author(state.survey_id, state.picked)
        except UserError:  # which the notice of `_picked` says
            said = {}
        others = [(name, found[state.picked]) for name, found in said.items() if name != state.author and found]
        self.others.visible = bool(others)
        self.others.object = "; ".join(
            f"<b>{html.escape(name or 'unnamed')}</b>: {html.escape(in_words(one))}" for name, one in others
        )

    def _change(self, **fields: object) -> None:
        if self._shown is not None and self._shown[1]:
            self.view.session.annotate(self._shown[1], **fields)


def _split(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (tag.strip() for tag in text.split(",")))))
