"""Box plots of errors against the level of a problem."""

from collections.abc import Mapping, Sequence

from bokeh.models import ColumnDataSource, FactorRange, HoverTool
from bokeh.plotting import figure

from dashboard.theme import OKABE_ITO, dress

SIDES = (("regularised", "test"), ("regularised", "train"), ("projected", "test"), ("projected", "train"))
"""Boxes of each level from left to right: method and part."""


def box_figure(rows: Sequence[Mapping[str, object]], title: str, theme: str) -> figure:
    """Errors of one kind of problem; a box for each method and part.

    Parameters
    ----------
    rows
        Rows of `specvae_core.inverse.bench` as JSON, of one model: ``problem, method, part, box, n``.
    title
        What the problems have in common.
    """
    levels = list(dict.fromkeys(str(row["problem"]).partition(":")[2] for row in rows))
    shown = [side for side in SIDES if any((row["method"], row["part"]) == side for row in rows)]
    factors = [(level, f"{method} {part}") for level in levels for method, part in shown]
    plot = figure(
        x_range=FactorRange(*factors, range_padding=0.02), y_axis_type="log", title=title, tools="",
        toolbar_location=None, sizing_mode="stretch_both", y_axis_label="mean squared error", name=title,
    )  # fmt: skip
    for number, (method, part) in enumerate(shown):
        own = [row for row in rows if (row["method"], row["part"]) == (method, part)]
        names = ("low", "q25", "median", "q75", "high")
        data = dict(zip(names, zip(*(row["box"] for row in own), strict=True), strict=True))
        data |= {"x": [(str(row["problem"]).partition(":")[2], f"{method} {part}") for row in own]}
        data |= {name: [row[name] for row in own] for name in ("n", "n_outside")}
        source, colour = ColumnDataSource({key: list(values) for key, values in data.items()}), OKABE_ITO[number]
        plot.segment("x", "low", "x", "high", source=source, color=colour)
        box = plot.vbar(
            "x", 0.8, "q75", "q25", source=source, color=colour, fill_alpha=0.35, legend_label=f"{method}, {part}",
            name=f"{method} {part}",
        )  # fmt: skip
        plot.scatter("x", "median", source=source, color=colour, size=14, line_width=2.5, marker="dash")
        tips = [("level", "@x"), ("median", "@median{0.00e}"), ("spectra", "@n, @n_outside beyond")]
        plot.add_tools(HoverTool(tooltips=tips, renderers=[box]))
    plot.xaxis[0].update(major_label_text_alpha=0, major_label_text_font_size="1px", major_tick_line_color=None)
    plot.xgrid.grid_line_color = None
    dress(plot, theme)
    plot.legend.update(location="top_left", label_text_font_size="11px")
    return plot
