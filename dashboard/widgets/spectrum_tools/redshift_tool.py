"""The trial redshift: it moves the lines over a spectrum, and is kept as *my z* with a quality."""

import numpy as np
import panel as pn

from dashboard.state import HIGHEST_TRIAL, LOWEST_TRIAL
from specvae_core.annotation_record import QUALITIES

from ..layout import WIDE
from .subject import Subject

STEP = 0.0002
"""Step of the trial redshift, in units of 1 + z: about 60 km/s."""

LIKELY = 3
"""Quality that is offered where none was said."""


class RedshiftTool:
    """Slider, field and buttons; the trial redshift itself is in the session's state."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._filling = False
        guard = subject.session.guard
        self.z = pn.widgets.FloatInput(
            label="z", value=0.0, step=0.0001, format="0.00000", width=112, css_classes=["field-inline"]
        )
        self.slider = pn.widgets.FloatSlider(label="", start=0, end=1, step=0.0001, show_value=False, **WIDE)
        self.quality = pn.widgets.RadioButtonGroup(
            options={str(flag): flag for flag in range(len(QUALITIES))}, value=LIKELY, css_classes=["flags"], **WIDE
        )
        keep = pn.widgets.Button(label="Keep as my z", css_classes=["pill", "small", "primary"])
        self.forget = pn.widgets.Button(label="Forget", css_classes=["pill", "small"])
        back = pn.widgets.Button(label="Survey’s z", css_classes=["pill", "small"])
        self.words = pn.pane.HTML("", css_classes=["muted", "tool-words"], **WIDE)
        for widget in (self.z, self.slider):
            widget.param.watch(guard(lambda event: self._enter(event.new)), "value")
        self.quality.param.watch(guard(lambda _: self._say_quality()), "value")
        keep.on_click(guard(lambda _: self.keep()))
        self.forget.on_click(guard(lambda _: subject.annotate(redshift=None, quality=None)))
        back.on_click(guard(lambda _: self.attempt(subject.known_redshift)))
        self.rows = pn.Row(self.z, back, css_classes=["bar-row"], **WIDE), self.slider
        self._kept = pn.Column(
            self.quality, pn.Row(keep, self.forget, css_classes=["bar-row"], **WIDE), self.words,
            css_classes=["tool-group"], **WIDE,
        )  # fmt: skip
        self.rows = (*self.rows, self._kept)

    @property
    def value(self) -> float:
        """The redshift that is tried: by default my z, else that of the survey, 0 where there is neither."""
        tried = self.subject.session.state.trial
        if tried is not None:
            return tried
        mine = self.subject.mine.redshift
        return self.subject.known_redshift if mine is None else mine

    @property
    def factor(self) -> float:
        """Wavelength of a line at the redshift that is tried, over that at the redshift of the survey."""
        return (1 + self.value) / (1 + self.subject.known_redshift)

    def attempt(self, value: float) -> None:
        """Try a redshift."""
        self.subject.session.state.trial = round(float(np.clip(value, LOWEST_TRIAL, HIGHEST_TRIAL)), 6)

    def step(self, by: int) -> None:
        """Move the trial redshift by steps of 60 km/s."""
        self.attempt((1 + self.value) * (1 + STEP * by) - 1)

    def keep(self) -> None:
        """Keep what is tried as my z."""
        if self.subject.object_id:
            self.subject.annotate(redshift=round(self.value, 6), quality=self.quality.value)

    def refresh(self) -> None:
        """Show what is tried, and what is kept."""
        value, mine = self.value, self.subject.mine
        self._filling = True
        self.z.value = round(value, 6)
        end = max(1.0, 1.5 * self.subject.known_redshift, value)
        self.slider.param.update(start=min(0.0, value), end=end, value=value)
        self._kept.visible = bool(self.subject.object_id)
        self.forget.visible = mine.redshift is not None
        if mine.quality is not None:
            self.quality.value = mine.quality
        self._filling = False
        if mine.redshift is None:
            self.words.object = f"quality: {', '.join(f'{i} {word}' for i, word in enumerate(QUALITIES))}"
        else:
            sure = "" if mine.quality is None else f", {QUALITIES[mine.quality]}"
            self.words.object = (
                f"my z is <b>{mine.redshift:.5f}</b>{sure}; the survey’s stays {self.subject.known_redshift:.5f}"
            )

    def begin(self) -> None:
        """Begin with another object."""
        self._filling, self.quality.value = True, LIKELY
        self._filling = False
        self.refresh()

    def _enter(self, value: float | None) -> None:
        if value is not None and not self._filling:
            self.attempt(value)

    def _say_quality(self) -> None:
        if not self._filling and self.subject.mine.redshift is not None:
            self.subject.annotate(quality=self.quality.value)
