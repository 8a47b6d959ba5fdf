"""The button that saves the plot of a card."""

from collections.abc import Callable

import panel as pn

from ..page import Session
from ..theme import hint


def save_button(session: Session, card: str, name: Callable[[], str]) -> pn.widgets.Button:
    """A button; the browser draws the file, SVG where Shift is held and PNG otherwise.

    Parameters
    ----------
    card
        Class of the card that holds the plot.
    name
        Gives the file's name, without its ending.
    """
    button = pn.widgets.Button(
        label="", css_classes=["pill", "icon", "icon-save"], description=hint("Save as PNG; with Shift as SVG")
    )
    button.on_click(lambda _: session.bridge.save_plot(f".{card}", name()))
    return button
