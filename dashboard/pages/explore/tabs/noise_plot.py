"""Noise tests: reported over Monte Carlo variance, and bias, against S/N, a line for each latent."""

from collections.abc import Mapping, Sequence

import numpy as np
from bokeh.models import BoxAnnotation, ColumnDataSource, DataRange1d, FixedTicker, HoverTool, Span
from bokeh.plotting import figure

from dashboard.theme import OKABE_ITO, PALETTES, dress

FACTOR = 2.0
"""A reported variance within this factor of the true one counts as right."""

Row = Mapping[str, object]


def ratio_figure(rows: Sequence[Row], y_range: DataRange1d, theme: str, sample: str) -> figure:
    """Variance ratio against S/N, both logarithmic, with the band of a factor of two.

    Parameters
    ----------
    rows
        As `NoiseTest.rows` gives them.
    y_range
        Shared by figures that are compared.
    sample
        What S/N is quoted for: pixel or band.
    """
    plot = _figure(rows, "variance / truth", y_range, "log", sample)
    palette = PALETTES[theme]
    plot.add_layout(
        BoxAnnotation(bottom=1 / FACTOR, top=FACTOR, fill_color=palette.band, fill_alpha=0.22, line_alpha=0)
    )
    _level(plot, 1.0, theme)
    _lines(plot, rows, "variance_ratio", theme)
    dress(plot, theme)
    return plot


def bias_figure(rows: Sequence[Row], y_range: DataRange1d, theme: str, sample: str) -> figure:
    """Size of the bias against S/N, in units of the width reported there, and dashed in those of Fig. 17 of the paper.

    Parameters as those of `ratio_figure`.
    """
    plot = _figure(rows, "bias / reported σ", y_range, "linear", sample)
    plot.add_layout(BoxAnnotation(bottom=0, top=1, fill_color=PALETTES[theme].band, fill_alpha=0.22, line_alpha=0))
    _lines(plot, rows, "bias", theme)
    if all("bias_of_original" in row for row in rows):  # results of version 0.2 lack it
        _lines(plot, rows, "bias_of_original", theme, dash="dashed")
    dress(plot, theme)
    return plot


def colour(latent: int) -> str:
    """Colour of a latent, counted from 1."""
    return OKABE_ITO[(latent - 1) % len(OKABE_ITO)]


def _figure(rows: Sequence[Row], label: str, y_range: DataRange1d, kind: str, sample: str) -> figure:
    plot = figure(
        x_axis_type="log",
        y_axis_type=kind,
        y_range=y_range,
        x_axis_label=f"S/N per {sample}",
        y_axis_label=label,
        tools="",
        toolbar_location=None,
        sizing_mode="stretch_both",
        min_border_left=58,
        min_border_right=10,
    )
    plot.xaxis.ticker = FixedTicker(ticks=sorted({float(row["snr"]) for row in rows}))
    return plot


def _level(plot: figure, value: float, theme: str) -> None:
    plot.add_layout(Span(location=value, dimension="width", line_color=PALETTES[theme].muted, line_dash="dotted"))


def _lines(plot: figure, rows: Sequence[Row], column: str, theme: str, dash: str = "solid") -> None:
    """One line a latent; those that are as wide as the prior are faint."""
    for latent in sorted({int(row["latent"]) for row in rows}):
        own = [row for row in rows if row["latent"] == latent]
        source = ColumnDataSource(
            {
                "snr": np.array([row["snr"] for row in own], dtype=float),
                "value": np.array([row[column] for row in own], dtype=float),
                "latent": np.full(len(own), latent),
            }
        )
        used = bool(own[0]["used"])
        look = {"color": colour(latent) if used else PALETTES[theme].context, "alpha": 1.0 if used else 0.6}
        plot.line("snr", "value", source=source, line_width=1.8, line_dash=dash, **look)
        if dash != "solid":
            continue
        plot.scatter("snr", "value", source=source, size=6, name=f"latent-{latent}", **look)
    if dash != "solid":
        return
    dots = [renderer for renderer in plot.renderers if renderer.name]
    tips = [("latent", "@latent"), ("S/N", "@snr"), (plot.yaxis[0].axis_label, "@value{0.000}")]
    plot.add_tools(HoverTool(tooltips=tips, renderers=dots))
