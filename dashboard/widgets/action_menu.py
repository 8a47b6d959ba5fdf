"""Rare actions behind one control."""

from collections.abc import Callable, Mapping

import panel as pn


class ActionMenu(pn.widgets.Select):
    """Does what is chosen, and stands at its title again.

    The browser's own list: it is never cut off by a card, and the keyboard reaches it.

    Parameters
    ----------
    title
        What the control says, and its name for screen readers.
    actions
        What can be chosen, and what is then done.
    """

    def __init__(self, title: str, actions: Mapping[str, Callable[[], object]]) -> None:
        self._actions = actions
        super().__init__(label=title, options={title: "", **{name: name for name in actions}}, value="")
        self.css_classes = ["picker", "small", "action-menu"]
        self.param.watch(self._act, "value")

    def _act(self, event: object) -> None:
        if event.new:
            self.value = ""
            self._actions[event.new]()
