"""A surface with a title, what can be done with it, and what it shows."""

import html
from collections.abc import Sequence

import panel as pn
from panel.viewable import Viewable

from .layout import WIDE


def heading(title: str, note: str = "") -> str:
    """A title as HTML, with a note in grey beside it.

    Parameters
    ----------
    title
        Plain text; it is escaped.
    note
        HTML; text that came from a file is escaped by the caller.
    """
    return f'<span class="card-title">{html.escape(title)}</span>' + f' <span class="muted">{note}</span>' * bool(note)


class Card(pn.Column):
    """One card.

    Parameters
    ----------
    title
        Plain text; empty where the body says what it is.
    *body
        What it shows, from top to bottom.
    note
        HTML beside the title; see `heading`.
    actions
        Stand to the right of the title.
    css_classes
        Beside the class ``card``.
    **params
        Where it does not take its height from its body: how large it is.
    """

    def __init__(
        self,
        title: str,
        *body: Viewable,
        note: str = "",
        actions: Sequence[Viewable] = (),
        css_classes: Sequence[str] = (),
        **params: object,
    ) -> None:
        self._heading = pn.pane.HTML(
            heading(title, note), css_classes=["heading", *(["grow"] if actions else [])], **WIDE
        )
        row = pn.Row(self._heading, *actions, css_classes=["bar-row"], **WIDE)
        head = row if actions else self._heading
        super().__init__(head, *body, css_classes=["card", *css_classes], **WIDE | params)

    @property
    def head(self) -> str:
        """Title and note, HTML."""
        return self._heading.object

    def entitle(self, title: str, note: str = "") -> None:
        """Change title and note."""
        text = heading(title, note)
        if self._heading.object != text:
            self._heading.object = text
