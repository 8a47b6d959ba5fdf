"""Reconstruction error against number of latents, and errors of the trials of a search."""

from collections.abc import Mapping, Sequence

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, PrintfTickFormatter, Whisker
from bokeh.models.tools import BoxZoomTool, HoverTool, PanTool, ResetTool, SaveTool, WheelZoomTool
from bokeh.plotting import figure

from dashboard.theme import OKABE_ITO, PALETTES, dress

TICKS = [digit * 10.0**power for power in range(-9, 4) for digit in (1, 2, 3, 5, 7)]
"""Ticks of the error axis; the errors of different models span a decade or two."""

MARKERS = ("circle", "square", "triangle", "diamond", "inverted_triangle", "hex", "star", "plus")


Curves = Mapping[str, tuple[Sequence[int], Sequence[float], Sequence[float]]]
"""Numbers of latents, mean squared errors and their scatter over seeds, (n,) each, by model; NaN where not known."""


def error_figure(curves: Curves, latents: Sequence[int], label: str, theme: str) -> figure:
    """One curve for each model, on a logarithmic axis.

    Parameters
    ----------
    curves
        Errors by model; a bar shows their scatter where a model was trained with several seeds.
    latents
        Where the ticks of the x axis stand.
    """
    plot = _figure("number of latents", label)
    plot.xaxis.ticker = FixedTicker(ticks=sorted(set(latents)))
    errors = [value for _, y, _ in curves.values() for value in y if np.isfinite(value)]
    if errors and sum(min(errors) <= tick <= max(errors) for tick in TICKS) > 1:
        plot.yaxis.ticker = FixedTicker(ticks=TICKS)
    else:  # Bokeh finds finer ones
        plot.yaxis.formatter = PrintfTickFormatter(format="%.3g")
    for i, (name, (x, y, scatter)) in enumerate(curves.items()):
        ends = zip(y, scatter, strict=True)
        low, high = zip(*((max(value - width, value / 10), value + width) for value, width in ends), strict=True)
        source = ColumnDataSource({"x": list(x), "y": list(y), "name": [name] * len(x), "low": low, "high": high})
        if any(scatter):
            plot.add_layout(Whisker(base="x", lower="low", upper="high", source=source, line_color=OKABE_ITO[i % 8]))
        kind = {"source": source, "color": OKABE_ITO[i % len(OKABE_ITO)], "name": name, "legend_label": name}
        plot.line("x", "y", line_width=1.8, **kind)
        plot.scatter("x", "y", size=8, marker=MARKERS[i % len(MARKERS)], **kind)
    tips = [("model", "@name"), ("latents", "@x"), ("error", "@y{%.2e}")]
    plot.add_tools(HoverTool(tooltips=tips, formatters={"@y": "printf"}, renderers=plot.renderers[1::2]))
    dress(plot, theme)
    plot.ygrid.grid_line_color = PALETTES[theme].line
    plot.ygrid.grid_line_alpha = 0.6
    return plot


def trial_figure(errors: Sequence[float], theme: str) -> figure:
    """The error of each trial of a search, and the lowest so far.

    Parameters
    ----------
    errors
        (n,) mean squared errors in the order of the trials; NaN where a trial failed.
    """
    values = np.array(errors, dtype=float)
    number = np.arange(1, len(values) + 1)
    lowest = np.fmin.accumulate(values) if len(values) else values
    plot, palette = _figure("trial", "mean squared error of validation flux"), PALETTES[theme]
    plot.xaxis.ticker.min_interval = 1
    plot.step(number, lowest, mode="after", color=palette.accent, line_width=1.6, legend_label="lowest so far")
    source = ColumnDataSource({"x": number, "y": values})
    dots = plot.scatter("x", "y", source=source, size=7, color=OKABE_ITO[1], legend_label="trial", name="trials")
    tips = [("trial", "@x"), ("error", "@y{%.2e}")]
    plot.add_tools(HoverTool(tooltips=tips, formatters={"@y": "printf"}, renderers=[dots]))
    dress(plot, theme)
    return plot


def _figure(x_label: str, y_label: str) -> figure:
    tools = [PanTool(), WheelZoomTool(), BoxZoomTool(), ResetTool(), SaveTool()]
    plot = figure(
        y_axis_type="log", x_axis_label=x_label, y_axis_label=y_label, tools=tools, toolbar_location="above",
        sizing_mode="stretch_both", min_border_left=62, min_border_right=12,
    )  # fmt: skip
    plot.yaxis.formatter = PrintfTickFormatter(format="%.2g")
    plot.toolbar.logo, plot.toolbar.autohide = None, True
    plot.toolbar.active_scroll = plot.select_one(WheelZoomTool)
    return plot
