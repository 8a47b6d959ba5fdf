"""One side of the noise tab: a model and the result of its noise test."""

from collections.abc import Callable, Sequence

import panel as pn
from bokeh.models import DataRange1d
from panel.viewable import Viewable, Viewer

from dashboard.page import Session
from dashboard.widgets.computed import Computed
from dashboard.widgets.titles import titles_of
from specvae_core.models import Ability
from specvae_core.results import Kind, Result
from specvae_core.workspace import Workspace

from .noise_plot import FACTOR, bias_figure, ratio_figure

Choice = tuple[str, str]
"""A model's id and the setting ``posterior`` under which it is tested; empty where the model has none."""

_WORDS = {"encoder": "encoder alone", "likelihood": "with likelihood", "": ""}


def choices(workspace: Workspace, survey_id: str) -> dict[str, Choice]:
    """Models that can be tested on a survey, by the words for them: those on its grid that report uncertainties."""
    grid = workspace.survey(survey_id).grid
    found: dict[str, Choice] = {}
    titles = titles_of(workspace.models())
    for model in workspace.models():
        if Ability.ENCODES_UNCERTAINTY not in model.abilities or not model.grid.matches(grid):
            continue
        settings = ("encoder", "likelihood") if Ability.CHOOSES_POSTERIOR in model.abilities else ("",)
        for posterior in settings:
            found[_words(titles[model.id], posterior)] = (model.id, posterior)
    return found


class NoiseSide(Viewer):
    """A choice of model above two plots.

    Parameters
    ----------
    ranges
        Vertical ranges of the two plots, shared with the other side.
    on_choice
        Called when another model was chosen.
    """

    def __init__(
        self, session: Session, ranges: tuple[DataRange1d, DataRange1d], on_choice: Callable[[], None]
    ) -> None:
        super().__init__()
        self._session, self._ranges = session, ranges
        self.result: Result | None = None
        self.choice = pn.widgets.Select(label="model", options={}, css_classes=["picker", "small", "noise-model"])
        self.choice.param.watch(session.guard(lambda _: on_choice()), "value")
        self.words = pn.pane.HTML("", css_classes=["muted", "noise-words"], sizing_mode="stretch_width")
        self._plots = pn.Row(sizing_mode="stretch_both", css_classes=["redshift-plots"])
        self.test = Computed(session, "noise", self._plots, self._found)
        head = pn.Row(self.choice, self.words, css_classes=["bar-row"], sizing_mode="stretch_width")
        self._layout = pn.Column(head, self.test, sizing_mode="stretch_both", css_classes=["noise-side"])

    def start(self, survey_id: str, ids: Sequence[str]) -> None:
        """Run the test as a job."""
        self.test.compute(**self._arguments(survey_id, ids))

    def show_kept(self, survey_id: str, ids: Sequence[str]) -> None:
        """Draw the result of an earlier test of these objects; where there is none, nothing."""
        arguments = self._arguments(survey_id, ids)
        self.show(self._session.workspace.results.find(Kind.NOISE, **arguments))
        if self.result is None:
            self.test.offer("", "", **arguments)

    def _arguments(self, survey_id: str, ids: Sequence[str]) -> dict[str, object]:
        model, posterior = self.choice.value or ("", "")
        return {"model": model, "survey": survey_id, "ids": list(ids), "posterior": posterior}

    def _found(self, result_id: str) -> None:
        self.show(self._session.workspace.results.load(Kind.NOISE, result_id))

    def show(self, result: Result | None) -> None:
        """Draw a result, or leave the place empty."""
        self.result = result
        self.words.object = "" if result is None else _summary(result)
        if result is None:
            return
        rows, theme = result.header["rows"], self._session.state.theme
        sample = self._session.workspace.survey(result.header["survey"]).grid.sample
        figures = tuple(
            draw(rows, shared, theme, sample)
            for draw, shared in zip((ratio_figure, bias_figure), self._ranges, strict=True)
        )
        figures[0].name = f"noise-{self.choice.value[1] or 'model'}"
        self._plots.objects = [
            pn.pane.Bokeh(plot, sizing_mode="stretch_both", css_classes=["plot"]) for plot in figures
        ]
        self.test.show()

    def __panel__(self) -> Viewable:
        return self._layout


def _words(title: str, posterior: str) -> str:
    return " · ".join(filter(None, (title, _WORDS[posterior])))


def _summary(result: Result) -> str:
    rows = [row for row in result.header["rows"] if row["used"]]
    honest = [row for row in rows if 1 / FACTOR <= row["variance_ratio"] <= FACTOR]
    return f"<b>{len(honest)} of {len(rows)}</b> within a factor {FACTOR:g}"
