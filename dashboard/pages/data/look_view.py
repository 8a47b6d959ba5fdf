"""What files were understood as, before they are ingested: kinds, questions, example spectra."""

import html
from collections.abc import Mapping

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.widgets.card import Card
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.unit_question import question_of

from .example_plot import HEIGHT, example_figure
from .kind_table import counts_html, counts_pixels, kind_html

KINDS = 4
"""Kinds of files that are shown; the others are counted."""


class LookView(Viewer):
    """The answer of a look."""

    def __init__(self, theme: str) -> None:
        super().__init__()
        self._theme, self._seen = theme, None
        self._parts = pn.Column(css_classes=["look"], **FULL)
        self.card = Card("What the files hold", self._parts, visible=False, **FULL)

    @property
    def text(self) -> str:
        """All that it says, HTML."""
        return " ".join(pane.object for pane in self._parts.select(pn.pane.HTML))

    def wait(self) -> None:
        """Say that the files are being looked at."""
        self._show([_line("Looking at the files…", "muted")])

    def fail(self, sentence: str) -> None:
        """Say why they could not be looked at."""
        self._show([_line(sentence, "muted")])

    def show(self, seen: Mapping | None) -> None:
        """Show what `look` saw; nothing for ``None``."""
        self._seen = seen
        if seen is None:
            self.card.visible = False
            return
        parts: list[Viewable] = [_line(_counted(seen), "muted")]
        parts += [_line(_refusal(entry), "look-question" if entry["answer"] else "muted") for entry in seen["refused"]]
        parts += [_line(_vectors(found), "look-vectors") for found in seen["vectors"]]
        for kind in seen["kinds"][:KINDS]:
            parts.append(self._kind(kind))
        if len(seen["kinds"]) > KINDS:
            parts.append(_line(f"and {len(seen['kinds']) - KINDS} more kinds", "muted"))
        self._show(parts)

    def dress(self, theme: str) -> None:
        """Draw in another theme."""
        self._theme = theme
        if self._seen is not None:
            self.show(self._seen)

    def _kind(self, kind: Mapping) -> Viewable:
        """What was taken for what, and beside it the examples."""
        text = kind_html(kind, kind["objects"], "object") + counts_html(kind["with"], kind["objects"])
        plots = [
            pn.pane.Bokeh(example_figure(example, self._theme, counted=counts_pixels(kind)), height=HEIGHT, **WIDE)
            for example in kind["examples"]
            if len(example["wavelength"]) > 1
        ]
        return pn.Row(pn.pane.HTML(text, width=400), pn.Column(*plots, **WIDE), css_classes=["look-kind"], **WIDE)

    def _show(self, parts: list[Viewable]) -> None:
        self._parts.objects = parts
        self.card.visible = True

    def __panel__(self) -> Viewable:
        return self.card


def _line(text: str, css: str) -> pn.pane.HTML:
    return pn.pane.HTML(html.escape(text), css_classes=[css], **WIDE)


def _counted(seen: Mapping) -> str:
    files = f"{seen['files']:,} file{'s' if seen['files'] != 1 else ''}"
    return f"{files}, a sample of {seen['read']:,} was read." if seen["sampled"] else f"{files}."


def _vectors(found: Mapping) -> str:
    """What was taken for vectors, and for ids."""
    ids = f"ids from column {found['id_column']}" if found["id_column"] else "no ids"
    others = f"; beside them {', '.join(found['table'][:8])}" if found["table"] else ""
    return f"{found['file']}: vectors of {found['dimensions']:,} components from {found['column']}, {ids}{others}."


def _refusal(entry: Mapping) -> str:
    """A question or a refusal, with how often it came."""
    count = f"{entry['count']:,} × " if entry["count"] > 1 else ""
    return f"{count}{question_of(entry['message'])}"
