"""The hidden ranges of wavelength: drag or type to add, × to remove, undo."""

import re
from collections.abc import Callable

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.theme import hint
from dashboard.widgets.layout import WIDE
from specvae_core.errors import BadConfig

NONE = '<span class="muted">Drag to hide a range, or type it.</span>'

Range = tuple[float, float]


class HiddenRanges(Viewer):
    """Disjoint ranges in rising order, each with a button that removes it.

    Parameters
    ----------
    on_change
        Called without arguments after every change.
    """

    def __init__(self, on_change: Callable[[], object], guard: Guard) -> None:
        super().__init__()
        self._on_change, self._guard = on_change, guard
        self.ranges: tuple[Range, ...] = ()
        self._drawn: tuple[Range, ...] | None = None  # what the chips stand for
        self._past: list[tuple[Range, ...]] = []
        self._chips = pn.Row(css_classes=["ranges"], **WIDE)
        self.undo_button = pn.widgets.Button(
            label="Undo", css_classes=["pill", "small"], disabled=True, description=hint("Undo the last change (U)")
        )
        self.clear_button = pn.widgets.Button(label="Clear", css_classes=["pill", "small"], disabled=True)
        self.undo_button.on_click(guard(lambda _: self.undo()))
        self.clear_button.on_click(guard(lambda _: self.clear()))
        self.field = pn.widgets.TextInput(placeholder="5000-5200", width=104, css_classes=["search", "range-field"])
        self.field.param.watch(guard(lambda event: self._type(event.new)), "value")
        # Panel sets the value once more when Enter arrives, so the field is cleared after that and not before.
        self.field.param.watch(guard(lambda _: self.field.param.update(value="", value_input="")), "enter_pressed")
        buttons = self.field, self.undo_button, self.clear_button
        self._layout = pn.Row(self._chips, *buttons, css_classes=["bar-row", "ranges-row"], **WIDE)
        self._draw()

    def add(self, low: float, high: float) -> None:
        """Hide a range (Angstrom); ranges that it touches are merged with it."""
        touched = [(a, b) for a, b in self.ranges if a <= high and b >= low]
        merged = min([low, *(a for a, _ in touched)]), max([high, *(b for _, b in touched)])
        self._become(tuple(sorted([*(one for one in self.ranges if one not in touched), merged])))

    def _type(self, text: str) -> None:
        ends = re.findall(r"\d+(?:\.\d+)?", text)
        if not text.strip():
            return
        if len(ends) != 2 or float(ends[0]) >= float(ends[1]):
            raise BadConfig(f"{text!r} is not a range: give two wavelengths in Angstrom, as 5000-5200.")
        self.add(float(ends[0]), float(ends[1]))

    def clear(self) -> None:
        """Show all of them again."""
        self._become(())

    def remove(self, number: int) -> None:
        """Show one range again, counted from 0."""
        self._become(self.ranges[:number] + self.ranges[number + 1 :])

    def at(self, wavelength: float) -> int | None:
        """The number of the range that a wavelength lies in."""
        return next((i for i, (low, high) in enumerate(self.ranges) if low <= wavelength <= high), None)

    def undo(self) -> None:
        """Undo the last change."""
        if self._past:
            self._take(self._past.pop())

    @property
    def text(self) -> str:
        """The ranges as part of a problem: ``5000.0-5200.0,6540.0-6600.0``."""
        return ",".join(f"{low:.1f}-{high:.1f}" for low, high in self.ranges)

    def start_with(self, text: str) -> None:
        """Set the ranges, written as in `text`, with nothing to undo and without a call of ``on_change``."""
        ends = (part.partition("-") for part in text.split(",") if part)
        self.ranges, self._past = tuple((float(low), float(high)) for low, _, high in ends), []
        self._draw()

    def _become(self, ranges: tuple[Range, ...]) -> None:
        if ranges != self.ranges:
            self._past.append(self.ranges)
            self._take(ranges)

    def _take(self, ranges: tuple[Range, ...]) -> None:
        self.ranges = ranges
        self._draw()
        self._on_change()

    def _draw(self) -> None:
        if self.ranges != self._drawn:
            self._drawn = self.ranges
            chips = [self._chip(i, one) for i, one in enumerate(self.ranges)]
            self._chips.objects = chips or [pn.pane.HTML(NONE, margin=0)]
        self.undo_button.disabled, self.clear_button.disabled = not self._past, not self.ranges

    def _chip(self, number: int, one: Range) -> pn.widgets.Button:
        button = pn.widgets.Button(label=f"{one[0]:.0f} to {one[1]:.0f} Å  ×", css_classes=["pill", "small", "range"])
        button.on_click(self._guard(lambda _: self.remove(number)))
        return button

    def __panel__(self) -> Viewable:
        return self._layout
