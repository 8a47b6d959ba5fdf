"""A spectrum beside a table."""

import panel as pn

from .spectrum_tab import SpectrumTab


class SmallSpectrum(SpectrumTab):
    """The spectrum of the picked object without the legend, for which there is no room."""

    has_tools = False

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        super().build()
        return pn.Column(self.hint, self._panes, sizing_mode="stretch_both", css_classes=["one"])
