"""Coverage of every quantity, and the PIT histogram of one."""

from collections.abc import Mapping, Sequence

from bokeh.models import BoxAnnotation, ColumnDataSource, HoverTool, Span
from bokeh.models.tools import PanTool, ResetTool, SaveTool, WheelZoomTool
from bokeh.plotting import figure

from dashboard.theme import OKABE_ITO, PALETTES, dress
from specvae_core.analysis.calibration.answers import COVERAGE_68, COVERAGE_95, PIT_BINS

EXPECTED = (("coverage_68", 0.683, COVERAGE_68), ("coverage_95", 0.954, COVERAGE_95))


def coverage_figure(rows: Sequence[Mapping[str, object]], theme: str) -> figure:
    """Coverage at 68 and 95% of each quantity, with the bounds as bands.

    Parameters
    ----------
    rows
        Rows of a calibration, one for each quantity.
    """
    names = [str(row["quantity"]) for row in rows]
    plot = _figure("share of truths inside", y_range=names[::-1], x_range=(0, 1.02))
    for number, (key, expected, (low, high)) in enumerate(EXPECTED):
        colour = OKABE_ITO[number]
        plot.add_layout(BoxAnnotation(left=low, right=high, fill_color=colour, fill_alpha=0.12, line_color=None))
        plot.add_layout(Span(location=expected, dimension="height", line_color=colour, line_dash="dashed"))
        data = {"x": [row[key] for row in rows], "y": names, "n": [row["n"] for row in rows]}
        label = "1σ" if key == "coverage_68" else "2σ"
        plot.scatter("x", "y", source=ColumnDataSource(data), size=9, color=colour, legend_label=label, name=key)
    plot.add_tools(HoverTool(tooltips=[("", "@y"), ("inside", "@x{0.0%}"), ("objects", "@n")]))
    dress(plot, theme)
    plot.legend.location = "bottom_left"
    return plot


def pit_figure(row: Mapping[str, object], theme: str) -> figure:
    """PIT histogram of one row: flat where errors are calibrated, a bowl where they are too small."""
    plot = _figure(f"PIT of {row['quantity']}", y_axis_label="share of truths", x_range=(0, 1))
    edges = [number / PIT_BINS for number in range(PIT_BINS + 1)]
    plot.quad(
        left=edges[:-1], right=edges[1:], bottom=0, top=list(row["pit"]), color=OKABE_ITO[0], alpha=0.5, name="pit"
    )
    plot.add_layout(Span(location=1 / PIT_BINS, dimension="width", line_dash="dashed", line_color=PALETTES[theme].line))
    plot.y_range.start = 0
    dress(plot, theme)
    return plot


def _figure(x_label: str, **settings: object) -> figure:
    tools = [PanTool(), WheelZoomTool(), ResetTool(), SaveTool()]
    plot = figure(x_axis_label=x_label, tools=tools, toolbar_location="above", sizing_mode="stretch_both", **settings)
    plot.toolbar.logo, plot.toolbar.autohide = None, True
    return plot
