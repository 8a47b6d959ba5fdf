"""The right card: catalogue, latents and annotation of the picked object."""

import html
import math

import numpy as np
import panel as pn

from dashboard.theme import hint
from dashboard.widgets.card import Card
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.stepper import Stepper
from dashboard.widgets.trust_note import TrustNote

from .annotation_editor import AnnotationEditor
from .predicted_rows import predicted_rows
from .view import MapView

_FIRST = ("class", "z", "sn", "chi2_per_pixel", "seen_fraction")
_HIDDEN = ("id", *_FIRST)


class ObjectCard:
    """Card of one object with search and stepping."""

    def __init__(self, view: MapView) -> None:
        self.view = view
        guard = view.session.guard
        self.stepper = Stepper(view.session)
        self.stepper.search.param.update(width=None, sizing_mode="stretch_width")
        compare = pn.widgets.Button(
            label="Compare models", css_classes=["pill", "object-action", "compare-models"],
            description=hint("This object under every model, side by side"),
        )  # fmt: skip
        compare.on_click(guard(lambda _: view.session.state.param.update(compare="object", page="compare")))
        repair = pn.widgets.Button(
            label="Reconstruct", css_classes=["pill", "object-action"],
            description=hint("Hide or degrade a part of it and see the model’s estimate"),
        )  # fmt: skip
        repair.on_click(guard(lambda _: view.session.state.param.update(page="reconstruct")))
        similar = pn.widgets.Button(
            label="≈", css_classes=["pill", "icon"], description=hint("More like this: the nearest objects")
        )
        similar.on_click(guard(lambda _: view.session.state.param.update(tab="similar")))
        self.annotation = AnnotationEditor(view)
        self.trust = TrustNote(view.session)
        self.body = pn.pane.HTML("", css_classes=["object-facts"], **WIDE)
        self.card = Card(
            "",
            self.stepper.search,
            pn.Row(compare, repair, css_classes=["bar-row"], sizing_mode="stretch_width"),
            *self.annotation.rows,
            pn.Column(self.trust, self.body, css_classes=["object"], **FULL),
            actions=(similar, self.stepper.back, self.stepper.forth),
            css_classes=["object-card"],
            sizing_mode="stretch_both",
        )  # fmt: skip

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, or ``map``."""
        self.annotation.refresh(changed)
        if changed.isdisjoint({"map", "picked", "selection", "colour_by", "first_class"}):
            return
        row = self.view.row
        self.card.entitle(self.view.map.id_of(row) if row is not None else "No object picked", self._place())
        self.body.object = self._card(row) if row is not None else _EMPTY
        here, kind = self.view.map, "latent" if self.view.map.basis is None else "component"
        quoted = [] if here.errors is None else [f"{kind} {i + 1}" for i in range(here.n_components)]
        self.trust.ask(here.model_id, here.survey_id, quoted)

    def _card(self, row: int) -> str:
        here = self.view.map
        session, record = self.view.session, here.table.take([row]).iloc[0]
        rows = _main_rows(record, session.workspace.survey(here.survey_id).grid.sample) + self._latent_rows(row)
        others = [
            (name, _value(record[name])) for name in here.table.columns if name not in _HIDDEN and _known(record[name])
        ]
        predicted = predicted_rows(session.workspace, here.model_id, here.survey_id, row, record)
        if predicted:
            rows = [*rows, ("predicted", '<span class="muted">from spectrum and other columns</span>'), *predicted]
        synthetic = '<span class="tag warn">synthetic</span>' if self._is_synthetic() else ""
        badge = self._class_badge(row)
        more = f'<h3>Catalogue</h3><div class="long">{_list(others)}</div>' if others else ""
        badges = f'<div class="badges">{badge}{synthetic}</div>' if badge or synthetic else ""
        return f"{badges}{_list(rows)}{more}{_links(record)}"

    def _place(self) -> str:
        place = self.stepper.place()
        if place is None:
            return ""
        return f"{place[0]:,} of {place[1]:,}" + (" selected" if len(self.view.session.state.selection) else "")

    def _is_synthetic(self) -> bool:
        survey = self.view.session.workspace.survey(self.view.map.survey_id)
        return bool(survey.header.get("provenance", {}).get("synthetic"))

    def _class_badge(self, row: int) -> str:
        colouring = self.view.colouring
        if colouring.numeric or not colouring.column:
            return ""
        name = colouring.names[colouring.codes[row]]
        return f'<span class="tag"><i style="background:{colouring.colours[name]}"></i>{html.escape(name)}</span>'

    def _latent_rows(self, row: int) -> list[tuple[str, str]]:
        here = self.view.map
        rows, sigma = [], here.sigma(row)
        for i, name in enumerate(here.names):
            value = _number(float(here.latents[i, row]), 2)
            if i < len(sigma):
                value += f' <span class="muted">± {sigma[i]:.2f}</span>'
            rows.append((name, value))
        if len(sigma) > 1 and not here.errors.correlated:
            rows.append(("± of latents", '<span class="muted">taken as independent</span>'))
        return rows


_EMPTY = '<p class="muted">Click a point in the map, search an id, or step with <kbd>←</kbd> <kbd>→</kbd>.</p>'


def _main_rows(record: object, sample: str) -> list[tuple[str, str]]:
    formats = {
        "class": ("class", lambda value: html.escape(str(value))),
        "z": ("redshift", lambda value: f"{value:.5f}".replace("-", "−")),
        "sn": (f"S/N per {sample}", lambda value: _number(value, 1)),
        "chi2_per_pixel": (f"χ² per {sample}", lambda value: _number(value, 2)),
        "seen_fraction": (f"unseen {sample}s", lambda value: f"{100 * (1 - value):.1f}%"),
    }
    known = [name for name in formats if name in record.index and _known(record[name])]
    return [(formats[name][0], formats[name][1](record[name])) for name in known]


def _list(rows: list[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{html.escape(str(name))}</dt><dd>{value}</dd>" for name, value in rows) + "</dl>"


def _known(value: object) -> bool:
    if isinstance(value, (float, np.floating)):
        return not math.isnan(value)
    return value is not None and str(value) != ""


def _value(value: object) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}".replace("-", "−")
    return html.escape(str(value))


def _number(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}".replace("-", "−")


def _links(record: object) -> str:
    """To the survey's own page, where the catalogue has what it takes."""
    keys = {name.lower(): name for name in record.index}
    fibre = keys.get("fiberid") or keys.get("fiber")
    if not (fibre and "plate" in keys and "mjd" in keys):
        return ""
    try:
        plate, mjd, fiber = (int(record[name]) for name in (keys["plate"], keys["mjd"], fibre))
    except (TypeError, ValueError):  # text or nothing in those columns
        return ""
    address = f"https://dr18.sdss.org/optical/spectrum/view?plateid={plate}&amp;mjd={mjd}&amp;fiberid={fiber}"
    return f'<p><a href="{address}" target="_blank" rel="noopener noreferrer">This object at SDSS ↗</a></p>'
