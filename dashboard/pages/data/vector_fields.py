"""Fields for a file of vectors, which becomes an embedding of a survey."""

from collections.abc import Callable, Mapping
from pathlib import Path

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine
from specvae_core.data.vectors import POOLS
from specvae_core.errors import BadConfig
from specvae_core.models.abilities import Ability
from specvae_core.names import free_name
from specvae_core.workspace import Workspace

NEW = "a new survey of positions and catalogue"
LINEAR = "a linear decoder of its own"


class VectorFields(Viewer):
    """A checkbox, and below it the arguments of `tasks.embed.embed`; checked by itself where a look found vectors.

    Parameters
    ----------
    on_change
        Called when files are vectors, or no longer, and when another survey is chosen.
    """

    def __init__(self, workspace: Workspace, on_change: Callable[[], object], guard: Guard) -> None:
        super().__init__()
        self._workspace, self._seen, self._suggested = workspace, None, ""
        self.chosen = pn.widgets.Checkbox(label="Vectors of an embedding", css_classes=["vectors"])
        self.survey = pn.widgets.Select(
            label="Objects belong to", options={NEW: ""}, css_classes=["vector-survey"], **WIDE
        )
        self.model = _text("Name of the embedding", "aion", "vector-model")
        self.column = _text("Column of the vectors", "the only one", "vector-column")
        self.id_column = _text("Column of the ids", "by its name", "vector-ids")
        self.pool = pn.widgets.Select(label="Vectors of tokens are pooled by", options=list(POOLS), **WIDE)
        self.decoder = pn.widgets.Select(
            label="Decodes by", options={LINEAR: ""}, css_classes=["vector-decoder"], visible=False, **WIDE
        )
        self.matches = pn.pane.HTML("", css_classes=["muted", "vector-matches"], **WIDE)
        self.error = ErrorLine()
        self._fields = pn.Column(
            self.survey,
            self.matches,
            self.model,
            self.error,
            pn.Row(self.column, self.id_column, css_classes=["grid-row"], **WIDE),
            self.pool,
            self.decoder,
            css_classes=["form"],
            visible=False,
            **WIDE,
        )
        self.chosen.link(self._fields, value="visible")
        self.chosen.param.watch(guard(lambda event: self._offer()), "value")
        for field in (self.chosen, self.survey):
            field.param.watch(guard(lambda event: on_change()), "value")
        self.survey.param.watch(guard(lambda event: self._follow_survey()), "value")
        self._layout = pn.Column(self.chosen, self._fields, css_classes=["form"], **WIDE)

    @property
    def for_new_survey(self) -> bool:
        """Whether the survey is made of the file, and needs a name."""
        return not self.survey.value

    def fill(self, seen: Mapping) -> None:
        """Take what a look found: columns, and the survey that has most of the ids."""
        recognised = self._seen is not None
        self._seen = next(iter(seen["vectors"]), None) if not seen["kinds"] else None
        if self._seen is None and recognised:
            self.chosen.value = False
        if self._seen is not None:
            self.chosen.value = True
            self.column.placeholder = self._seen["column"]
            self.id_column.placeholder = self._seen["id_column"] or "none: by order"
            self._offer()
            matches = {name: n for name, n in self._seen["matches"].items() if n}
            self.survey.value = max(matches, key=matches.__getitem__, default="")
            self._suggest(Path(self._seen["file"]).name.split(".")[0])
        self._count()

    def arguments(self, paths: list[str]) -> Mapping[str, object] | None:
        """Arguments of the task but a new survey's name; ``None`` where one is wrong, which stands at its field."""
        name, sentence = self.model.value.strip(), ""
        try:
            if self._workspace.model_folder(name).exists():
                sentence = f"There is a model named {name} already: choose another name, or delete that one."
        except BadConfig as error:
            sentence = str(error) if name else "Give the embedding a name."
        if len(paths) != 1:
            sentence = f"One file of vectors was expected, and {len(paths):,} were chosen: choose one."
        self.error.show(sentence)
        if sentence:
            return None
        decoder = self.decoder.value if self.survey.value else ""
        words = {"decoder": decoder, "column": self.column.value.strip(), "id_column": self.id_column.value.strip()}
        return {"path": paths[0], "survey": self.survey.value, "model": name, "pool": self.pool.value, **words}

    def clear(self) -> None:
        """Uncheck the box and empty its fields: the files hold spectra."""
        self.chosen.value, self._seen = False, None
        self.model.value = self._suggested = self.column.value = self.id_column.value = ""
        self.error.show("")

    def _offer(self) -> None:
        complete = [survey.id for survey in self._workspace.surveys() if survey.complete]
        self.survey.options = {NEW: "", **{name: name for name in complete}}

    def _follow_survey(self) -> None:
        """Count the ids that match, and offer the decoders of models on the grid of the survey."""
        self._count()
        self.decoder.options = {LINEAR: "", **{name: name for name in self._lenders()}}
        self.decoder.visible = len(self.decoder.options) > 1

    def _lenders(self) -> list[str]:
        """Models that decode spectra of the chosen survey and are no embeddings."""
        if not self.survey.value:
            return []
        grid = self._workspace.survey_summary(self.survey.value).header["grid"]
        return [
            model.id
            for model in self._workspace.models()
            if model.header["grid"] == grid
            and Ability.DECODES_GRADIENT in model.abilities
            and Ability.LOOKS_UP not in model.abilities
        ]

    def _suggest(self, stem: str) -> None:
        if self.model.value in ("", self._suggested):
            taken = {model.id for model in self._workspace.models()}
            self._suggested = self.model.value = free_name(stem, taken, "embedding")

    def _count(self) -> None:
        """How many of the ids that were looked at are in the chosen survey."""
        self.matches.object = ""
        if self._seen is None:
            return
        n = len(self._seen["ids"])
        if not n:
            self.matches.object = "The file names no objects: they are matched by order, if the numbers are equal."
        elif self.survey.value:
            found = self._seen["matches"].get(self.survey.value, 0)
            self.matches.object = f"{found:,} of the first {n:,} ids are in {self.survey.value}."

    def __panel__(self) -> Viewable:
        return self._layout


def _text(label: str, placeholder: str, css: str) -> pn.widgets.TextInput:
    return pn.widgets.TextInput(label=label, placeholder=placeholder, css_classes=[css], **WIDE)
