"""The path of a search over the latent map, and its misfit against step."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure as Figure

from dashboard.theme import Paint, ThemedPlot, colour_glyphs


@dataclass(frozen=True, eq=False)
class SearchPlot(ThemedPlot):
    """The path of a search on a latent map, the figure of its misfit against step, and their sources."""

    PAINT: ClassVar[Paint] = {
        "line": {
            "path": "highlight", "trace": "accent", "here": "surface", "others": "text", "level": "surface",
            "one": "line",
        },
        "fill": {"here": "highlight", "level": "accent"},
    }  # fmt: skip

    map: Figure
    misfit: Figure
    path: ColumnDataSource
    here: ColumnDataSource
    others: ColumnDataSource
    trace: ColumnDataSource
    level: ColumnDataSource

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures."""
        return (self.misfit,)

    def finish(self, theme: str) -> None:
        """Colour the path; the map below it has taken its colours already."""
        colour_glyphs(self.map, self.PAINT, theme)

    def show_path(self, path: np.ndarray, others: np.ndarray, trace: np.ndarray, step: int) -> None:
        """Draw a search up to one of its steps.

        Parameters
        ----------
        path
            (n_steps + 1, 2) coordinates of the latents after each step.
        others
            (m, 2) places of other solutions that fit as well.
        trace
            (n_steps + 1,) misfit.
        step
            Where it stands, from 0.
        """
        self.path.data = {"x": path[: step + 1, 0], "y": path[: step + 1, 1]}
        self.here.data = {"x": path[step : step + 1, 0], "y": path[step : step + 1, 1]}
        self.others.data = {"x": others[:, 0], "y": others[:, 1]}
        self.misfit.x_range.update(start=-0.3, end=max(len(trace) - 1, 4) + 0.3)
        low, high = max(float(trace.min()), 1e-9), float(trace.max())
        self.misfit.y_range.update(start=min(0.9 * low, 0.8), end=max(1.1 * high, 1.25))
        self.trace.data = {"step": np.arange(len(trace)), "misfit": trace}
        self.level.data = {"step": [step], "misfit": [float(trace[step])]}

    def clear(self) -> None:
        """No search yet."""
        nothing = np.empty((0, 2))
        for source in (self.path, self.here, self.others):
            source.data = {"x": nothing[:, 0], "y": nothing[:, 1]}
        for source in (self.trace, self.level):
            source.data = {"step": [], "misfit": []}


def build_search(latent_map: Figure, theme: str) -> SearchPlot:
    """An empty path on a latent map, and an empty figure of the misfit beside it."""
    sources = {name: ColumnDataSource({"x": [], "y": []}) for name in ("path", "here", "others")}
    sources |= {name: ColumnDataSource({"step": [], "misfit": []}) for name in ("trace", "level")}
    latent_map.select_one({"name": "points"}).glyph.fill_alpha = 0.45  # the path is seen above them
    latent_map.line("x", "y", source=sources["path"], line_width=2, name="path")
    latent_map.scatter("x", "y", source=sources["others"], marker="diamond", size=11, fill_color=None, line_width=2,
                  name="others")  # fmt: skip
    latent_map.scatter("x", "y", source=sources["here"], size=12, line_width=2, name="here")
    misfit = Figure(x_range=Range1d(0, 10), y_range=Range1d(0.8, 10), y_axis_type="log", tools=[],
                    x_axis_label="step", y_axis_label="χ² per datum", toolbar_location=None,
                    sizing_mode="stretch_both", min_border_left=56, min_border_bottom=42, name="misfit")  # fmt: skip
    misfit.xaxis.ticker.min_interval = 1
    misfit.yaxis.ticker.desired_num_ticks = 4
    misfit.hspan(y=[1.0], line_dash="dotted", name="one")
    misfit.line("step", "misfit", source=sources["trace"], line_width=1.8, name="trace")
    misfit.scatter("step", "misfit", source=sources["level"], size=10, line_width=2, name="level")
    plot = SearchPlot(latent_map, misfit, **sources)
    plot.dress(theme)
    return plot
