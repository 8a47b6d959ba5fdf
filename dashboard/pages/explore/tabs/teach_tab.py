"""Teach what is interesting: scores by key, proposals as a strip of small spectra, learning as scores come."""

from collections.abc import Mapping

import panel as pn

from dashboard.live import Soon
from dashboard.widgets.computed import Computed
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.table import STEPS
from specvae_core.annotations import MARKS
from specvae_core.errors import BadConfig
from specvae_core.results import Kind, Result
from specvae_core.tasks.colour_columns import results_of
from specvae_core.tasks.figures import figure_recipe
from specvae_core.tasks.teach import recommend

from ..added_columns import known
from ..strip import Strip, Tile, small_curves
from .tab import Tab

TOP = 20

_DELAY = 30  # milliseconds after the page, which is complete without the spectra of a strip

LEARNS_AFTER = 5
"""New scores after which the teacher learns without being asked."""


class TeachTab(Tab):
    """Keys 0 to 5 score the marked spectrum and go on; x leaves it out."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        guard, state = self.view.session.guard, self.view.session.state
        self._teacher: Result | None = None
        self._skipped: set[str] = set()
        self._proposed: list[str] = []  # ids of all that were recommended, those left out too
        self._new = 0  # scores since the teacher has learnt
        self._load_soon = Soon(guard(self._load), _DELAY)
        self.teach = pn.widgets.Button(label="Learn from the scores", css_classes=["pill", "primary"])
        self.teach.on_click(guard(lambda _: self._learn()))
        colour = pn.widgets.Button(label="Colour by interest", css_classes=["pill", "small"])
        colour.on_click(guard(lambda _: state.param.update(colour_by="interest")))
        self.recipe = RecipeButton(self.view.session, "these proposals", self._recipe)
        self._words = pn.pane.HTML("", css_classes=["muted", "grow"], sizing_mode="stretch_width")
        self.strip = Strip(guard(lambda name: state.param.update(picked=name)))
        head = pn.Row(
            self.teach, colour, self.recipe, self._words, css_classes=["bar-row"], sizing_mode="stretch_width"
        )
        self.proposals = Computed(self.view.session, "teach", self.strip, self._found)
        return pn.Column(head, self.proposals, sizing_mode="stretch_both", css_classes=["tab"])

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        if "map" in changed:
            self._skipped, self._new = set(), 0
            self._load_soon()
        if changed & {"columns", "map"}:
            self._say()
        self.strip.active = self.view.session.state.picked

    def key(self, key: str) -> bool:
        """Score, leave out, step."""
        state = self.view.session.state
        if not self.strip.items or not self.proposals.ready:
            return False
        if key in STEPS:
            state.picked = self.strip.beside(state.picked, STEPS[key])
            return True
        if state.picked not in self.strip.ids or not (key == "x" or key in map(str, MARKS)):
            return False
        done, following = state.picked, self.strip.beside(state.picked, 1)
        if key == "x":
            self._skipped.add(done)
        else:
            self.view.session.annotate(done, mark=int(key))
            self._new += 1
        self.strip.items = [item for item in self.strip.items if item["id"] != done]
        if following != done:
            state.picked = following
        if self._new >= LEARNS_AFTER or not self.strip.items:
            self._learn()
        self._say()
        return True

    def _scores(self) -> dict[str, float]:
        state, workspace = self.view.session.state, self.view.session.workspace
        found = known(workspace.annotations, state.survey_id).items()
        return {name: float(one.annotation.mark) for name, one in found if one.annotation.mark is not None}

    def _learn(self) -> None:
        state, scores = self.view.session.state, self._scores()
        if not scores:
            self._load()
            return
        replaces = self._teacher.id if self._teacher is not None else ""
        self._new = 0
        self.proposals.compute(model=state.model_id, survey=state.survey_id, scores=scores, replaces=replaces)

    def _found(self, result_id: str) -> None:
        self._load()
        self._say()
        if self.strip.items:
            self.view.session.state.picked = self.strip.ids[0]

    def _load(self) -> None:
        """Show the proposals of the newest teacher of this survey under this model."""
        state, workspace = self.view.session.state, self.view.session.workspace
        self._proposed = []
        self._teacher = next(results_of(workspace, Kind.TEACHERS, state.survey_id, state.model_id), None)
        self.recipe.visible = self._teacher is not None
        if self._teacher is None:
            scores = self._scores()
            head, text = _EMPTY
            if scores:
                arguments = {"model": state.model_id, "survey": state.survey_id, "scores": scores, "replaces": ""}
                self.proposals.offer(head, text, "Learn from the scores", **arguments)
            else:
                self.proposals.lacks(head, text, "Begin with outliers", lambda: state.param.update(tab="outliers"))
            return
        _, found = recommend(workspace, self._teacher.id, TOP + len(self._skipped))
        self._proposed = self.view.map.index.ids_of([one.row for one in found])
        ids = dict(zip(found, self._proposed, strict=True))
        found = [one for one in found if ids[one] not in self._skipped][:TOP]
        spectra = workspace.survey(state.survey_id).read([one.row for one in found])
        self.strip.show(
            [
                Tile(ids[one], ids[one], f"{one.interest:.1f} ± {one.sigma:.1f}", one.why, points)
                for one, points in zip(found, small_curves(spectra), strict=True)
            ]
        )
        self.proposals.show()

    def _recipe(self) -> tuple[Mapping, str]:
        """Recipe of the strip, and a name for its file."""
        if not self.strip.items:
            raise BadConfig("All proposals are scored or skipped: learn from the scores first.")
        shown, workspace = self.strip.ids, self.view.session.workspace
        top = self._proposed.index(shown[-1]) + 1
        without = [name for name in self._proposed[:top] if name not in shown]
        asked = {"scores": self._teacher.header["scores"], "top": top, "without": without}
        names = self._teacher.header["survey"], self._teacher.header["model"]
        return figure_recipe(workspace, "proposals", *names, **asked), self._teacher.id

    def _say(self) -> None:
        scores = self._scores()
        high = sum(score >= 3 for score in scores.values())
        self._words.object = (
            f"<b>{len(scores):,}</b> scored, <b>{high:,}</b> of them 3 or more · <kbd>0</kbd>–<kbd>5</kbd> score, "
            "<kbd>x</kbd> skip, <kbd>u</kbd> undo"
        )


_EMPTY = (
    "What is interesting?",
    "Mark a few objects by the keys 0 (no interest) to 5, interesting ones and ordinary ones: interest in all others "
    "is learnt from them, and the next ones to look at are proposed here, each with the reason why.",
)
