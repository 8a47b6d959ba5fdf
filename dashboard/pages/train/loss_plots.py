"""Losses against epochs: one figure for each part of the loss, and one that lays several models over each other.

Reports name their numbers ``train/PART`` and ``validation/PART``; whatever parts a model reports are drawn.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from bokeh.models import ColumnDataSource, Span
from bokeh.models.tools import BoxZoomTool, HoverTool, PanTool, ResetTool, SaveTool, WheelZoomTool
from bokeh.plotting import figure

from dashboard.theme import OKABE_ITO, PALETTES, dress

SIDES = ("train", "validation")
COLUMNS = ("epoch", *SIDES)
RATE = "learning_rate"

Entry = tuple[int, Mapping[str, float]]
"""An epoch and the numbers that were reported for it."""


def parts(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Names of the parts of the loss, in the order in which they were first reported, ``loss`` before all others."""
    found = dict.fromkeys(key.split("/", 1)[1] for _, values in entries for key in values if key.startswith(SIDES))
    return tuple(sorted(found, key=lambda part: part != "loss"))


def curve(entries: Sequence[Entry], part: str) -> dict[str, np.ndarray]:
    """Columns ``epoch``, ``train`` and ``validation``, (n,) each; NaN where a side was not reported."""
    columns = {"epoch": np.array([epoch for epoch, _ in entries], dtype=np.int32)}
    for side in SIDES:
        columns[side] = np.array([values.get(f"{side}/{part}", np.nan) for _, values in entries], dtype=float)
    return columns


def is_positive(columns: Mapping[str, np.ndarray]) -> bool:
    """Whether a logarithmic axis can show all finite numbers of a curve."""
    values = np.concatenate([columns[side] for side in SIDES])
    values = values[np.isfinite(values)]
    return bool(len(values)) and bool((values > 0).all())


def rate_drops(entries: Sequence[Entry]) -> list[int]:
    """Epochs from which on the learning rate is lower than before."""
    rates = [(epoch, values[RATE]) for epoch, values in entries if RATE in values]
    return [epoch for (_, before), (epoch, rate) in pairwise(rates) if rate < before]


def loss_figure(source: ColumnDataSource, part: str, *, log: bool, theme: str, large: bool) -> figure:
    """One part of the loss against epochs, training solid and validation dashed.

    Parameters
    ----------
    source
        With the columns of `curve`; stream new epochs into it.
    part
        Its name, on the y axis.
    log
        Whether the y axis is logarithmic.
    large
        Whether it is the main figure, with tools and labels, or one of the small ones beside it.
    """
    plot = _figure(log, large, y_axis_label=part.replace("_", " "))
    palette = PALETTES[theme]
    for side, dash, colour in (("train", "solid", palette.accent), ("validation", "dashed", OKABE_ITO[1])):
        legend = {"legend_label": {"train": "training"}.get(side, side)} if large else {}
        plot.line("epoch", side, source=source, color=colour, line_dash=dash, line_width=1.6, name=side, **legend)
    plot.add_tools(
        HoverTool(
            tooltips=[("epoch", "@epoch"), ("training", "@train{%.4g}"), ("validation", "@validation{%.4g}")],
            formatters={"@train": "printf", "@validation": "printf"},
            mode="vline",
            renderers=plot.renderers[:1],
        )
    )
    dress(plot, theme)
    return plot


def mark_drop(plot: figure, epoch: int, theme: str) -> None:
    """A thin line where the learning rate fell."""
    plot.add_layout(
        Span(location=epoch, dimension="height", line_color=PALETTES[theme].muted, line_dash="dotted", name="drop")
    )


def overlay_figure(curves: Mapping[str, tuple[np.ndarray, np.ndarray]], label: str, theme: str) -> figure:
    """Validation curves of several models over each other.

    Parameters
    ----------
    curves
        Epochs and values, (n,) each, by model id.
    label
        What the values are, for the y axis.
    """
    values = np.concatenate([np.asarray(values, dtype=float) for _, values in curves.values()] or [np.ones(1)])
    plot = _figure(bool((values[np.isfinite(values)] > 0).all()), True, y_axis_label=label)
    for colour, (name, (epochs, value)) in zip(_cycle(len(curves)), curves.items(), strict=True):
        # A model without iterations has one value: a level to compare with.
        kind = {"line_width": 1.8, "color": colour, "legend_label": name, "name": name}
        if len(epochs) > 1:
            plot.line(epochs, value, **kind)
        else:
            plot.hspan(y=value, line_dash="dashed", **kind)
    dress(plot, theme)
    return plot


def _cycle(n: int) -> list[str]:
    return [OKABE_ITO[i % len(OKABE_ITO)] for i in range(n)]


def _figure(log: bool, large: bool, y_axis_label: str) -> figure:
    tools = [PanTool(), WheelZoomTool(), BoxZoomTool(), ResetTool(), SaveTool()] if large else []
    plot = figure(
        y_axis_type="log" if log else "linear",
        x_axis_label="epoch" if large else None,
        y_axis_label=y_axis_label,
        tools=tools,
        toolbar_location="above" if large else None,
        sizing_mode="stretch_both",
        min_border_left=52,
        min_border_right=10,
    )
    plot.toolbar.logo, plot.toolbar.autohide = None, True
    plot.xaxis.ticker.min_interval = 1
    plot.yaxis.ticker.desired_num_ticks = 6 if large else 3
    if large:
        plot.toolbar.active_scroll = plot.select_one(WheelZoomTool)
    return plot
