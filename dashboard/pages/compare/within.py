"""The choice of a kept selection to which views of the Compare page keep."""

import html

import panel as pn

from dashboard.page import Session
from specvae_core.tasks.selections import selections_of

ALL = "all objects"


class WithinSelect(pn.widgets.Select):
    """All objects, or those of a kept selection; the choice is in the session's state."""

    def __init__(self, session: Session) -> None:
        super().__init__(label="within", options={ALL: ""}, css_classes=["picker", "small"])
        self._session = session
        self.param.watch(session.guard(lambda event: session.state.param.update(within=event.new)), "value")

    def refresh(self) -> None:
        """Offer the kept selections of the survey, and a filter that the address has given."""
        state = self._session.state
        names = (
            [one.title for one in selections_of(self._session.workspace, state.survey_id)] if state.survey_id else []
        )
        options = {ALL: "", **{name: f"@{name}" if name.isidentifier() else f"@`{name}`" for name in names}}
        if state.within not in options.values():
            options[state.within] = state.within
        if options != self.options or state.within != self.value:
            self.param.update(options=options, value=state.within)


def in_words(where: str) -> str:
    """`` within quiet`` of ``@quiet``, escaped; empty for all objects."""
    return f" within {html.escape(where.removeprefix('@').strip('`'))}" if where else ""
