"""A wavelength grid in a form: first and last wavelength, number of pixels, and presets."""

from collections.abc import Sequence

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine
from dashboard.widgets.titles import titles_of
from specvae_core.digits import whole_number
from specvae_core.errors import BadConfig
from specvae_core.grid import DEFAULT_GRID, PIXELS, BandGrid, PixelGrid, SpectralGrid, parse_grid
from specvae_core.summaries import SurveySummary

FROM_FILES, BY_HAND, COUNTED = "as in the files", "by hand", "pixels without wavelengths"
LOGARITHMIC = "Rest frame, vacuum, equal steps in log wavelength."
PLAIN = "Pixels are kept as they are: all objects have the same number of them."


class GridFields(Viewer):
    """Start, stop and number of pixels, with presets; the number alone where pixels carry no wavelength."""

    def __init__(self, guard: Guard) -> None:
        super().__init__()
        self._suggested: SpectralGrid | PixelGrid | None = None
        self._typed_by_user = False
        self._presets: dict[str, SpectralGrid | PixelGrid] = {}
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
        self._note = pn.pane.HTML(LOGARITHMIC, css_classes=["muted"], **WIDE)
        self._layout = pn.Column(
            self.preset, pn.Row(*self.numbers, css_classes=["grid-row"], **WIDE), self.error, self._note, **WIDE
        )

    @property
    def counted(self) -> bool:
        """Whether pixels are counted and carry no wavelength."""
        return self.preset.value == COUNTED or isinstance(self._presets.get(self.preset.value), PixelGrid)

    def offer(self, surveys: Sequence[SurveySummary]) -> None:
        """Offer the default grid and those of these surveys."""
        presets: dict[str, SpectralGrid | PixelGrid] = {f"galaxies: {_words(DEFAULT_GRID)}": DEFAULT_GRID}
        titles = titles_of(surveys)
        for survey in surveys:
            known = any(survey.grid.matches(grid) for grid in presets.values())
            if not (known or isinstance(survey.grid, BandGrid)):
                presets[f"as {titles[survey.id]}: {_words(survey.grid)}"] = survey.grid
        options = [*presets, FROM_FILES, BY_HAND, COUNTED]
        first, self._presets = not self._presets, presets
        if options != self.preset.options:
            value = options[0] if first or self.preset.value not in options else self.preset.value
            self.preset.param.update(options=options, value=value)

    def suit(
        self, suggested: SpectralGrid | PixelGrid, ranges: Sequence[Sequence[float]], *, own: bool = False
    ) -> None:
        """Take the suggested grid where it was asked for, or where the files cannot be put on the one that stands here.

        They cannot where one of them counts pixels and the other knows wavelengths, and where they cover less than
        half of the one that stands here. Numbers that the user typed stay, unless pixels and wavelengths are mixed.

        Parameters
        ----------
        suggested
            What suits the files.
        ranges
            First and last wavelength of each kind of file, Angstrom.
        own
            Whether objects of this kind get the grid of their files, unless numbers were typed.
        """
        self._suggested = suggested
        if isinstance(suggested, PixelGrid):
            self._take(suggested, COUNTED)
            return
        if self.counted or self.preset.value == FROM_FILES:
            self._take(suggested, FROM_FILES)
            return
        if self._typed_by_user:
            return
        if own:
            self._take(suggested, FROM_FILES)
            return
        text = self.grid()
        if text is None or not ranges:
            return
        grid = SpectralGrid.parse(text)
        covered = [
            ((grid.wavelength >= low / 1.5) & (grid.wavelength <= high)).mean()  # redshifts move them to the blue
            for low, high in ranges
        ]
        if max(covered) < 0.5:
            self._take(suggested, FROM_FILES)

    def forget(self) -> None:
        """Drop the suggestion: other files are chosen, or none."""
        self._suggested = None

    def grid(self) -> str | None:
        """The grid as ``start:stop:n`` or ``pixels:n``; ``None`` where it is none, which then stands beneath it."""
        if self.preset.value == FROM_FILES and self._suggested is None:
            self.error.show("No grid is known from the files yet: choose files that can be read, or give it by hand.")
            return None
        texts = [number.value.strip() for number in self.numbers]
        text = f"{PIXELS}:{texts[-1]}" if self.counted else ":".join(texts)
        try:
            if self.counted and whole_number(texts[-1]) is None:
                raise BadConfig(f"{texts[-1]!r} is not a number of pixels: a whole number was expected, as 784.")
            parse_grid(text)
        except BadConfig as error:
            self.error.show(str(error))
            return None
        self.error.show("")
        return text

    def _choose(self, preset: str) -> None:
        grid = self._suggested if preset == FROM_FILES else self._presets.get(preset)
        if preset == FROM_FILES and isinstance(grid, PixelGrid):
            self._take(grid, COUNTED)
        elif grid is not None:
            self._write(grid)
        for number in self.numbers[:-1]:
            number.visible = not self.counted
        self._note.object = PLAIN if self.counted else LOGARITHMIC

    def _take(self, grid: SpectralGrid | PixelGrid, preset: str) -> None:
        self.preset.value = preset
        self._write(grid)

    def _write(self, grid: SpectralGrid | PixelGrid) -> None:
        self._writing = True
        texts = [str(grid.n_pixel)] if isinstance(grid, PixelGrid) else str(grid).split(":")
        for number, text in zip(self.numbers[-len(texts) :], texts, strict=True):
            number.value = text
        self._writing = self._typed_by_user = False
        self.error.show("")

    def _typed(self) -> None:
        if not self._writing:
            self.preset.value = COUNTED if self.counted else BY_HAND
            self._typed_by_user = True
            self.grid()

    def __panel__(self) -> Viewable:
        return self._layout


def _words(grid: SpectralGrid | PixelGrid) -> str:
    if isinstance(grid, PixelGrid):
        return f"{grid.n_pixel} pixels"
    return f"{grid.wavelength[0]:.0f}–{grid.wavelength[-1]:.0f} Å, {grid.n_pixel} pixels"
