"""Finished models side by side: one table, and the validation curves of those that are ticked."""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.card import Card
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.layout import FULL
from dashboard.widgets.name_row import NameRow
from dashboard.widgets.settings import label_of
from dashboard.widgets.table import Column, Table
from dashboard.widgets.titles import titles_of
from specvae_core.models import MODELS
from specvae_core.summaries import ModelSummary
from specvae_core.workspace import Workspace

from .curve_overlay import CurveOverlay
from .form import changed_settings

COLUMNS = (
    Column("id"),
    Column("model"),
    Column("latents"),
    Column("survey"),
    Column("epochs"),
    Column("seconds", "time [s]", ".1f"),
    Column("loss", "val. loss", ".4g", "lowest loss on the validation set; comparable between models of one kind"),
    Column("mse", "MSE", ".2e", "mean squared error of normalised flux over the seen pixels of its survey"),
    Column("settings", "settings changed"),
    Column("created"),
)

EMPTY = (
    "No models yet",
    "Choose a survey and a model at the left and press <b>Start training</b>. Trained models are listed "
    "here, to be compared and opened.",
)


def model_row(model: ModelSummary, survey: str, mse: float) -> dict[str, object]:
    """One row of the table, under the title of its survey; NaN where a number was not recorded."""
    history = model.header["history"]
    losses = [entry["validation/loss"] for entry in history if "validation/loss" in entry]
    changed = changed_settings(model.name, model.header["config"])
    kind = MODELS[model.name].title if model.name in MODELS else model.name
    return {
        "id": model.id,
        "model": kind if model.title == model.id else f"{model.title} ({kind})",
        "latents": model.n_latent,
        "survey": survey,
        "epochs": model.header.get("epochs", len(history)),
        "seconds": float(model.header.get("seconds", np.nan)),
        "loss": min(losses, default=np.nan),
        "mse": mse,
        "settings": settings_words(model.name, {name: changed[name] for name in changed if name != "n_latent"}),
        "created": model.created[:16].replace("T", " "),
    }


def settings_words(model: str, settings: Mapping[str, object]) -> str:
    """Settings as their form calls them, with their values; of a model that is not known, by their names."""
    fields = dataclasses.fields(MODELS[model].Config) if model in MODELS else ()
    labels = {field.name: label_of(field) for field in fields}
    return "; ".join(f"{labels.get(name, name)}: {value}" for name, value in settings.items())


def survey_mse(workspace: Workspace, model: ModelSummary) -> float:
    """Mean squared error of a model on the survey it was trained on; NaN where that was not encoded."""
    encoding = workspace.encoding(model.id, model.survey_id)
    if encoding is None or not encoding.n_seen.any():
        return float("nan")
    seen = encoding.n_seen > 0
    return float(np.average(encoding.squared_error[seen].astype(float), weights=encoding.n_seen[seen]))


class ModelTable(Viewer):
    """Models, sortable; tick several to compare their validation curves.

    Parameters
    ----------
    on_open
        Called with survey id and model id, to see the model in Explore.
    on_delete, on_undo
        Called with the ids of models that are to go, and of those that went last, to come back.
    on_rename
        Called with the id of a model and its new name.
    on_copy
        Called with the id of a model to copy.
    """

    def __init__(
        self,
        workspace: Workspace,
        theme: str,
        on_open: Callable[[str, str], object],
        on_delete: Callable[[list[str]], object],
        on_undo: Callable[[list[str]], object],
        on_rename: Callable[[str, str], object],
        on_copy: Callable[[str], object],
        guard: Guard,
    ) -> None:
        super().__init__()
        self._workspace, self._on_open = workspace, on_open
        self._models: list[ModelSummary] = []
        self._mse: dict[tuple[str, str], float] = {}
        self.table = Table(
            guard(self._open), COLUMNS, opens="open in Explore", ticks=True, css_classes=["models"], **FULL
        )
        self.table.param.watch(guard(lambda event: self._overlay()), "ticked")
        self.gone: list[str] = []
        self.undo = pn.widgets.Button(label="Undo delete", css_classes=["pill", "small"], visible=False)
        self.undo.on_click(guard(lambda _: on_undo(self.gone)))
        self.delete = pn.widgets.Button(label="Delete ticked", css_classes=["pill", "small"])
        self.delete.on_click(guard(lambda _: on_delete(list(self.table.ticked))))
        self.naming = NameRow(on_rename, guard)
        self.rename = pn.widgets.Button(label="Rename…", css_classes=["pill", "small"])
        self.rename.on_click(guard(lambda _: self.naming.open(*self._ticked())))
        self.copy = pn.widgets.Button(label="Copy", css_classes=["pill", "small"])
        self.copy.on_click(guard(lambda _: on_copy(self._ticked()[0])))
        self.curves = CurveOverlay(theme, guard)
        self._empty = EmptyState(*EMPTY)
        self._body = pn.Row(self.table, self.curves, css_classes=["models-body"], visible=False, **FULL)
        self.card = Card(
            "Models",
            self._empty,
            self.naming,
            self._body,
            actions=(self.undo, self.rename, self.copy, self.delete),
            css_classes=["models-card"],
            **FULL,
        )

    def update(self) -> None:
        """Read the models again; the ticked ones stay ticked, the two newest are where none was."""
        self._models = self._workspace.models()
        ids = [model.id for model in self._models]
        surveys = titles_of(self._workspace.surveys())
        rows = [
            model_row(model, surveys.get(model.survey_id, model.survey_id), self._mse_of(model))
            for model in self._models
        ]
        self.table.fill(pd.DataFrame(rows, columns=[column.key for column in COLUMNS]))
        self.table.ticked = self.table.ticked or ids[:2]
        self._body.visible = bool(self._models)
        self._empty.visible = not self._models
        self.undo.visible = bool(self.gone)
        self._overlay()

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        self.curves.theme = theme
        self.curves.draw()

    def _mse_of(self, model: ModelSummary) -> float:
        key = (model.id, model.created)
        if key not in self._mse or np.isnan(self._mse[key]):
            self._mse[key] = survey_mse(self._workspace, model)
        return self._mse[key]

    def _open(self, model_id: str) -> None:
        self._on_open(self._workspace.trained_on(model_id), model_id)

    def _ticked(self) -> tuple[str, str]:
        """Id and title of the only model that is ticked."""
        return next((model.id, model.title) for model in self._models if model.id in self.table.ticked)

    def _overlay(self) -> None:
        ticked = [model for model in self._models if model.id in self.table.ticked]
        words = f"{len(self._models)} trained · {len(ticked)} ticked · click an id to open it in Explore"
        self.card.entitle("Models", words if self._models else "")
        self.delete.visible = bool(ticked)
        self.rename.visible = self.copy.visible = len(ticked) == 1
        self.curves.show(ticked)

    def __panel__(self) -> Viewable:
        return self.card
