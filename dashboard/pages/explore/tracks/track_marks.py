"""A track on a map: its path, its labelled steps, and the pen that draws a new one."""

from dataclasses import dataclass

import numpy as np
from bokeh.core.properties import value
from bokeh.events import DoubleTap, Pan, PanEnd, PanStart, Tap
from bokeh.models import ColumnDataSource, CustomJS, Line, MultiLine, Scatter, Text
from bokeh.plotting import figure as Figure

from dashboard.theme import FONT, PALETTES

LABELLED = 5
"""Steps that are named on the map and stacked below it, as S1 to S5 in Portillo et al. (2020)."""

_STEPS = ("x", "y", "name", "alpha", "lift")
_SKETCH = ("x", "y", "word")

_DRAW = """
if (cb_obj.origin.document.get_model_by_name("focus")?.tags[0] !== "track") return;  // the tool of the focus map
const kind = cb_obj.event_name, goes_on = ["panstart", "pan", "tap"].includes(kind), round = sketch.tags[0] ?? 0;
// Kept apart from what is shown: the answer to an earlier track, which takes its line away, may come meanwhile.
if (sketch.begun?.round !== round || kind === "panstart") sketch.begun = {round, x: [], y: []};
const {x, y} = sketch.begun;
if (goes_on) { x.push(cb_obj.x); y.push(cb_obj.y); }
else {  // the end of a drag, or a double click after some vertices
  sketch.begun = undefined;
  if (x.length > 1) {  // the line stays until the track takes its place
    drawn.data = {x, y};
    sketch.data = {x, y, word: x.map((_, i) => i === x.length - 1 ? "computing…" : "")};
    return;
  }
}
const shown = goes_on ? {x, y, word: x.map(() => "")} : {x: [], y: [], word: []};
for (const [name, column] of Object.entries(sketch.data)) column.splice(0, column.length, ...shown[name]);
sketch.change.emit();
"""


@dataclass(frozen=True, eq=False)
class TrackMarks:
    """Sources of a track in a figure's coordinates; ``drawn`` gets what the browser drew with the tool *Track*.

    Names of steps that lie nearer than ``room`` to others are left out.
    """

    path: ColumnDataSource
    steps: ColumnDataSource
    sketch: ColumnDataSource
    drawn: ColumnDataSource
    glyphs: tuple
    lifts: tuple[float, float]
    room: float

    def fill(self, paths: list[tuple[np.ndarray, np.ndarray]], extrapolated: np.ndarray, letter: str) -> None:
        """Show a track.

        Parameters
        ----------
        paths
            x and y (n,) of its steps, once for each place where it is to be seen; NaN beyond the axes.
        extrapolated
            (n,) bool, steps to be drawn hollow.
        letter
            First letter of the names of steps.
        """
        self.wipe()
        self.path.data = {"x": [x for x, _ in paths], "y": [y for _, y in paths]}
        rows = labelled(len(extrapolated))
        names = [f"{letter}{number}" for number in range(1, len(rows) + 1)]
        self.steps.data = {
            "x": np.concatenate([x[rows] for x, _ in paths]) if paths else [],
            "y": np.concatenate([y[rows] for _, y in paths]) if paths else [],
            "name": [
                name if kept else ""
                for x, y in paths
                for name, kept in zip(names, apart(x[rows], y[rows], self.room), strict=True)
            ],
            "lift": [self.lifts[i % 2] for i in range(len(rows))] * len(paths),
            "alpha": [0.0 if extrapolated[row] else 1.0 for row in rows] * len(paths),
        }

    def clear(self) -> None:
        """Show nothing."""
        self.wipe()
        self.path.data, self.steps.data = {"x": [], "y": []}, {name: [] for name in _STEPS}

    def forget(self) -> None:
        """Take away what was drawn by hand, also what is not finished."""
        self.sketch.tags = [self.sketch.tags[0] + 1 if self.sketch.tags else 1]
        self.wipe()

    def wipe(self) -> None:
        """Take away the line that was drawn by hand."""
        self.sketch.data = {name: [] for name in _SKETCH}

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        palette = PALETTES[theme]
        halo, path, steps, names, sketch, word = self.glyphs
        halo.line_color = palette.surface
        path.line_color = steps.line_color = steps.fill_color = palette.text
        names.update(text_color=palette.text, background_fill_color=palette.surface)
        sketch.line_color = word.text_color = palette.accent
        word.background_fill_color = palette.surface


def labelled(n: int) -> np.ndarray:
    """Rows of the named ones among n steps: at most `LABELLED`, evenly spaced, the ends among them."""
    return np.unique(np.linspace(0, n - 1, min(n, LABELLED)).round().astype(int))


def apart(x: np.ndarray, y: np.ndarray, room: float) -> np.ndarray:
    """(n,) bool, the places that keep their names so that no two are nearer than ``room``; the ends come first."""
    kept = np.zeros(len(x), dtype=bool)
    for row in dict.fromkeys([0, len(x) - 1, *range(1, len(x) - 1)]):
        kept[row] = not np.any(np.hypot(x - x[row], y - y[row])[kept] < room)
    return kept


def add_track(figure: Figure, small: bool = False) -> TrackMarks:
    """Put an empty track and a pen into a figure; ``small`` for the many panels of a corner plot."""
    path, drawn = (ColumnDataSource({"x": [], "y": []}) for _ in range(2))
    steps, sketch = (ColumnDataSource({name: [] for name in names}) for names in (_STEPS, _SKETCH))
    wide = 1.4 if small else 2.2
    over = {"level": "overlay"}
    lifts = (-8.0, 8.0) if small else (-13.0, 13.0)  # names stand above and below by turns, and so apart
    size, font = (3.5, "8.5px") if small else (7, "12px")
    curve = {"xs": "x", "ys": "y"}
    style = {"text_font": value(FONT), "text_font_size": font, "background_fill_alpha": 0.6, "border_radius": 2}
    name = Text(
        text="name", y_offset="lift", text_align="center", text_baseline="middle", text_font_style="bold",
        padding=0 if small else 1, **style,
    )  # fmt: skip
    word = Text(text="word", x_offset=4, y_offset=-4, **style)
    renderers = (
        figure.add_glyph(path, MultiLine(**curve, line_width=wide + 2, line_alpha=0.7), name="track halo", **over),
        figure.add_glyph(path, MultiLine(**curve, line_width=wide), name="track", **over),
        figure.add_glyph(steps, Scatter(size=size, fill_alpha="alpha"), name="track steps", **over),
        figure.add_glyph(steps, name, name="track names", **over),
        figure.add_glyph(sketch, Line(line_width=2, line_dash=[5, 3]), name="sketch", **over),
        figure.add_glyph(sketch, word, name="sketch word", **over),
    )
    draw = CustomJS(args={"sketch": sketch, "drawn": drawn}, code=_DRAW)
    for event in (PanStart, Pan, PanEnd, Tap, DoubleTap):
        figure.js_on_event(event, draw)
    return TrackMarks(path, steps, sketch, drawn, tuple(one.glyph for one in renderers), lifts, 0.19 if small else 0.0)
