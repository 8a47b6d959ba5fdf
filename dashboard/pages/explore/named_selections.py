"""Selections under names: kept, shown, joined, renamed, copied, deleted; a row of the tab *Selection*."""

import numpy as np
import panel as pn

from dashboard.theme import hint
from dashboard.widgets.action_menu import ActionMenu
from dashboard.widgets.choices import offer
from specvae_core.errors import BadConfig
from specvae_core.results import Kind, Result
from specvae_core.tasks.colour_columns import SELECTIONS
from specvae_core.tasks.selections import (
    copy_selection,
    find_selection,
    keep_selection,
    rename_selection,
    rows_of,
    selections_of,
)

from .view import MapView

_WAYS = {"=": "take", "∪": "or", "∩": "and", "∖": "not"}
_JOIN = {"take": lambda now, kept: kept, "or": np.union1d, "and": np.intersect1d, "not": np.setdiff1d}


class NamedSelections(pn.Row):
    """A name for what is selected, and those that have one."""

    def __init__(self, view: MapView) -> None:
        self.view = view
        guard = view.session.guard
        self.name_field = pn.widgets.TextInput(placeholder="name", width=120, css_classes=["field-inline"])
        self.keep = pn.widgets.Button(
            label="Keep", css_classes=["pill", "small"], description=hint("Keep the selected objects under this name")
        )
        self.picker = pn.widgets.Select(label="kept", options={}, css_classes=["picker", "small"])
        self.ways = [
            pn.widgets.Button(label=sign, css_classes=["pill", "small", "icon"], description=hint(_HINTS[way]))
            for sign, way in _WAYS.items()
        ]
        self.more = ActionMenu(
            "More",
            {
                "Colour the map by all kept": guard(lambda: view.session.state.param.update(colour_by=SELECTIONS)),
                "Rename to the name typed here": guard(self._give_name),
                "Copy": guard(self._copy),
                "Delete": guard(self._delete),
            },
        )
        self.keep.on_click(guard(lambda _: self._keep()))
        for button, way in zip(self.ways, _WAYS.values(), strict=True):
            button.on_click(guard(lambda _, way=way: self._show(way)))
        self._of_kept = pn.Row(self.picker, *self.ways, self.more, css_classes=["bar-row"], margin=0, visible=False)
        super().__init__(
            self.name_field, self.keep, self._of_kept, css_classes=["bar-row", "named"], sizing_mode="stretch_width"
        )

    def refresh(self, chosen: str = "") -> None:
        """Follow the workspace and the selection; ``chosen`` is the id to show, else the one that is shown stays."""
        state, workspace = self.view.session.state, self.view.session.workspace
        kept = selections_of(workspace, state.survey_id)
        options = {f"{one.title} ({one.header['n']:,})": one.id for one in kept}
        value = chosen or self.picker.value
        value = value if value in options.values() else next(iter(options.values()), None)
        offer(self.picker, options, value)
        self._of_kept.visible = bool(options)
        self.keep.disabled = not len(state.selection)

    def _kept(self) -> Result:
        return self.view.session.workspace.results.load(Kind.SELECTIONS, self.picker.value)

    def _keep(self) -> None:
        session = self.view.session
        state, name = session.state, self.name_field.value.strip()
        if not len(state.selection):
            raise BadConfig("Nothing is selected: select objects in the map or by a filter first.")
        older = self._older(name)
        result = keep_selection(
            session.workspace, state.survey_id, name, state.selection, where=state.where, model_id=state.model_id
        )
        self.name_field.value = ""
        self.view.changes.add(lambda: self._forget(result, older, name))
        state.where = f"@{name}"  # the address names them, so that a link holds a selection of any size
        self.refresh(result)
        session.notify(f"{len(state.selection):,} objects are kept as {name}.", "good")

    def _give_name(self) -> None:
        session, kept, name = self.view.session, self._kept(), self.name_field.value.strip()
        rename_selection(session.workspace, kept, name)

        def back() -> str:
            rename_selection(session.workspace, session.workspace.results.load(kept.kind, kept.id), kept.title)
            return f"{kept.title} has its name again."

        self.name_field.value = ""
        self.view.changes.add(back)
        if session.state.where == f"@{kept.title}":
            session.state.where = f"@{name}"
        self.refresh(kept.id)
        session.notify(f"{kept.title} is now {name}. Press U to undo.")

    def _copy(self) -> None:
        session, kept = self.view.session, self._kept()
        name = self.name_field.value.strip() or f"{kept.title} copy"
        copy_id = copy_selection(session.workspace, kept, name)
        self.name_field.value = ""
        self.view.changes.add(lambda: self._forget(copy_id, None, name))
        self.refresh(copy_id)
        session.notify(f"{name} is a copy of {kept.title}. Press U to undo.", "good")

    def _forget(self, result_id: str, older: tuple[np.ndarray, str, str | None] | None, name: str) -> str:
        """Undo keeping: the selection that had the name before comes back."""
        session = self.view.session
        if older is None:
            session.workspace.results.delete(Kind.SELECTIONS, result_id)
            return f"{name} is not kept any more."
        rows, where, model_id = older
        keep_selection(session.workspace, session.state.survey_id, name, rows, where=where, model_id=model_id)
        return f"{name} has {len(rows):,} objects again."

    def _older(self, name: str) -> tuple[np.ndarray, str, str | None] | None:
        """Rows, filter and model of the selection that has the name now."""
        session = self.view.session
        kept = find_selection(session.workspace, session.state.survey_id, name)
        if kept is None:
            return None
        rows = rows_of(kept, session.workspace.survey(session.state.survey_id))
        return rows, kept.header["where"], kept.header["model"]

    def _show(self, way: str) -> None:
        session = self.view.session
        kept = self._kept()
        rows = rows_of(kept, session.workspace.survey(session.state.survey_id))
        joined = _JOIN[way](session.state.selection, rows).astype(np.int32)
        if way == "take":
            session.state.where = f"@{kept.title}"
        session.state.selection = joined

    def _delete(self) -> None:
        kept = self._kept()
        results = self.view.session.workspace.results

        def restore() -> str:
            results.restore(Kind.SELECTIONS, kept.id)
            return f"{kept.title} is there again."

        results.delete(Kind.SELECTIONS, kept.id)
        self.view.changes.add(restore)
        self.refresh()
        self.view.session.notify(f"{kept.title} is deleted; its objects stay selected. Press U to undo.")


_HINTS = {
    "take": "Select its objects",
    "or": "Add its objects to those selected",
    "and": "Keep only the selected objects that are in it",
    "not": "Remove its objects from those selected",
}
