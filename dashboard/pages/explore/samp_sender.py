"""Shares the selection with TOPCAT, Aladin and others, and follows what they point at."""

import numpy as np
import panel as pn

from dashboard.aside import Aside
from specvae_core.tasks.export import latent_table, provenance
from specvae_core.tasks.samp import Pointed, SampLink

from .view import MapView


class SampSender:
    """Connects to the hub of the machine that serves when rows are first sent; leaves it with the session."""

    def __init__(self, view: MapView) -> None:
        self._view, self._link = view, None
        self._sent: Aside[tuple[SampLink, str]] = Aside(view.session.runner.aside)
        view.session.live.watch(view.session.guard(self.look))
        if pn.state.curdoc is not None:
            pn.state.on_session_destroyed(lambda _: self.close())

    def send(self) -> None:
        """Send the selected objects, all where nothing is selected, on another thread."""
        session, link = self._view.session, self._link
        state, workspace = session.state, session.workspace
        rows = np.asarray(state.selection) if len(state.selection) else np.arange(self._view.map.n)
        survey, model = state.survey_id, state.model_id

        def sent() -> tuple[SampLink, str]:
            hub = link or SampLink()
            encoding = workspace.encoding(model, survey)
            table = latent_table(workspace.survey(survey), encoding, rows, workspace.annotations)
            hub.send(table, f"{survey}, {len(rows):,} objects", provenance(workspace, survey, model))
            names = ", ".join(hub.clients())
            return (
                hub,
                f"{len(rows):,} objects are sent to {names}." if names else "No program at the hub takes tables.",
            )

        self._sent.ask(sent)

    def look(self) -> None:
        """Say what was sent, and select or pick what other programs point at."""
        answer = self._sent.take()
        if answer is not None:
            self._link = answer.value[0] if answer.value else self._link
            self._view.session.notify(
                answer.value[1] if answer.value else answer.trouble, "info" if answer.value else "bad"
            )
        if self._link is not None and self._view.map is not None:
            for pointed in self._link.received():
                self._follow(pointed)

    def _follow(self, pointed: Pointed) -> None:
        state, index = self._view.session.state, self._view.map.index
        rows = index.rows_of(pointed.ids)
        rows = np.unique(rows[rows >= 0]).astype(np.int32)
        if pointed.highlight and len(rows):
            self._view.pick(int(rows[0]))
        elif not pointed.highlight:
            state.selection = rows

    def close(self) -> None:
        """Leave the hub."""
        if self._link is not None:
            self._link.close()
            self._link = None
