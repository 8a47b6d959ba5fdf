"""What is measured along a track: lines, ratios, widths, the break, the support; and its path on the BPT diagram.

The curves of the diagram (Baldwin, Phillips & Terlevich 1981) are those of Kewley et al. (2001, ApJ 556, 121, Eq. 5)
and Kauffmann et al. (2003, MNRAS 346, 1055, Eq. 1).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, HoverTool, Range1d
from bokeh.plotting import figure as Figure

from dashboard.theme import FONT, OKABE_ITO, PALETTES, Paint, ThemedPlot
from specvae_core.analysis.classify import KEWLEY_END, maximum_starburst
from specvae_core.analysis.support import EXTRAPOLATION
from specvae_core.analysis.tracks import Track

from .track_marks import labelled

PANELS = {
    "equivalent width (Å)": {
        "ew_h_alpha": "Hα", "ew_h_beta": "Hβ", "ew_oii_3727": "[O II]", "ew_oiii_5007": "[O III]",
        "ew_nii_6584": "[N II]", "ew_sii": "[S II]",
    },
    "log ratio": {"log_oiii_hb": "[O III]/Hβ", "log_nii_ha": "[N II]/Hα", "log_sii_ha": "[S II]/Hα"},
    "FWHM Hα (km/s)": {"fwhm_h_alpha": "Hα"},
    "D4000": {"d4000": "D4000"},
    "support (percentile)": {"support": "neighbours", "density": "p(z)"},
}  # fmt: skip
"""Figures in order: the axis, and the curves by their column."""

_MARGIN = 0.05
"""Room above and below the curves, in shares of their span."""


@dataclass(frozen=True, eq=False)
class TrackTrends(ThemedPlot):
    """Small figures against the step, and the diagram."""

    PAINT: ClassVar[Paint] = {
        "line": {
            "place": "highlight", "bpt place": "highlight", "limit": "muted", "Kewley 2001": "muted",
            "Kauffmann 2003": "muted", "path": "text", "bpt steps": "text",
        },
        "fill": {"unsupported": "context", "survey": "context", "bpt steps": "text"},
        "text": {"names": "text"},
    }  # fmt: skip

    panels: tuple[Figure, ...]
    bpt: Figure
    steps: ColumnDataSource
    place: ColumnDataSource
    path: ColumnDataSource
    names: ColumnDataSource
    survey: ColumnDataSource
    unsupported: ColumnDataSource

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures."""
        return (*self.panels, self.bpt)

    def finish(self, theme: str) -> None:
        """Colour axes, legends and all else but glyphs."""
        palette = PALETTES[theme]
        for figure in self.figures:
            figure.outline_line_color, figure.title.text_color = palette.line, palette.muted

    def fill(self, track: Track, letter: str) -> None:
        """Show a track."""
        n = len(track)
        columns = {**track.lines, "support": track.support, "density": track.density}
        self.steps.data = {"step": np.arange(1, n + 1), **columns}
        x, y = track.lines["log_nii_ha"], track.lines["log_oiii_hb"]
        self.path.data = {"x": x, "y": y, "alpha": np.where(track.extrapolated, 0.0, 1.0)}
        rows = labelled(n)
        names = [f"{letter}{number}" for number in range(1, len(rows) + 1)]
        self.names.data = {"x": x[rows], "y": y[rows], "text": names}
        steps = np.flatnonzero(track.extrapolated) + 1.0
        self.unsupported.data = {"left": steps - 0.5, "right": steps + 0.5}
        for figure, curves in zip(self.panels, PANELS.values(), strict=True):
            figure.x_range.update(start=0.5, end=n + 0.5)
            if "support" not in curves:
                _fit(figure.y_range, np.concatenate([columns[name] for name in curves]))

    def show_step(self, track: Track, step: int) -> None:
        """Mark one step, counted from 0."""
        at = {"step": [step + 1], "x": [track.lines["log_nii_ha"][step]], "y": [track.lines["log_oiii_hb"][step]]}
        self.place.data = at


def _fit(axis: Range1d, values: np.ndarray) -> None:
    """Let an axis hold all finite values; without any it stays as it is."""
    values = values[np.isfinite(values)]
    if len(values):
        low, high = float(values.min()), float(values.max())
        margin = _MARGIN * (high - low) or 1.0
        axis.update(start=low - margin, end=high + margin)


