"""The legend over the corner plot: the classes, to switch off and on, or the scale of the numbers.

One component with one parameter: a row of Panel's own widgets makes the browser lay out the whole page again at every
change of their labels, a third of the time that new colours took.
"""

from collections.abc import Callable, Sequence

import param
from panel.custom import JSComponent

from dashboard.colouring import Colouring
from dashboard.plots.shade import colour_scale, hex_colour
from dashboard.theme import ASSETS

from .ticks import tick_label

_STEPS = 12  # colours that a scale is drawn with


class Legend(JSComponent):
    """Shows a colouring given to `show`; many classes scroll.

    Parameters
    ----------
    on_switch
        Called with the name of the class that was clicked.
    on_all
        Called with whether all classes are to be shown, or none.
    on_open
        Called where the classes behind *other* are asked for.
    """

    content = param.Dict({}, doc="What is shown: classes, or a scale.")

    _esm = (ASSETS / "legend.js").read_text(encoding="utf-8")

    def __init__(
        self,
        on_switch: Callable[[str], object],
        on_all: Callable[[bool], object],
        on_open: Callable[[], object],
        **params,
    ) -> None:
        super().__init__(css_classes=["legend"], **params)
        self._on_switch, self._on_all, self._on_open = on_switch, on_all, on_open

    def show(self, colouring: Colouring, hidden: Sequence[str], theme: str) -> None:
        """Show the classes of a colouring, faint where ``hidden``, or the scale of its numbers."""
        if colouring.numeric:
            self.content = {"scale": _scale(colouring.limits, theme)}
            return
        classes = zip(colouring.names, colouring.counts, colouring.colours.values(), colouring.shapes, strict=True)
        self.content = {
            "classes": [
                {"name": name, "count": count, "colour": colour, "shape": shape, "shown": name not in hidden}
                for name, count, colour, shape in classes
            ],
            "opens": colouring.following is not None,
        }

    def switch(self, name: str) -> None:
        """Switch one of the classes that are shown."""
        if name in [each["name"] for each in self.content.get("classes", [])]:
            self._on_switch(name)

    def switch_all(self, shown: bool) -> None:
        """Show all classes, or none."""
        self._on_all(shown)

    def open(self) -> None:
        """Give the classes behind *other* colours of their own."""
        self._on_open()

    def _handle_msg(self, data: dict) -> None:
        if data.get("open") is True:
            self.open()
        elif isinstance(data.get("all"), bool):
            self.switch_all(data["all"])
        else:
            self.switch(data.get("switch", ""))


def _scale(limits: tuple[float, float], theme: str) -> dict[str, list[str]]:
    """Colours from low to high, and the numbers at the ends and in the middle."""
    steps = colour_scale(theme)
    low, middle, high = (tick_label(float(f"{value:.3g}")) for value in (limits[0], sum(limits) / 2, limits[1]))
    colours = [hex_colour(step) for step in steps[:: len(steps) // _STEPS]]
    return {"colours": colours, "ends": [f"≤ {low}", middle, f"≥ {high}"]}
