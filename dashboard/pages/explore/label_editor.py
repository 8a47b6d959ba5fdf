"""What people say of the picked object: label, note, tags; kept in the workspace at once."""

import panel as pn

from dashboard.theme import hint
from specvae_core.annotations import MARKS, Annotation

from .view import MapView

_NONE = -1


class LabelEditor:
    """Two rows of the object's card. Each session takes back its own changes."""

    def __init__(self, view: MapView) -> None:
        self.view = view
        self._shown: tuple[str, str] | None = None
        guard = view.session.guard
        self._label = pn.widgets.RadioButtonGroup(
            options={"–": _NONE, **{str(mark): mark for mark in MARKS}}, value=_NONE, css_classes=["labels"]
        )
        self._note = pn.widgets.TextInput(placeholder="note", css_classes=["said"], sizing_mode="stretch_width")
        self._tags = pn.widgets.TextInput(placeholder="tags, …", css_classes=["said"], sizing_mode="stretch_width")
        undo = pn.widgets.Button(label="↶", css_classes=["pill", "icon"], description=hint("Take back (u)"))
        self._label.param.watch(
            guard(lambda event: self._change(mark=None if event.new == _NONE else event.new)), "value"
        )
        self._note.param.watch(guard(lambda event: self._change(note=event.new.strip())), "value")
        self._tags.param.watch(guard(lambda event: self._change(tags=_split(event.new))), "value")
        undo.on_click(guard(lambda _: self.undo()))
        self.rows = (
            pn.Row(self._label, undo, css_classes=["bar-row"], sizing_mode="stretch_width"),
            pn.Row(self._note, self._tags, css_classes=["bar-row"], sizing_mode="stretch_width"),
        )

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, ``map`` or ``columns``."""
        if changed & {"map", "picked", "columns"}:
            state = self.view.session.state
            self._show(self.view.session.workspace.annotations.get(state.survey_id, state.picked))

    def press(self, label: int) -> None:
        """Give the picked object a label."""
        self._label.value = label

    def undo(self) -> None:
        """Take back this session's last change, and show the object that it was made to."""
        session = self.view.session
        change = session.workspace.annotations.undo(self.view.author)
        if change.survey == session.state.survey_id and self.view.map.index.row_of(change.object) is not None:
            session.state.picked = change.object
            self._show(change.annotation)
        session.notify(f"{change.object} has {_named(change.annotation)} again.")

    def _show(self, annotation: Annotation) -> None:
        state = self.view.session.state
        self._shown = None  # what is shown now is no change
        self._label.value = _NONE if annotation.mark is None else annotation.mark
        self._note.value, self._tags.value = annotation.note, ", ".join(annotation.tags)
        self._shown = (state.survey_id, state.picked)

    def _change(self, **fields: object) -> None:
        if self._shown is not None and self._shown[1]:
            self.view.session.workspace.annotations.change(*self._shown, self.view.author, **fields)


def _split(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (tag.strip() for tag in text.split(",")))))


def _named(annotation: Annotation) -> str:
    words = [] if annotation.mark is None else [f"the label {annotation.mark}"]
    words += [f"the note “{annotation.note}”"] if annotation.note else []
    words += [f"the tags {', '.join(annotation.tags)}"] if annotation.tags else []
    return " and ".join(words) or "no label"
