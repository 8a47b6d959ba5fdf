"""Images of the sky around the picked object and the selected ones, fetched when they are asked for."""

import base64
import html

import panel as pn

from dashboard.aside import Aside
from dashboard.theme import hint
from dashboard.widgets.layout import WIDE
from specvae_core.cutouts import Image, position_of
from specvae_core.errors import UserError

from .tab import Tab

MOST = 12
"""Objects of a grid."""


class SkyTab(Tab):
    """A button for each of the two, a grid of images, and the address of the service."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        session, guard = self.view.session, self.view.session.guard
        self.one = pn.widgets.Button(label="This object", css_classes=["pill", "primary"])
        self.many = pn.widgets.Button(
            label=f"The selection (first {MOST})", css_classes=["pill", "small"],
            description=hint("Asks the cutout service for the images"),
        )  # fmt: skip
        self.size = pn.widgets.FloatInput(
            label="arcsec", value=30.0, step=10.0, width=120, css_classes=["field-inline"]
        )
        self.service = pn.widgets.TextInput(
            label="service", placeholder="https://… with {ra}, {dec} and {size}", css_classes=["field-inline"], **WIDE
        )
        self.grid = pn.pane.HTML("", css_classes=["sky"], sizing_mode="stretch_both")
        self._images: dict[str, Image | str] = {}
        self._waiting: list[str] = []
        self._asked: Aside[Image] = Aside(session.runner.aside)
        self._under_way = ""
        self.one.on_click(guard(lambda _: self._ask([session.state.picked])))
        self.many.on_click(guard(lambda _: self._ask(self._selected())))
        self.service.param.watch(guard(lambda event: self._set_service(event.new)), "value")
        session.live.watch(guard(self._look))
        head = pn.Row(self.one, self.many, self.size, self.service, css_classes=["bar-row"], **WIDE)
        return pn.Column(head, self.grid, sizing_mode="stretch_both", css_classes=["tab"])

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`; what is shown belongs to another object or survey now."""
        if "map" in changed:
            self.service.value = self.view.session.workspace.cutouts.template
        if changed & {"map", "picked"} and self.view.session.state.picked not in self._images:
            self._images, self._waiting = {}, []
            self._show()

    def _selected(self) -> list[str]:
        rows = self.view.session.state.selection
        if not len(rows):
            raise UserError("Nothing is selected: drag around objects in the map, or write a filter above it.")
        return list(self.view.map.index.ids_of(rows[:MOST]))

    def _set_service(self, template: str) -> None:
        cutouts = self.view.session.workspace.cutouts
        if template.strip() != cutouts.template:
            cutouts.set_template(template)
            self.view.session.notify("The cutout service is set for this workspace.", kind="good")

    def _ask(self, names: list[str]) -> None:
        """Fetch one image after the other on a worker's thread."""
        if not self.view.session.workspace.cutouts.template:
            raise UserError("No cutout service is set: write its address, with {ra}, {dec} and {size}, into *service*.")
        self._images, self._waiting, self._under_way = {}, list(names), ""
        self._asked.forget()
        self._next()
        self._show()

    def _next(self) -> None:
        if not self._waiting:
            self._under_way = ""
            return
        self._under_way = name = self._waiting.pop(0)
        workspace, state = self.view.session.workspace, self.view.session.state
        survey, row = workspace.survey(state.survey_id), self.view.map.index.row_of(name)
        size = float(self.size.value or 0)

        def fetch() -> Image:
            return workspace.cutouts.image(*position_of(survey.row(row).table), size)

        self._asked.ask(fetch)

    def _look(self) -> None:
        """Show an image that has arrived, and ask for the next one."""
        answer = self._asked.take() if self._under_way else None
        if answer is not None:
            self._images[self._under_way] = answer.trouble if answer.value is None else answer.value
            self._next()
            self._show()

    def _show(self) -> None:
        tiles = [_tile(name, image) for name, image in self._images.items()]
        tiles += [_tile(name, "…") for name in (self._under_way, *self._waiting) if name]
        self.grid.object = f'<div class="sky-grid">{"".join(tiles)}</div>' if tiles else _EMPTY


def _tile(name: str, image: Image | str) -> str:
    shown = f'<p class="muted">{html.escape(image)}</p>' if isinstance(image, str) else _picture(name, image)
    return f"<figure>{shown}<figcaption>{html.escape(name)}</figcaption></figure>"


def _picture(name: str, image: Image) -> str:
    data = base64.b64encode(image.content).decode()
    return f'<img alt="sky around {html.escape(name)}" src="data:{image.kind};base64,{data}">'


_EMPTY = (
    '<p class="muted">The sky around an object, from a cutout service whose address you give above. '
    "It is asked only when you press a button, by the server and never by this page; images are kept in the "
    "workspace.</p>"
)