def build_track_trends(theme: str) -> TrackTrends:
    """Empty figures; the survey's own objects on the diagram are filled in by ``survey``."""
    columns = [column for curves in PANELS.values() for column in curves]
    steps = ColumnDataSource({"step": [], **{column: [] for column in columns}})
    place, survey = ColumnDataSource({"step": [], "x": [], "y": []}), ColumnDataSource({"x": [], "y": []})
    path, names = ColumnDataSource({"x": [], "y": [], "alpha": []}), ColumnDataSource({"x": [], "y": [], "text": []})
    unsupported = ColumnDataSource({"left": [], "right": []})
    x_range = Range1d(0.5, 20.5)
    panels = tuple(_panel(label, curves, x_range, steps, place, unsupported) for label, curves in PANELS.items())
    bpt = _diagram(path, names, survey, place)
    plot = TrackTrends(panels, bpt, steps, place, path, names, survey, unsupported)
    plot.dress(theme)
    return plot


def _panel(
    label: str, curves: dict[str, str], x_range: Range1d, steps: ColumnDataSource, place: ColumnDataSource,
    unsupported: ColumnDataSource,
) -> Figure:  # fmt: skip
    figure = Figure(
        x_range=x_range, y_range=Range1d(0, 1), tools="", toolbar_location=None, sizing_mode="stretch_both",
        min_border=3, min_border_left=46, min_border_right=8, name=f"track {label}",
    )  # fmt: skip
    figure.title.update(text=label, text_font=FONT, text_font_size="11px", text_font_style="normal", offset=-34)
    figure.vstrip(x0="left", x1="right", source=unsupported, fill_alpha=0.35, line_color=None, name="unsupported")
    figure.xaxis.ticker.desired_num_ticks = figure.yaxis.ticker.desired_num_ticks = 3
    if label.startswith("support"):
        figure.y_range = Range1d(0, 100)
        figure.hspan(y=[EXTRAPOLATION], line_dash=[4, 3], name="limit")
    for i, (column, name) in enumerate(curves.items()):
        style = {"source": steps, "color": OKABE_ITO[i % len(OKABE_ITO)]}
        if len(curves) > 1:
            style["legend_label"] = name
        figure.line("step", column, line_width=1.8, name=column, **style)
        figure.scatter("step", column, size=4, name=f"{column} dots", **style)
    figure.vspan(x="step", source=place, line_width=1.5, name="place")
    tips = [("step", "@step"), *((name, f"@{column}{{0.00}}") for column, name in curves.items())]
    figure.add_tools(
        HoverTool(tooltips=tips, mode="vline", renderers=[figure.select_one({"name": next(iter(curves))})])
    )
    if len(curves) > 1:
        figure.add_layout(figure.legend[0], "right")
        figure.legend.update(
            spacing=-3, padding=0, margin=0, glyph_width=10, glyph_height=12, label_height=12, label_standoff=3,
            label_text_font_size="10.5px", border_line_color=None,
        )  # fmt: skip
    return figure


def _diagram(
    path: ColumnDataSource, names: ColumnDataSource, survey: ColumnDataSource, place: ColumnDataSource
) -> Figure:
    figure = Figure(
        x_range=Range1d(-1.7, 0.6), y_range=Range1d(-1.2, 1.3), tools="pan,wheel_zoom,reset", toolbar_location=None,
        sizing_mode="stretch_both", min_border=4, min_border_left=46, min_border_right=8, name="track bpt",
        x_axis_label="log [N II] / Hα", y_axis_label="log [O III] / Hβ", active_scroll="wheel_zoom",
    )  # fmt: skip
    figure.scatter("x", "y", source=survey, size=3, line_color=None, fill_alpha=0.7, name="survey")
    x = np.linspace(-1.8, KEWLEY_END - 0.05, 100)
    figure.line(x, maximum_starburst(x), line_width=1.3, name="Kewley 2001")
    x = np.linspace(-1.8, 0.0, 100)
    figure.line(x, star_forming_edge(x), line_width=1.3, line_dash=[4, 3], name="Kauffmann 2003")
    figure.line("x", "y", source=path, line_width=2, name="path")
    figure.scatter("x", "y", source=path, size=6, fill_alpha="alpha", name="bpt steps")
    figure.scatter("x", "y", source=place, size=13, fill_color=None, line_width=2.5, name="bpt place")
    figure.text(
        "x", "y", "text", source=names, x_offset=6, y_offset=-4, name="names", text_font=value(FONT),
        text_font_size="12px", text_font_style="bold",
    )  # fmt: skip
    return figure


def star_forming_edge(log_nii_ha: np.ndarray) -> np.ndarray:
    """log10 [O III]/Hβ at the upper edge of the star-forming sequence (Kauffmann et al. 2003, Eq. 1), left of 0.05."""
    return 0.61 / (log_nii_ha - 0.05) + 1.3
