"""Remarks on places in a spectrum, kept with the annotation of the object."""

import html

import panel as pn

from specvae_core.annotation_record import Feature
from specvae_core.errors import UserError

from ..layout import WIDE
from .subject import Subject


class RemarkTool:
    """A field for a remark on the marked place, and one's own remarks."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.note = pn.widgets.TextInput(placeholder="remark at the place", css_classes=["annotation"], **WIDE)
        self.note.param.watch(subject.session.guard(lambda event: self._add(event.new.strip())), "value")
        self.mine = pn.Column(css_classes=["tool-words"], **WIDE)
        self.rows = self.note, self.mine

    def refresh(self) -> None:
        """Show one's own remarks."""
        self.note.visible = self.mine.visible = bool(self.subject.object_id)
        self.mine.objects = [self._row(feature) for feature in self.subject.mine.features]

    def _add(self, words: str) -> None:
        if not words:
            return
        if self.subject.place is None:
            raise UserError("Click in the spectrum first, where the remark belongs.")
        said, feature = self.subject.mine.features, Feature(round(self.subject.place, 2), words)
        self.note.value = ""
        if feature in said:  # the field says so at Enter, and once more when it is left
            return
        features = sorted((*said, feature), key=lambda one: one.wavelength)
        self.subject.annotate(features=tuple(features))

    def _row(self, feature: Feature) -> pn.Row:
        delete = pn.widgets.Button(label="×", css_classes=["pill", "icon", "small"])
        left = tuple(one for one in self.subject.mine.features if one != feature)
        delete.on_click(self.subject.session.guard(lambda _: self.subject.annotate(features=left)))
        words = pn.pane.HTML(html.escape(str(feature)), css_classes=["grow"], **WIDE)
        return pn.Row(words, delete, css_classes=["bar-row"], **WIDE)
