"""How large a figure is on the screen."""

from collections.abc import Callable

from bokeh.plotting import figure as Figure


class FigureSize:
    """Width and height of a figure's frame in pixels: a guess until the browser reports it."""

    def __init__(self, guess: tuple[int, int], changed: Callable[[], None]) -> None:
        self.pixels = guess
        self._changed = changed

    def follow(self, figure: Figure) -> None:
        """Follow the size that the browser reports of a figure."""
        figure.on_change("inner_width", lambda attr, old, new: self._take(int(new), self.pixels[1]))
        figure.on_change("inner_height", lambda attr, old, new: self._take(self.pixels[0], int(new)))

    def _take(self, width: int, height: int) -> None:
        if (width, height) != self.pixels and min(width, height) > 0:
            self.pixels = width, height
            self._changed()
