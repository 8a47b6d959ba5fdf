"""χ² against trial redshift for one object, and the fit at the best one."""

import numpy as np
from bokeh.models import ColumnDataSource, Span
from bokeh.models.tools import BoxZoomTool, HoverTool, PanTool, ResetTool, WheelZoomTool
from bokeh.plotting import figure

from dashboard.theme import OKABE_ITO, PALETTES, dress
from specvae_core.analysis.redshift_fit import RedshiftFit


def chi2_figure(fit: RedshiftFit, z_catalogue: float, theme: str) -> figure:
    """The curve with its best and second-best minimum and the catalogue's redshift, NaN where that is not known."""
    palette = PALETTES[theme]
    plot = _figure("trial redshift", "χ² per pixel", y_axis_type="log", name="chi2")
    curve = ColumnDataSource({"z": fit.trial_z, "chi2": fit.trial_chi2 / fit.n_pixel})
    line = plot.line("z", "chi2", source=curve, color=palette.text, line_width=1.1)
    if np.isfinite(z_catalogue):
        plot.add_layout(
            Span(
                location=z_catalogue, dimension="height", line_color=OKABE_ITO[1], line_dash="dashed", name="catalogue"
            )
        )
        plot.line([np.nan] * 2, [np.nan] * 2, color=OKABE_ITO[1], line_dash="dashed", legend_label="catalogue")
    dots = {"best": (fit.z, fit.chi2, palette.accent), "second best": (fit.second_z, fit.second_chi2, palette.muted)}
    for name, (z, chi2, colour) in dots.items():
        if np.isfinite(z):
            plot.scatter([z], [chi2 / fit.n_pixel], size=9, color=colour, legend_label=name, name=name)
    tips = [("redshift", "@z{0.0000}"), ("χ² per pixel", "@chi2{0.00}")]
    plot.add_tools(HoverTool(tooltips=tips, renderers=[line], mode="vline"))
    plot.legend.location = "bottom_right"
    dress(plot, theme)
    return plot


def fit_figure(wavelength: np.ndarray, flux: np.ndarray, seen: np.ndarray, model: np.ndarray, theme: str) -> figure:
    """Observed flux and the model at the best redshift.

    Parameters
    ----------
    wavelength
        (n_pixel,) Angstrom at rest under the best redshift.
    flux, seen
        (n_pixel,) normalised flux, and which of it was measured.
    model
        (n_pixel,), NaN where it does not reach.
    """
    palette = PALETTES[theme]
    plot = _figure("rest wavelength at the best z (Å)", "flux / mean", name="fit")
    plot.line(wavelength, np.where(seen, flux, np.nan), color=palette.text, line_width=0.9, legend_label="observed")
    plot.line(wavelength, model, color=palette.accent, line_width=1.5, legend_label="model")
    plot.legend.location, plot.legend.orientation = "top_right", "horizontal"
    dress(plot, theme)
    return plot


def _figure(x_label: str, y_label: str, **settings: object) -> figure:
    tools = [BoxZoomTool(), WheelZoomTool(dimensions="width"), PanTool(), ResetTool()]
    plot = figure(
        x_axis_label=x_label, y_axis_label=y_label, tools=tools, toolbar_location=None, sizing_mode="stretch_both",
        min_border_left=62, min_border_right=12, **settings,
    )  # fmt: skip
    plot.toolbar.active_scroll = tools[1]
    return plot
