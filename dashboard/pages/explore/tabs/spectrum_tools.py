"""The tools of a spectrum that are not needed all the time, behind *More*: frame, redshift, lines, pins, remarks."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import panel as pn

from dashboard.plots.spectrum import ranked_lines
from dashboard.theme import hint
from dashboard.widgets.layout import WIDE
from specvae_core.annotation_record import QUALITIES, Feature
from specvae_core.errors import UserError
from specvae_core.lines import Line
from specvae_core.names import free_name

from ..view import MapView
from .spectrum_marks import PIN_COLOURS

WIDTHS = (0, 1, 2, 3, 5, 8)
"""Widths of smoothing, pixels."""

USUAL = "usual lines"
STEP = 0.0002
"""Step of the trial redshift, in units of 1 + z: about 60 km/s."""

MOST_Z = 7.0


@dataclass
class Trial:
    """The redshift that is being tried: that of the survey (0 where it has none), and the one that moves the lines."""

    survey: float = 0.0
    value: float = 0.0

    @property
    def factor(self) -> float:
        """Place of a line over its place at the redshift of the survey."""
        return (1 + self.value) / (1 + self.survey)


class SpectrumTools:
    """Widgets and what they are set to.

    Parameters
    ----------
    view
        The map, with the picked object.
    draw
        Called when the spectrum has to be drawn again.
    mark
        Called when only lines, remarks or the marked place have changed.
    """

    def __init__(self, view: MapView, draw: Callable[[], object], mark: Callable[[], object]) -> None:
        self.view, self._draw, self._mark = view, draw, mark
        self.trial, self.pins, self.place = Trial(), [], None
        self.lines: list[Line] = ranked_lines()
        self._filling = False
        guard = view.session.guard
        self.more = pn.widgets.Toggle(label="More", css_classes=["pill", "small"])
        self.frame = pn.widgets.RadioButtonGroup(options=["rest", "observed"], value="rest", css_classes=["segments"])
        self.width = pn.widgets.Select(
            label="smooth", options={f"{width} px" if width else "off": width for width in WIDTHS}, value=0,
            css_classes=["picker", "small"],
        )  # fmt: skip
        self.enlarge = pn.widgets.Toggle(label="Enlarge", css_classes=["pill", "small"])
        for widget in (self.frame, self.width, self.enlarge):
            widget.param.watch(guard(lambda _: self._draw()), "value")
        self._build_redshift(guard)
        self._build_lines(guard)
        self._build_pins(guard)
        self._build_remarks(guard)
        self.panel = self._panel()
        self.more.param.watch(guard(lambda event: self.panel.param.update(visible=event.new)), "value")

    def _build_redshift(self, guard: Callable) -> None:
        self.z = pn.widgets.FloatInput(
            label="z", value=0.0, step=0.0001, format="0.00000", width=112, css_classes=["field-inline"]
        )
        self.slider = pn.widgets.FloatSlider(label="", start=0, end=1, step=0.0001, show_value=False, **WIDE)
        self.quality = pn.widgets.RadioButtonGroup(
            options={str(flag): flag for flag in range(len(QUALITIES))}, value=3, css_classes=["flags"], **WIDE
        )
        self.keep = pn.widgets.Button(label="Keep as my z", css_classes=["pill", "small", "primary"])
        self.forget = pn.widgets.Button(label="Forget", css_classes=["pill", "small"])
        self.back = pn.widgets.Button(label="Survey’s z", css_classes=["pill", "small"])
        self.mine = pn.pane.HTML("", css_classes=["muted", "tool-words"], **WIDE)
        for widget in (self.z, self.slider):
            widget.param.watch(guard(lambda event: self._try(event.new)), "value")
        self.quality.param.watch(guard(lambda _: self._say_quality()), "value")
        self.keep.on_click(guard(lambda _: self._keep_z()))
        self.forget.on_click(guard(lambda _: self._say(redshift=None, quality=None)))
        self.back.on_click(guard(lambda _: self._try(self.trial.survey)))

    def _build_lines(self, guard: Callable) -> None:
        self.list = pn.widgets.Select(label="lines", options=[USUAL], css_classes=["picker", "small"])
        self.upload = pn.widgets.FileInput(accept=".csv", css_classes=["own-lines"], **WIDE)
        self.here = pn.widgets.Select(label="place is", options={"choose…": ""}, css_classes=["picker", "small"])
        self.list.param.watch(guard(lambda event: self._take_list(event.new)), "value")
        self.upload.param.watch(guard(lambda _: self._upload()), "value")
        self.here.param.watch(guard(lambda event: self._identify(event.new)), "value")

    def _build_pins(self, guard: Callable) -> None:
        pin = pn.widgets.Button(label="Pin", css_classes=["pill", "small"], description=hint("Keep it behind others"))
        self.pin_selected = pn.widgets.Button(label="Pin selected", css_classes=["pill", "small"])
        clear = pn.widgets.Button(label="Unpin all", css_classes=["pill", "small"])
        pin.on_click(guard(lambda _: self._pin([self.view.session.state.picked])))
        self.pin_selected.on_click(guard(lambda _: self._pin(self._selected())))
        clear.on_click(guard(lambda _: self._pin(None)))
        self._pin_row = pn.Row(pin, self.pin_selected, clear, css_classes=["bar-row"], **WIDE)
        self.pinned = pn.pane.HTML("", css_classes=["tool-words"], **WIDE)

    def _build_remarks(self, guard: Callable) -> None:
        self.note = pn.widgets.TextInput(placeholder="remark at the place", css_classes=["annotation"], **WIDE)
        self.note.param.watch(guard(lambda event: self._remark(event.new.strip())), "value")
        self.remarks = pn.Column(css_classes=["tool-words"], **WIDE)

    def _panel(self) -> pn.Column:
        place = pn.pane.HTML(_PLACE, css_classes=["muted", "tool-words"], **WIDE)
        self._place_words = place
        row = partial(pn.Row, css_classes=["bar-row"], **WIDE)
        return pn.Column(
            row(self.frame, self.width), row(self.z, self.back), self.slider, self.quality,
            row(self.keep, self.forget), self.mine, row(self.list), self.upload, place,
            row(self.here, self.enlarge), self.note,
            self.remarks, self._pin_row, self.pinned, visible=False, css_classes=["spectrum-tools"], width=272,
            sizing_mode="stretch_height",
        )  # fmt: skip

    # What is set

    def stretch(self, redshift: float) -> float:
        """Wavelengths of the plot over those of the survey, for an object of a redshift (NaN where unknown)."""
        return 1 + redshift if self.frame.value == "observed" and np.isfinite(redshift) else 1.0

    def show(self, redshift: float) -> None:
        """Follow the picked object, whose redshift in the survey this is; NaN where it has none."""
        mine = self._mine()
        self.trial.survey = redshift if np.isfinite(redshift) else 0.0
        self._set(self.trial.survey if mine.redshift is None else mine.redshift)
        self.mark_at(None)
        self._filling = True
        self.quality.value = 3 if mine.quality is None else mine.quality
        names = self.view.session.workspace.line_lists.names()
        if [USUAL, *names] != self.list.options:
            self.list.options = [USUAL, *names]
        self._offer_lines()
        self._filling = False
        self._say_what_is_kept()

    def follow(self) -> None:
        """Show what is kept of the picked object after a change, as an undo; what is being tried stays."""
        self._say_what_is_kept()
        self._mark()

    def remarks_shown(self) -> tuple[Feature, ...]:
        """Remarks of everybody on the picked object."""
        return tuple(feature for one in self._everybody().values() for feature in one.features)

    def mark_at(self, place: float | None) -> None:
        """Mark a wavelength of the survey's frame (Angstrom)."""
        self.place = place
        words = _PLACE if place is None else f"place: <b>{place:,.1f} Å</b> at rest, as the survey has it"
        self._place_words.object = words
        self._mark()

    def key(self, key: str) -> bool:
        """Answer a key; whether it has."""
        if key == "m":
            self.more.value = not self.more.value
        elif key == "o":
            self.frame.value = "rest" if self.frame.value == "observed" else "observed"
        elif key == "w":
            self.width.value = WIDTHS[(WIDTHS.index(self.width.value) + 1) % len(WIDTHS)]
        elif key in "[]":
            self._try((1 + self.trial.value) * (1 + STEP * (1 if key == "]" else -1)) - 1)
        elif key == "k":
            self._keep_z()
        else:
            return False
        return True

    # Redshift

    def _try(self, value: float | None) -> None:
        if value is not None and not self._filling:
            self._set(float(np.clip(value, -0.01, MOST_Z)))
            self._mark()

    def _set(self, value: float) -> None:
        self.trial.value, self._filling = value, True
        self.z.value = round(value, 6)
        end = max(1.0, 1.5 * self.trial.survey, value)
        self.slider.param.update(start=min(0.0, value), end=end, value=value)
        self._filling = False

    def _keep_z(self) -> None:
        self._say(redshift=round(self.trial.value, 6), quality=self.quality.value)

    def _say_quality(self) -> None:
        if not self._filling and self._mine().redshift is not None:
            self._say(quality=self.quality.value)

    def _say(self, **fields: object) -> None:
        self.view.annotate(self.view.session.state.picked, **fields)
        self._say_what_is_kept()
        self._mark()

    def _mine(self):
        return self.view.annotation(self.view.session.state.picked)

    def _everybody(self) -> dict:
        state = self.view.session.state
        found = self.view.session.workspace.annotations.by_author(state.survey_id, state.picked)
        return {author: said[state.picked] for author, said in found.items() if said}

    def _say_what_is_kept(self) -> None:
        mine = self._mine()
        self.forget.visible = mine.redshift is not None
        if mine.redshift is None:
            self.mine.object = f"quality: {', '.join(f'{i} {word}' for i, word in enumerate(QUALITIES))}"
        else:
            sure = "" if mine.quality is None else f", {QUALITIES[mine.quality]}"
            self.mine.object = f"my z is <b>{mine.redshift:.5f}</b>{sure}; the survey’s stays {self.trial.survey:.5f}"
        self.remarks.objects = [self._remark_row(feature) for feature in mine.features]

    # Lines

    def _take_list(self, name: str) -> None:
        if not self._filling:
            self.lines = ranked_lines() if name == USUAL else list(self.view.session.workspace.line_lists.get(name))
            self._filling = True
            self._offer_lines()
            self._filling = False
            self._mark()

    def _offer_lines(self) -> None:
        """What the marked place can be."""
        named = {f"{line.label} {line.wavelength:.0f}": line.wavelength for line in self.lines}
        self.here.param.update(options={"choose…": "", **named}, value="")

    def _identify(self, wavelength: float | str) -> None:
        """Take the redshift at which a line lies at the marked place."""
        if self._filling or wavelength == "":
            return
        if self.place is None:
            raise UserError("Click in the spectrum first, where the line is.")
        self._try(self.place * (1 + self.trial.survey) / float(wavelength) - 1)

    def _upload(self) -> None:
        if not self.upload.value:
            return
        workspace = self.view.session.workspace
        name = free_name(str(self.upload.filename or "").removesuffix(".csv"), (), "lines")
        kept = workspace.line_lists.keep(name, self.upload.value)
        self.list.options = [USUAL, *workspace.line_lists.names()]
        self.list.value = name
        self.view.session.notify(f"{len(kept):,} lines are kept as {name}.", kind="good")

    # Pins

    def _selected(self) -> list[str]:
        rows = self.view.session.state.selection
        if not len(rows):
            raise UserError("Nothing is selected: drag around objects in the map, or write a filter above it.")
        return list(self.view.map.index.ids_of(rows[: len(PIN_COLOURS)]))

    def _pin(self, names: list[str] | None) -> None:
        """Pin objects, the latest that there are colours for; ``None`` unpins all."""
        self.pins = [] if names is None else list(dict.fromkeys([*self.pins, *names]))[-len(PIN_COLOURS) :]
        keys = zip(self.pins, PIN_COLOURS, strict=False)
        self.pinned.object = "<br>".join(
            f'<i class="key" style="border-color:{colour}"></i>{html.escape(name)}' for name, colour in keys
        )
        self._draw()

    # Remarks

    def _remark(self, words: str) -> None:
        if not words:
            return
        if self.place is None:
            raise UserError("Click in the spectrum first, where the remark belongs.")
        said, feature = self._mine().features, Feature(round(self.place, 2), words)
        self.note.value = ""
        if feature in said:  # the field says so at Enter, and once more when it is left
            return
        features = (*said, feature)
        self._say(features=tuple(sorted(features, key=lambda feature: feature.wavelength)))

    def _remark_row(self, feature: Feature) -> pn.Row:
        delete = pn.widgets.Button(label="×", css_classes=["pill", "icon", "small"])
        left = tuple(one for one in self._mine().features if one != feature)
        delete.on_click(self.view.session.guard(lambda _: self._say(features=left)))
        words = pn.pane.HTML(html.escape(str(feature)), css_classes=["grow"], **WIDE)
        return pn.Row(words, delete, css_classes=["bar-row"], **WIDE)


_PLACE = "Click in the spectrum to mark a place."
