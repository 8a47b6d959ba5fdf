"""What stands where there is nothing to show yet: what it would be, and the button that helps."""

from collections.abc import Callable

import panel as pn

from .layout import FULL, WIDE


class EmptyState(pn.Column):
    """A heading, a sentence and, where something can be done here, a button.

    Parameters
    ----------
    head, text
        HTML; text that came from a file is escaped by the caller.
    button
        Label of the button; empty for none.
    act
        Called without arguments by the button.
    below
        What stands beneath them.
    css_classes
        Beside the class ``empty``.
    """

    def __init__(
        self,
        head: str = "",
        text: str = "",
        button: str = "",
        act: Callable[[], object] | None = None,
        *,
        below: tuple[pn.viewable.Viewable, ...] = (),
        css_classes: tuple[str, ...] = (),
        **params: object,
    ) -> None:
        self._words = pn.pane.HTML("", **WIDE)
        self.button = pn.widgets.Button(label=button, css_classes=["primary"], align="center", visible=bool(button))
        self._act = act
        self.button.on_click(lambda _: self._act and self._act())
        super().__init__(self._words, self.button, *below, css_classes=[*css_classes, "empty"], **FULL | params)
        self.show(head, text, button, act)

    @property
    def text(self) -> str:
        """Heading and sentence, HTML."""
        return self._words.object

    def show(self, head: str, text: str, button: str = "", act: Callable[[], object] | None = None) -> None:
        """Change heading, sentence and button; arguments as those of the class."""
        self._act = act
        content = f"<h2>{head}</h2>" * bool(head) + f"<p>{text}</p>" * bool(text)
        content = f'<div class="empty-state">{content}</div>'
        if content != self._words.object:
            self._words.object = content
        if (button, bool(button)) != (self.button.label, self.button.visible):
            self.button.param.update(label=button, visible=bool(button))
