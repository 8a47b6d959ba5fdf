"""All tools of a large spectrum in one column, behind *More*: frame, smoothing, redshift, lines, remarks, pins."""

from collections.abc import Callable
from functools import partial

import panel as pn

from dashboard.page import Session
from dashboard.state import FRAMES, SMOOTHINGS

from ..layout import WIDE
from .line_tool import LineTool
from .pin_tool import PinTool
from .redshift_tool import RedshiftTool
from .remark_tool import RemarkTool
from .subject import Subject

REDRAWN = frozenset({"frame", "smoothing", "physical", "pins"})
"""Parameters of the session's state at whose change the spectrum is drawn again."""

MARKED = frozenset({"trial", "line_list", "place", "enlarged"})
"""Those at whose change only marks on it move."""

FOLLOWED = REDRAWN | MARKED
"""Parameters of the state that the tools set; the page that shows them watches these, see `SpectrumTools.follow`."""

KEYS = (
    ("m", "more tools"),
    ("o w", "observed or rest frame, smoothing"),
    ("[ ] k", "move the trial redshift, keep it as my z"),
)
"""Keys that `SpectrumTools.key` answers."""


class SpectrumTools:
    """Widgets that set the session's state, and follow it.

    Parameters
    ----------
    on_mark
        Called when what is marked in the spectrum has changed.
    """

    def __init__(self, session: Session, on_mark: Callable[[], object]) -> None:
        self._state, self._on_mark = session.state, on_mark
        self._filling = False
        self.subject = Subject(session, self._changed)
        guard = session.guard
        self.more = pn.widgets.Toggle(label="More", css_classes=["pill", "small"])
        self.physical = pn.widgets.Toggle(label="Physical flux", css_classes=["pill", "small"], visible=False)
        self.frame = pn.widgets.RadioButtonGroup(options=list(FRAMES), value=FRAMES[0], css_classes=["segments"])
        self.width = pn.widgets.Select(
            label="smooth", options={f"{width} px" if width else "off": width for width in SMOOTHINGS}, value=0,
            css_classes=["picker", "small"],
        )  # fmt: skip
        self.enlarge = pn.widgets.Toggle(label="Enlarge", css_classes=["pill", "small"])
        self._setting = {
            "frame": self.frame, "smoothing": self.width, "physical": self.physical, "enlarged": self.enlarge,
        }  # fmt: skip
        for name, widget in self._setting.items():
            widget.param.watch(guard(partial(self._set, name)), "value")
        self.redshift = RedshiftTool(self.subject)
        self.lines = LineTool(self.subject, self.redshift)
        self.remarks, self.pins = RemarkTool(self.subject), PinTool(session)
        self._place = pn.pane.HTML(_PLACE, css_classes=["muted", "tool-words"], **WIDE)
        self.panel = self._panel()
        self.more.param.watch(guard(lambda event: self.panel.param.update(visible=event.new)), "value")

    def _panel(self) -> pn.Column:
        row = partial(pn.Row, css_classes=["bar-row"], **WIDE)
        return pn.Column(
            row(self.frame, self.width), *self.redshift.rows, *self.lines.rows, self._place,
            row(self.lines.here, self.enlarge), *self.remarks.rows, *self.pins.rows,
            visible=False, css_classes=["spectrum-tools"], width=272, sizing_mode="stretch_height",
        )  # fmt: skip

    def offer(self, usable: bool) -> None:
        """Whether the spectrum has wavelengths, which the tools need."""
        self.more.visible = usable
        self.panel.visible = usable and self.more.value

    def show(self, object_id: str, redshift: float) -> None:
        """Follow another object, whose redshift in the catalogue this is; NaN where it has none."""
        other = object_id != self.subject.object_id
        self.subject.object_id, self.subject.redshift = object_id, redshift
        self._fill()
        if other:
            self.redshift.begin()
            if not object_id:  # an uploaded spectrum; the state drops the place of an object itself
                self._state.place = None
            self._changed()

    def follow(self) -> None:
        """Show what the state says, and what is kept of the object."""
        self._fill()
        self._on_mark()

    def key(self, key: str) -> bool:
        """Answer a key of `KEYS`; whether it has."""
        if key == "m":
            self.more.value = not self.more.value
        elif key == "o":
            self._state.frame = FRAMES[1 - FRAMES.index(self._state.frame)]
        elif key == "w":
            self._state.smoothing = SMOOTHINGS[(SMOOTHINGS.index(self._state.smoothing) + 1) % len(SMOOTHINGS)]
        elif key in "[]":
            self.redshift.step(1 if key == "]" else -1)
        elif key == "k":
            self.redshift.keep()
        else:
            return False
        return True

    def _fill(self) -> None:
        self._filling = True
        for name, widget in self._setting.items():
            widget.value = getattr(self._state, name)
        self._filling = False
        self.lines.refresh()
        self.pins.refresh()
        self._say()

    def _set(self, name: str, event: object) -> None:
        if not self._filling:
            setattr(self._state, name, event.new)

    def _changed(self) -> None:
        self._say()
        self._on_mark()

    def _say(self) -> None:
        place = self.subject.place
        words = _PLACE if place is None else f"place: <b>{place:,.1f} Å</b> at rest, as the survey has it"
        self._place.object = words
        self.redshift.refresh()
        self.remarks.refresh()


_PLACE = "Click in the spectrum to mark a place."
