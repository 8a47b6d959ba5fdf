"""A sentence beside a number whose error is known to be too small or too large."""

import html
from collections.abc import Sequence

import panel as pn

from specvae_core.tasks.trust import warnings_of

from ..page import Session
from .layout import WIDE


class TrustNote(pn.pane.HTML):
    """Says what a calibration found wrong with the errors shown here; empty where nothing is wrong or known."""

    def __init__(self, session: Session) -> None:
        super().__init__("", css_classes=["trust-note"], visible=False, **WIDE)
        self._session = session

    def ask(self, model_id: str, survey_id: str, quantities: Sequence[str], subset: str = "all") -> None:
        """Look up some quantities of a model; arguments as those of `warnings_of`."""
        found = warnings_of(self._session.workspace, model_id, survey_id, quantities, subset) if model_id else []
        text = html.escape(found[0]) if found else ""
        if len(found) > 1:
            text += f" {len(found) - 1} more: see Compare, Trust."
        if text != self.object or self.visible != bool(text):
            self.param.update(object=text, visible=bool(text))
