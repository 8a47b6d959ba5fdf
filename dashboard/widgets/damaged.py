"""What of a workspace cannot be read: a notice of all of it; a list of surveys or models, with buttons to delete."""

import html
from collections.abc import Callable

import panel as pn

from specvae_core.summaries import Damaged
from specvae_core.workspace import Workspace

from .layout import WIDE

MOST_NAMED = 5
"""Damaged things that the notice names."""


def damage_in(workspace: Workspace) -> list[str]:
    """Sentences of what is left out because it cannot be read; none where all is well."""
    names = [f"{one.kind} {one.id}" for one in workspace.damaged()]
    names += [f"{kind}/{result_id}" for kind, result_id in workspace.results.damaged()]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    left_out = f"Damaged, and left out: {', '.join(names[:MOST_NAMED])}{more}. `specvae check` says why."
    return [sentence for sentence in (left_out if names else "", workspace.annotations.fault) if sentence]


class DamagedList(pn.Column):
    """One row each; nothing is seen where all is well.

    Parameters
    ----------
    workspace
        Where they lie.
    kind
        ``survey`` or ``model``.
    on_delete
        Called with the id of one that is to go, after the user has confirmed it.
    guard
        Wraps callbacks so that errors become notices.
    """

    def __init__(
        self,
        workspace: Workspace,
        kind: str,
        on_delete: Callable[[str], object],
        guard: Callable[[Callable], Callable],
    ) -> None:
        super().__init__(visible=False, **WIDE)
        self._workspace, self._kind, self._on_delete, self._guard = workspace, kind, on_delete, guard
        self._shown: list[Damaged] = []

    def update(self) -> None:
        """Look at the workspace again."""
        found = [one for one in self._workspace.damaged() if one.kind == self._kind]
        if found != self._shown:
            self._shown = found
            self.objects = [self._row(one) for one in found]
        self.visible = bool(found)

    def _row(self, one: Damaged) -> pn.Row:
        text = f"<b>{html.escape(one.id)}</b> is damaged: {html.escape(one.reason)}"
        button = pn.widgets.Button(label="Delete…", css_classes=["pill", "danger"])
        button.on_click(self._guard(lambda _: self._press(button, one.id)))
        return pn.Row(pn.pane.HTML(text, **WIDE), button, css_classes=["confirm"], **WIDE)

    def _press(self, button: pn.widgets.Button, id_: str) -> None:
        if button.label == "Delete…":
            button.label = "Delete for good"
        else:
            self._on_delete(id_)
