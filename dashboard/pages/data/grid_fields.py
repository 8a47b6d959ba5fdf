"""A wavelength grid in a form: first and last wavelength, number of pixels, and presets."""

from collections.abc import Callable, Sequence

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine
from specvae_core.errors import BadConfig, UserError
from specvae_core.grid import DEFAULT_GRID, SpectralGrid
from specvae_core.workspace import SurveySummary

FROM_FILES, BY_HAND = "as in the files", "by hand"


class GridFields(Viewer):
    """Start, stop and number of pixels, with presets.

    Parameters
    ----------
    suggest
        Returns the grid of the files that are to be ingested.
    """

    def __init__(self, suggest: Callable[[], SpectralGrid], guard: Guard) -> None:
        super().__init__()
        self._suggest = suggest
        self._presets: dict[str, SpectralGrid] = {}
        self._writing = False
        self.preset = pn.widgets.Select(label="Wavelength grid", options=[BY_HAND], css_classes=["grid-preset"], **WIDE)
        self.numbers = [
            pn.widgets.TextInput(label=label, css_classes=[name], **WIDE)
            for name, label in (("grid-from", "From [Å]"), ("grid-to", "To [Å]"), ("grid-pixels", "Pixels"))
        ]
        self.error = ErrorLine()
        self.preset.param.watch(guard(lambda event: self._choose(event.new)), "value")
        for number in self.numbers:
            number.param.watch(lambda event: self._typed(), "value")
        note = pn.pane.HTML("Rest frame, vacuum, equal steps in log wavelength.", css_classes=["muted"], **WIDE)
        self._layout = pn.Column(
            self.preset, pn.Row(*self.numbers, css_classes=["grid-row"], **WIDE), self.error, note, **WIDE
        )

    def offer(self, surveys: Sequence[SurveySummary]) -> None:
        """Offer the default grid and those of these surveys."""
        presets = {f"galaxies: {_words(DEFAULT_GRID)}": DEFAULT_GRID}
        for survey in surveys:
            if isinstance(survey.grid, SpectralGrid) and not any(
                survey.grid.matches(grid) for grid in presets.values()
            ):
                presets[f"as {survey.id}: {_words(survey.grid)}"] = survey.grid
        options = [*presets, FROM_FILES, BY_HAND]
        first, self._presets = not self._presets, presets
        if options != self.preset.options:
            value = options[0] if first or self.preset.value not in options else self.preset.value
            self.preset.param.update(options=options, value=value)

    def suit(self, suggested: SpectralGrid, ranges: Sequence[Sequence[float]]) -> None:
        """Take the suggested grid where the files do not cover half of the one that stands here, as yet untouched.

        Parameters
        ----------
        suggested
            What suits the files.
        ranges
            First and last wavelength of each kind of file, Angstrom.
        """
        text = self.grid()
        if text is None or self.preset.value in (BY_HAND, FROM_FILES):
            return
        grid = SpectralGrid.parse(text)
        covered = [
            ((grid.wavelength >= low / 1.5) & (grid.wavelength <= high)).mean()  # redshifts move them to the blue
            for low, high in ranges
        ]
        if max(covered) < 0.5:
            self._write(suggested)
            self.preset.value = BY_HAND

    def grid(self) -> str | None:
        """The grid as ``start:stop:n``; ``None`` where it is none, which then stands beneath it."""
        text = ":".join(number.value.strip() for number in self.numbers)
        try:
            SpectralGrid.parse(text)
        except BadConfig as error:
            self.error.show(str(error))
            return None
        self.error.show("")
        return text

    def _choose(self, preset: str) -> None:
        grid = self._presets.get(preset)
        if preset == FROM_FILES:
            try:
                grid = self._suggest()
            except UserError:
                self.preset.value = BY_HAND
                raise
        if grid is not None:
            self._write(grid)

    def _write(self, grid: SpectralGrid) -> None:
        self._writing = True
        for number, text in zip(self.numbers, str(grid).split(":"), strict=True):
            number.value = text
        self._writing = False
        self.error.show("")

    def _typed(self) -> None:
        if not self._writing:
            self.preset.value = BY_HAND
            self.grid()

    def __panel__(self) -> Viewable:
        return self._layout


def _words(grid: SpectralGrid) -> str:
    return f"{grid.wavelength[0]:.0f}–{grid.wavelength[-1]:.0f} Å, {grid.n_pixel} pixels"
