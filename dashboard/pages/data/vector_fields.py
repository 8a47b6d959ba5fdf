"""Fields for a file of vectors, which becomes an embedding of a survey."""

from collections.abc import Callable, Mapping
from pathlib import Path

import panel as pn

from dashboard.page import Guard
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine
from dashboard.widgets.titles import by_title, survey_title
from specvae_core.data.vectors.shapes import POOLS
from specvae_core.errors import BadConfig
from specvae_core.models.abilities import Ability
from specvae_core.names import free_name
from specvae_core.summaries import ModelSummary
from specvae_core.workspace import Workspace

from .fields import Fields

NEW = "a new survey of positions and catalogue"
LINEAR = "a linear decoder of its own"


class VectorFields(Fields):
    """The arguments of `tasks.embed.embed`.

    Parameters
    ----------
    on_change
        Called when another survey is chosen.
    """

    def __init__(self, workspace: Workspace, on_change: Callable[[], object], guard: Guard) -> None:
        super().__init__()
        self._workspace, self._seen = workspace, None
        self.survey = pn.widgets.Select(
            label="Objects belong to", options={NEW: ""}, css_classes=["vector-survey"], **WIDE
        )
        self.model = pn.widgets.TextInput(label="Name of the embedding", css_classes=["vector-model"], **WIDE)
        self.column = _select("Column of the vectors", "vector-column")
        self.id_column = _select("Column of the ids", "vector-ids")
        self.pool = pn.widgets.Select(label="Vectors of tokens are pooled by", options=list(POOLS), **WIDE)
        self.decoder = pn.widgets.Select(
            label="Decodes by", options={LINEAR: ""}, css_classes=["vector-decoder"], visible=False, **WIDE
        )
        self.matches = pn.pane.HTML("", css_classes=["muted", "vector-matches"], **WIDE)
        self.error = ErrorLine()
        self._layout = pn.Column(
            self.survey,
            self.matches,
            self.model,
            self.error,
            pn.Row(self.column, self.id_column, css_classes=["grid-row"], **WIDE),
            self.pool,
            self.decoder,
            css_classes=["form", "vectors"],
            visible=False,
            **WIDE,
        )
        self.survey.param.watch(guard(lambda event: on_change()), "value")
        self.survey.param.watch(guard(lambda event: self._follow_survey()), "value")

    @Fields.shown.setter
    def shown(self, shown: bool) -> None:
        """Show them with what there is to choose from now, or hide them."""
        if shown:
            self._offer()
        self._layout.visible = shown

    @property
    def for_new_survey(self) -> bool:
        """Whether the survey is made of the file, and needs a name."""
        return not self.survey.value

    def fill(self, seen: Mapping) -> None:
        """Take what a look found: columns, and the survey that has most of the ids."""
        found = list(seen["vectors"])
        self._seen = next(iter(found), None)
        self.column.options = {_column_words(one): one["column"] for one in found} or {"as in the files": ""}
        names = self._seen["table"] if self._seen else []
        own = self._seen["id_column"] if self._seen else ""
        self.id_column.param.update(options={own or "none: by order": "", **{name: name for name in names}}, value="")
        if self._seen is not None:
            self._offer()
            matches = {name: n for name, n in self._seen["matches"].items() if n}
            self.survey.value = max(matches, key=matches.__getitem__, default="")
            taken = {model.id for model in self._workspace.models()}
            stem = Path(self._seen["file"]).name.split(".")[0]
            self.model.placeholder = free_name(stem, taken, "embedding")
        self._count()

    def arguments(self, paths: list[str]) -> Mapping[str, object] | None:
        """Arguments of the task but a new survey's name; ``None`` where one is wrong, which stands at its field."""
        name, sentence = self.model.value.strip() or self.model.placeholder, ""
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
        columns = {"decoder": decoder, "column": self.column.value, "id_column": self.id_column.value}
        return {"path": paths[0], "survey": self.survey.value, "model": name, "pool": self.pool.value, **columns}

    def clear(self) -> None:
        """No files are chosen."""
        self.fill({"vectors": ()})
        self.model.param.update(value="", placeholder="")
        self.error.show("")

    def _offer(self) -> None:
        complete = [survey for survey in self._workspace.surveys() if survey.complete]
        self.survey.options = {NEW: "", **by_title(complete)}

    def _follow_survey(self) -> None:
        """Count the ids that match, and offer the decoders of models on the grid of the survey."""
        self._count()
        self.decoder.options = {LINEAR: "", **by_title(self._lenders())}
        self.decoder.visible = len(self.decoder.options) > 1

    def _lenders(self) -> list[ModelSummary]:
        """Models that decode spectra of the chosen survey and are not embeddings."""
        if not self.survey.value:
            return []
        grid = self._workspace.survey_summary(self.survey.value).header["grid"]
        return [
            model
            for model in self._workspace.models()
            if model.header["grid"] == grid
            and Ability.DECODES_GRADIENT in model.abilities
            and Ability.LOOKS_UP not in model.abilities
        ]

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
            self.matches.object = (
                f"{found:,} of the first {n:,} ids are in {survey_title(self._workspace, self.survey.value)}."
            )


def _select(label: str, css: str) -> pn.widgets.Select:
    return pn.widgets.Select(label=label, options={"as in the files": ""}, css_classes=[css], **WIDE)


def _column_words(found: Mapping) -> str:
    return f"{found['column']} · {found['dimensions']:,} components"
