"""A spectrum beside a table."""

import panel as pn

from specvae_core.grid import Grid

from .spectrum_tab import SpectrumTab


class SmallSpectrum(SpectrumTab):
    """The spectrum of the picked object in a small place: without the legend, and with short names of axes."""

    has_tools, residual_height = False, 88

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        super().build()
        return pn.Column(self.hint, self._panes, sizing_mode="stretch_both", css_classes=["one"])

    def _rebuild(self, grid: Grid) -> None:
        super()._rebuild(grid)
        self.plot.flux.yaxis.axis_label, self.plot.residual.yaxis.axis_label = "flux", "Δ / σ"
        self.plot.residual.xaxis.axis_label = "rest wavelength (Å)"
