"""The lower card: tabs about the picked object and the selection, each built when it is first opened."""

import json
from functools import partial
from importlib import import_module

import panel as pn

from dashboard.widgets.action_menu import ActionMenu

from .tabs.tab import Tab
from .view import MapView

TABS = (
    *("spectrum", "selection", "explain", "teach", "similar", "track"),
    *("redshift", "noise", "outliers", "density", "clusters", "overlay", "sky", "people"),
)
"""Tabs in order. A new one is one file in ``tabs`` and one word here."""

MAY_BE_LARGER = ("explain", "track")
"""Tabs that may cover the map as well; each has a toggle *Larger*."""

_TURN = "window.stages.tab.turn(cb_obj, {names});"


def tab_class(name: str) -> type[Tab]:
    """The class of a tab: of the tab ``noise`` that is ``NoiseTab`` in ``tabs/noise_tab.py``."""
    return getattr(import_module(f".tabs.{name}_tab", __package__), f"{name.capitalize()}Tab")


class LowerCard:
    """Navigation between tabs, and the one that is open."""

    def __init__(self, view: MapView) -> None:
        self.view = view
        state = view.session.state
        self._tabs: dict[str, Tab] = {}
        self._open = ""
        self._picker = pn.widgets.RadioButtonGroup(
            options={name.capitalize(): name for name in TABS}, value=TABS[0], css_classes=["tabs", "small"]
        )
        self._picker.param.watch(view.session.guard(lambda event: state.param.update(tab=event.new)), "value")
        self._picker.jscallback(value=_TURN.format(names=json.dumps(TABS)))
        guard = view.session.guard
        self._all = ActionMenu(
            "Tabs", {name.capitalize(): guard(partial(state.param.update, tab=name)) for name in TABS}
        )  # where the window is narrow, not all of the row can be seen
        row = pn.Row(self._picker, self._all, css_classes=["tabs-row"], sizing_mode="stretch_width")
        self.card = pn.Column(row, css_classes=["card", "tabs-card"])

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, or ``map``.

        A selection changes all plots at once, so its table may come a moment after them.
        """
        document = pn.state.curdoc
        if "selection" in changed and document is not None:
            document.add_next_tick_callback(self.view.session.guard(lambda: self._refresh(changed)))
        else:
            self._refresh(changed)

    def _refresh(self, changed: set[str]) -> None:
        name = self.view.session.state.tab
        name = name if name in TABS else TABS[0]
        self._picker.value = name
        larger = self.view.session.state.larger and name in MAY_BE_LARGER
        self.card.css_classes = ["card", "tabs-card", "larger"] if larger else ["card", "tabs-card"]
        try:
            if name in self._tabs:
                # It may have missed anything while another tab was open.
                self._tabs[name].refresh(changed | {"map"} if name != self._open else changed)
            else:
                self._build(name)
        finally:
            if name != self._open:
                self._open = name
                self.view.session.bridge.show("tab", name)

    def _build(self, name: str) -> None:
        tab = self._tabs[name] = tab_class(name)(self.view)
        built = tab.build()
        built.css_classes = [*built.css_classes, f"tab-{name}"]
        tab.refresh({"map"})  # before it is shown: Bokeh's widgets cannot change while they are being made
        self.card.append(built)

    def tab(self, name: str) -> Tab:
        """A tab that has been opened."""
        return self._tabs[name]

    def key(self, key: str) -> bool:
        """Offer a key to the open tab; whether it has answered."""
        name = self.view.session.state.tab
        return name in self._tabs and self._tabs[name].key(key)
