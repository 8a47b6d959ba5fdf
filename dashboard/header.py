"""The header: navigation, the running job, survey and model pickers, share and theme."""

import html
import json
from collections.abc import Mapping, Sequence

import panel as pn
from panel.viewable import Viewer

from specvae_core.summaries import ModelSummary, SurveySummary

from .page import Session
from .theme import hint
from .widgets.choices import offer
from .widgets.titles import by_title

_POLLS_A_REFRESH = 10  # looking for new surveys and models


READ_ONLY = (
    '<span title="The folder of this workspace cannot be written to: everything can be explored, and nothing is '
    'kept. Copy it to a place that you can write to.">read-only</span>'
)


class Header:
    """Built once a session; `poll` keeps jobs and pickers up to date."""

    def __init__(self, session: Session, pages: Mapping[str, str], *beside: Viewer) -> None:
        """``beside`` is what stands before the pickers."""
        self.session = session
        state = session.state
        self.tabs = pn.widgets.RadioButtonGroup(
            options={title: name for name, title in pages.items()}, value=state.page, css_classes=["tabs"]
        )
        self.tabs.jscallback(value=f"window.stages.page.turn(cb_obj, {json.dumps(list(pages))})")
        self.job = pn.pane.HTML("", css_classes=["job"])
        self.read_only = pn.pane.HTML(READ_ONLY if session.workspace.read_only else "", css_classes=["read-only"])
        self.read_only.visible = session.workspace.read_only
        self.survey = pn.widgets.Select(label="survey", options={}, css_classes=["picker", "picker-survey"])
        self.model = pn.widgets.Select(label="model", options={}, css_classes=["picker", "picker-model"])
        share = pn.widgets.Button(
            label="Share", css_classes=["pill", "icon-share"], description=hint("Copy a link to this view")
        )
        theme = pn.widgets.Button(label="◐", css_classes=["pill", "icon"], description=hint("Light or dark"))
        share.on_click(lambda _: session.bridge.copy_address())
        theme.on_click(lambda _: self._toggle_theme())
        self.tabs.param.watch(session.guard(lambda event: state.param.update(page=event.new)), "value")
        self._polls = 0
        self._surveys: dict[str, SurveySummary] = {}
        self._models: list[ModelSummary] = []
        self.survey.param.watch(session.guard(self._pick_survey), "value")
        self.model.param.watch(session.guard(self._pick_model), "value")
        state.param.watch(session.guard(self._follow), ["page", "survey_id", "model_id"])
        self.view = pn.Row(
            self.tabs, pn.Spacer(sizing_mode="stretch_width"), self.read_only, self.job, *beside,
            self.survey, self.model, share, theme,
            css_classes=["header"], sizing_mode="stretch_width",
        )  # fmt: skip
        self.refresh()

    def refresh(self) -> None:
        """Read surveys and models from the workspace; where the state names none that exists, choose."""
        state, workspace = self.session.state, self.session.workspace
        before = {one.id: one.title for one in (*self._surveys.values(), *self._models)}
        self._surveys = {survey.id: survey for survey in workspace.surveys() if survey.complete}
        self._models = workspace.models()
        survey = self._known(state.survey_id, list(self._surveys), before, "survey")
        if not survey and self._surveys:
            taught = (model.survey_id for model in self._models if model.survey_id in self._surveys)
            survey = next(taught, next(iter(self._surveys)))
        model = self._known(state.model_id, [model.id for model in self._models], before, "model")
        fitting = self._fitting(survey)
        if model not in [one.id for one in fitting]:
            model = fitting[0].id if fitting else ""
        with pn.io.hold():
            state.param.update(survey_id=survey, model_id=model)
            _fill(self.survey, list(self._surveys.values()), survey)
            _fill(self.model, fitting, model)

    def _fitting(self, survey: str) -> list[ModelSummary]:
        """Models on the grid of a survey, those that were trained on it first."""
        if not survey:
            return []
        fitting = [model for model in self._models if model.grid.matches(self._surveys[survey].grid)]
        return sorted(fitting, key=lambda model: model.survey_id != survey)

    def _known(self, name: str, names: list[str], before: Mapping[str, str], what: str) -> str:
        """The name; empty, with a notice, where there is none; ``before`` has the titles of those there were."""
        if name in before and name not in names:
            self.session.notify(f"The {what} {before[name]} was deleted meanwhile.")
        elif name and name not in names:
            self.session.notify(f"There is no {what} {name!r} in this workspace.", kind="bad")
        return name if name in names else ""

    def _pick_survey(self, event: object) -> None:
        """Look at the survey, under a model of its own where it has one."""
        state = self.session.state
        if event.new == state.survey_id:
            return
        own = [model.id for model in self._models if model.survey_id == event.new]
        fitting = [model.id for model in self._fitting(event.new)]
        model = state.model_id if state.model_id in (own or fitting) else next(iter(fitting), "")
        state.look_at(event.new, model)

    def _pick_model(self, event: object) -> None:
        if event.new != self.session.state.model_id:
            self.session.state.model_id = event.new

    def _follow(self, *events: object) -> None:
        state = self.session.state
        self.tabs.value = state.page
        if any(event.name != "page" for event in events):
            self.refresh()

    def _toggle_theme(self) -> None:
        state = self.session.state
        state.theme = "dark" if state.theme == "light" else "light"
        self.session.bridge.set_theme(state.theme)

    def poll(self) -> None:
        """Show the newest running job; now and then look for surveys and models that came or went."""
        running = next((job for job in self.session.runner.jobs() if job.state == "running"), None)
        text = _job_html(running) if running else ""
        if text != self.job.object:
            self.job.object = text
        self._polls += 1
        if self._polls % _POLLS_A_REFRESH == 0:
            self.refresh()


def _fill(picker: pn.widgets.Select, summaries: Sequence[SurveySummary | ModelSummary], value: str) -> None:
    """Offer surveys or models under their titles."""
    offer(picker, by_title(summaries) or {"none yet": ""}, value)


def _job_html(job: object) -> str:
    progress = job.progress()
    percent = None if progress is None or progress.fraction is None else round(100 * progress.fraction)
    bar = f'<i style="width:{percent}%"></i>' if percent is not None else '<i class="unknown"></i>'
    tail = f"{percent}%" if percent is not None else ""
    return f'<span class="job-title">{html.escape(job.title)}</span><span class="bar">{bar}</span><span>{tail}</span>'
