"""More like this: the objects nearest to the picked one by any encoding of the survey."""

from collections.abc import Mapping

import numpy as np
import panel as pn

from dashboard.live import Soon
from dashboard.theme import hint
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.table import STEPS
from specvae_core.analysis.track_paths import Points
from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import UserError
from specvae_core.tasks.figures import figure_recipe
from specvae_core.tasks.similar import similar

from ..strip import Strip, Tile, residual_curve, small_curves
from .tab import Tab

TOP = 12

_DELAY = 30  # milliseconds after the page, which is complete without the spectra of a strip


class SimilarTab(Tab):
    """A strip of small spectra, each over that of the picked object."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        guard = self.view.session.guard
        self.model = pn.widgets.Select(label="by", options=[], css_classes=["picker", "small"])
        self.model.param.watch(guard(lambda _: self._find()), "value")
        self.among = pn.widgets.Select(label="in", options=[], css_classes=["picker", "small"])
        self.among.param.watch(guard(lambda _: self._find()), "value")
        self.like = pn.widgets.Button(label="Like the picked object", css_classes=["pill", "primary"])
        self.like.on_click(guard(lambda _: self._take()))
        self.select = pn.widgets.Button(label="Select them", css_classes=["pill", "small"])
        self.select.on_click(guard(lambda _: self._select()))
        self.less = pn.widgets.Button(
            label="Less like this", css_classes=["pill", "small"],
            description=hint("A track from the picked object to the example and beyond"),
        )  # fmt: skip
        self.less.on_click(guard(lambda _: self._away()))
        self.recipe = RecipeButton(self.view.session, "this strip", self._recipe)
        self._words = pn.pane.HTML("", css_classes=["muted", "grow"], sizing_mode="stretch_width")
        self._find_soon = Soon(guard(self._find), _DELAY)
        self._example, self._rows = "", np.empty(0, np.int32)
        self.strip = Strip(guard(self._open))
        self.hint = EmptyState(*_EMPTY)
        head = pn.Row(
            self.like,
            self.model,
            self.among,
            self.select,
            self.less,
            self.recipe,
            self._words,
            css_classes=["bar-row", "wraps"],
            sizing_mode="stretch_width",
        )
        return pn.Column(head, self.hint, self.strip, sizing_mode="stretch_both", css_classes=["tab"])

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        state = self.view.session.state
        if "map" in changed:
            self._offer_models()
            if self.view.map.index.row_of(self._example) is None:
                self._example = state.picked
            self._find_soon()
        self.strip.active = state.picked

    def key(self, key: str) -> bool:
        """Step through the strip."""
        if key not in STEPS or not self.strip.items:
            return False
        state = self.view.session.state
        state.picked = self.strip.beside(state.picked, STEPS[key])
        return True

    def _offer_models(self) -> None:
        """Models and embeddings under which the survey is encoded."""
        state, workspace = self.view.session.state, self.view.session.workspace
        known = workspace.encoded_by(state.survey_id)
        value = self.model.value if self.model.value in known else state.model_id
        if known != self.model.options or value != self.model.value:
            self.model.param.update(options=known, value=value)
        self._offer_surveys()

    def _offer_surveys(self) -> None:
        """This survey, and the others that the same model has encoded."""
        state, workspace = self.view.session.state, self.view.session.workspace
        complete = (survey.id for survey in workspace.surveys() if survey.complete and survey.id != state.survey_id)
        others = [name for name in complete if self.model.value in workspace.encoded_by(name)]
        names = [state.survey_id, *others]
        if names != self.among.options:
            self.among.param.update(options=names, value=state.survey_id)
        self.among.visible = bool(others)

    def _open(self, name: str) -> None:
        """Pick an object, in its own survey."""
        state = self.view.session.state
        if name != self._example and self.among.value != state.survey_id:
            state.look_at(self.among.value, self.model.value)
        state.picked = name

    def _away(self) -> None:
        """A track that leads from what the picked object is to the example, and half as far beyond."""
        state, workspace = self.view.session.state, self.view.session.workspace
        survey = workspace.survey(state.survey_id)
        if state.picked == self._example:
            raise UserError("Pick the object in the strip that the results should be less like.")
        start, end = (survey.row_of(name) for name in (state.picked, self._example))
        latents = workspace.encoding(state.model_id, state.survey_id).latents[[start, end]].astype(float)
        path = np.stack([*latents, latents[1] + 0.5 * (latents[1] - latents[0])])
        way = Points(path, tuple(range(path.shape[1])), "latents", (), "local")
        self.view.tracks.make(way, f"less like {state.picked}")

    def _take(self) -> None:
        self._example = self.view.session.state.picked
        self._find()

    def _find(self) -> None:
        state, workspace = self.view.session.state, self.view.session.workspace
        row = self.view.map.index.row_of(self._example) if self.view.map else None
        self.hint.visible = row is None
        self.strip.visible = self.select.visible = self.recipe.visible = row is not None
        if row is None or not self.model.value:
            return
        among = self.among.value or state.survey_id
        rows, distance = similar(workspace, self.model.value, state.survey_id, [row], TOP, among)
        here = among == state.survey_id
        self._rows = np.sort(rows).astype(np.int32) if here else self._rows[:0]
        self.select.visible = self.less.visible = here
        example, found = workspace.survey(state.survey_id).read([row]), workspace.survey(among).read(rows)
        tiles = [Tile(self._example, self._example, "the example", _classes(example)[0], small_curves(example)[0])]
        for i, (curve, name) in enumerate(zip(small_curves(found), _classes(found), strict=True)):
            residual, rms = residual_curve(example, found, i)
            note = f"distance {distance[i]:.3g}" + (f", {rms:.2g}σ" if np.isfinite(rms) else "")
            tiles.append(Tile(found.ids[i], found.ids[i], note, name, curve, tiles[0].points, residual))
        self.strip.show(tiles)
        self.strip.active = state.picked
        self._words.object = "nearest first; the example behind each, below the difference in σ, ±5"

    def _recipe(self) -> tuple[Mapping, str]:
        """Recipe of the strip, and a name for its file."""
        state = self.view.session.state
        among = "" if self.among.value == state.survey_id else self.among.value
        asked = {"object": self._example, "among": among, "top": TOP}
        recipe = figure_recipe(self.view.session.workspace, "similar", state.survey_id, self.model.value, **asked)
        return recipe, f"{state.survey_id}-{self.model.value}-similar"

    def _select(self) -> None:
        self.view.session.state.param.update(selection=self._rows, tab="selection")


def _classes(spectra: SpectraSet) -> list[str]:
    return list(spectra.table["class"].astype(str)) if "class" in spectra.table else [""] * len(spectra)


_EMPTY = ("More like this", "Pick an object: click a point in the map, or search an id.")
