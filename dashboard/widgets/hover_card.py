"""What a map says of the object under the pointer, without a click."""

import math
from collections.abc import Callable, Mapping

import param
from panel.custom import JSComponent

from ..theme import ASSETS


class HoverCard(JSComponent):
    """Asks which object lies near the pointer over a figure and shows it beside the pointer.

    The browser's half, ``assets/hover.js``, sends a question only after the last one is answered.

    Parameters
    ----------
    find
        Called with coordinates of the figure; gives what is known of the object there, or ``None``: its place ``x`` and
        ``y``, its ``id``, ``lines`` of ``text``, some with a ``colour``, and ``points`` of a small spectrum in an SVG
        of 100 by 40.
    figure
        Name of the figure.
    """

    figure = param.String("", doc="Name of the figure.")

    _esm = (ASSETS / "hover.js").read_text(encoding="utf-8")

    def __init__(self, find: Callable[[float, float], Mapping[str, object] | None], figure: str) -> None:
        super().__init__(figure=figure, css_classes=["hover"], width=0, height=0, margin=0)
        self._find = find

    def _handle_msg(self, data: dict) -> None:
        place = [data.get(axis) for axis in "xy"]
        answer = None
        try:
            if all(isinstance(value, (int, float)) and math.isfinite(value) for value in place):
                answer = self._find(*place)
        finally:  # without an answer the browser would ask no more
            self._send_msg({"found": answer})
