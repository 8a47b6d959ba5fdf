"""Which lines are drawn over a spectrum: the usual ones or a list of one's own, and which of them is at a place."""

import panel as pn

from dashboard.plots.spectrum import ranked_lines
from specvae_core.errors import UserError
from specvae_core.lines import Line
from specvae_core.names import free_name

from ..layout import WIDE
from .redshift_tool import RedshiftTool
from .subject import Subject

USUAL = "usual lines"


class LineTool:
    """List of lines, which the session's state names, the upload of another one, and the line at the marked place."""

    def __init__(self, subject: Subject, redshift: RedshiftTool) -> None:
        self.subject, self._redshift = subject, redshift
        self._filling, self._taken = False, USUAL
        self.lines: list[Line] = ranked_lines()
        guard = subject.session.guard
        self.list = pn.widgets.Select(label="lines", options=[USUAL], css_classes=["picker", "small"])
        self.upload = pn.widgets.FileInput(accept=".csv", css_classes=["own-lines"], **WIDE)
        self.here = pn.widgets.Select(label="place is", options={"choose…": ""}, css_classes=["picker", "small"])
        self.list.param.watch(guard(lambda event: self._choose(event.new)), "value")
        self.upload.param.watch(guard(lambda _: self._upload()), "value")
        self.here.param.watch(guard(lambda event: self._identify(event.new)), "value")
        self.rows = pn.Row(self.list, css_classes=["bar-row"], **WIDE), self.upload
        self._offer()

    def refresh(self) -> None:
        """Take the list that the state names; the usual lines where there is none of that name."""
        kept, wanted = self.subject.session.workspace.line_lists, self.subject.session.state.line_list
        names = kept.names()
        name = wanted if wanted in names else USUAL
        self._filling = True
        if [USUAL, *names] != self.list.options:
            self.list.options = [USUAL, *names]
        self.list.value = name
        if name != self._taken:
            self._taken, self.lines = name, ranked_lines() if name == USUAL else list(kept.get(name))
            self._offer()
        self.here.value = ""
        self._filling = False

    def _offer(self) -> None:
        """What the marked place can be."""
        named = {f"{line.label} {line.wavelength:.0f}": line.wavelength for line in self.lines}
        self.here.param.update(options={"choose…": "", **named}, value="")

    def _choose(self, name: str) -> None:
        if not self._filling:
            self.subject.session.state.line_list = "" if name == USUAL else name

    def _identify(self, wavelength: float | str) -> None:
        """Take the redshift at which a line lies at the marked place."""
        if self._filling or wavelength == "":
            return
        if self.subject.place is None:
            raise UserError("Click in the spectrum first, where the line is.")
        self._redshift.attempt(self.subject.place * (1 + self.subject.known_redshift) / float(wavelength) - 1)

    def _upload(self) -> None:
        if not self.upload.value:
            return
        session = self.subject.session
        name = free_name(str(self.upload.filename or "").removesuffix(".csv"), (), "lines")
        kept = session.workspace.line_lists.keep(name, self.upload.value)
        self._taken = ""  # a list of that name may be another one now
        session.state.line_list = name
        self.refresh()
        session.notify(f"{len(kept):,} lines are kept as {name}.", kind="good")
