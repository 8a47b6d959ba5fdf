"""The question of wavelengths: in which unit they are, and whether in air or in vacuum."""

from collections.abc import Callable, Sequence

import panel as pn
from panel.viewable import Viewable, Viewer

from specvae_core.data.understanding import MEDIA

from ..page import Guard
from .layout import WIDE

AS_IN_FILES = "as in the files"
UNITS = ("Angstrom", "nm", "um", "Hz", "eV", "1/cm")


class UnitQuestion(Viewer):
    """Unit and medium, side by side; what is left alone is as in the files.

    Parameters
    ----------
    on_change
        Called when something else is chosen.
    units
        Units to choose from.
    """

    def __init__(
        self,
        on_change: Callable[[], object],
        guard: Guard,
        units: Sequence[str] = UNITS,
    ) -> None:
        super().__init__()
        self._clearing = False
        self.unit = _select("Wavelength unit", units, "hint-unit")
        self.medium = _select("Wavelengths in", MEDIA, "hint-medium")
        for field in (self.unit, self.medium):
            field.param.watch(guard(lambda event: self._clearing or on_change()), "value")
        self._layout = pn.Row(self.unit, self.medium, css_classes=["grid-row"], **WIDE)

    def hints(self) -> dict[str, str]:
        """What was chosen, as `FileHints.from_mapping` takes it."""
        chosen = {"wavelength_unit": self.unit.value, "medium": self.medium.value}
        return {name: value for name, value in chosen.items() if value != AS_IN_FILES}

    def clear(self) -> None:
        """Choose nothing, without a call of ``on_change``."""
        self._clearing = True
        self.unit.value = self.medium.value = AS_IN_FILES
        self._clearing = False

    def __panel__(self) -> Viewable:
        return self._layout


def _select(label: str, options: Sequence[str], css: str) -> pn.widgets.Select:
    return pn.widgets.Select(label=label, options=[AS_IN_FILES, *options], css_classes=[css], **WIDE)


def question_of(message: str) -> str:
    """The question in a refusal, without how to answer it on the command line."""
    return message.partition(" Say it by --")[0]
