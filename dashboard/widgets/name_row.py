"""A row that asks for another name; hidden until it is wanted."""

from collections.abc import Callable

import panel as pn

from ..page import Guard
from .layout import WIDE


class NameRow(pn.Row):
    """A field, *Save* and *Cancel*.

    Parameters
    ----------
    on_name
        Called with the id of what is renamed and the name that was typed.
    """

    def __init__(self, on_name: Callable[[str, str], object], guard: Guard) -> None:
        self.field = pn.widgets.TextInput(placeholder="name", css_classes=["small", "new-title"], width=240)
        self.save = pn.widgets.Button(label="Save", css_classes=["pill", "primary"])
        cancel = pn.widgets.Button(label="Cancel", css_classes=["pill"])
        self._id, self._on_name = "", on_name
        self.save.on_click(guard(lambda _: self._save()))
        self.field.param.watch(guard(lambda _: self._save()), "enter_pressed")
        cancel.on_click(lambda _: self.close())
        super().__init__(self.field, self.save, cancel, visible=False, css_classes=["bar-row"], **WIDE)

    def open(self, id_: str, title: str) -> None:
        """Ask for a name in the place of the present one."""
        self._id, self.field.value, self.visible = id_, title, True

    def close(self) -> None:
        """Hide it."""
        self.visible = False

    def _save(self) -> None:
        if self.visible:
            self._on_name(self._id, self.field.value)
            self.close()
