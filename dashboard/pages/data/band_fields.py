"""Fields for a catalogue of photometry, which becomes a survey of its own kind."""

import dataclasses
from collections.abc import Callable, Mapping

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import Setting, field_grid
from specvae_core.data.photometry_options import PhotometryOptions
from specvae_core.errors import BadConfig

from .object_fields import group_field

ANY_BANDS = "u,g"
"""Stand for the bands where another option is checked alone."""


class BandFields(Viewer):
    """A checkbox, and below it the `PhotometryOptions`, the bands first.

    Parameters
    ----------
    on_change
        Called with whether the files are a catalogue of photometry.
    """

    def __init__(self, on_change: Callable[[bool], object], guard: Guard) -> None:
        super().__init__()
        self.chosen = pn.widgets.Checkbox(label="A catalogue of photometry", css_classes=["photometry"])
        self.settings = {
            field.name: Setting(field, lambda given: PhotometryOptions.from_mapping({"bands": ANY_BANDS, **given}))
            for field in dataclasses.fields(PhotometryOptions)
        }
        self.settings["bands"].widget.placeholder = "u,g,r,i,z or u=MAG_U:MAGERR_U,…"
        self.group = group_field()
        self._fields = pn.Column(
            self.settings["bands"],
            self.settings["extras"],
            field_grid(setting for name, setting in self.settings.items() if name not in ("bands", "extras")),
            self.group,
            css_classes=["form", "bands"],
            visible=False,
            **WIDE,
        )
        self.chosen.link(self._fields, value="visible")
        self.chosen.param.watch(guard(lambda event: on_change(event.new)), "value")
        self._layout = pn.Column(self.chosen, self._fields, css_classes=["form"], **WIDE)

    def arguments(self) -> Mapping[str, object] | None:
        """Arguments ``bands``, ``options`` and ``group`` of the task; ``None`` where one is wrong, as said there."""
        options: dict[str, object] = {}
        for setting in self.settings.values():
            options |= setting.value
        wrong = [name for name, setting in self.settings.items() if not setting.check()]
        line = self.settings["bands"].error_line
        try:
            PhotometryOptions.from_mapping(options)
        except BadConfig as error:
            if not wrong:
                line.show(str(error) if "bands" in options else "Name the bands, as in u,g,r,i,z.")
            return None
        arguments = {"bands": options.pop("bands"), "options": options, "group": self.group.value.strip()}
        return arguments if not wrong else None

    def clear(self) -> None:
        """Uncheck the box: the files hold spectra."""
        self.chosen.value, self.group.value = False, ""

    def __panel__(self) -> Viewable:
        return self._layout
