"""Compare: errors of several models, one object and its neighbours under all of them, settings, trust in errors."""

from collections.abc import Mapping

import panel as pn
from panel.viewable import Viewable

from dashboard.page import Page
from dashboard.widgets.card import Card
from dashboard.widgets.job_list import JobActions, JobList
from dashboard.widgets.layout import FULL, TALL
from dashboard.widgets.spectrum_tools.tools import FOLLOWED, KEYS
from specvae_core.job import Job
from specvae_core.results import Kind
from specvae_core.tasks import resume, submit

from .errors_view import ComparisonView
from .form import CompareForm, SearchForm
from .inverse_view import InverseView
from .neighbours_view import NeighboursView
from .object_view import ObjectCompare
from .search_view import SearchView
from .trust_view import TrustView
from .within import WithinSelect

VIEWS = {
    "Errors": "errors",
    "One object": "object",
    "Neighbours": "neighbours",
    "Inverse": "inverse",
    "Search": "search",
    "Trust": "trust",
}
TASKS = ("compare", "search")
FOLLOWING = ("neighbours", "inverse", "trust")
"""Views of the model at hand."""

WITHIN = ("errors", "inverse", "trust")
"""Views that can keep to a selection; *Neighbours* lists all of them."""


class ComparePage(Page):
    """A form and the jobs at the left; curves, spectra or trials at the right."""

    name = "compare"
    keys = (
        ("← →", "previous and next object, among the selected ones if there are any, where one object is shown"),
        ("/", "search an id"),
        *((key, f"One object: {what}") for key, what in (*KEYS, ("u", "undo your last annotation"))),
    )

    def view(self) -> Viewable:
        """Build the page."""
        session = self.session
        self._known: object = None
        self._prefer = {"compare": "", "search": ""}
        actions = JobActions(session, self._resume)
        self.jobs = JobList(actions, empty="No comparisons and no searches yet.")
        self.form = CompareForm(lambda arguments: self._start("compare", arguments), session.guard)
        self.search_form = SearchForm(lambda arguments: self._start("search", arguments), session.guard)
        self.errors = ComparisonView(session, self._open, self._beside)
        self.object = ObjectCompare(session)
        self.neighbours = NeighboursView(session)
        self.inverse = InverseView(session)
        self.trials = SearchView(session, self._open)
        self.trust = TrustView(session)
        self.switch = pn.widgets.RadioButtonGroup(options=VIEWS, css_classes=["switch", "compare-views"])
        self.switch.param.watch(session.guard(lambda event: session.state.param.update(compare=event.new)), "value")
        self._forms = {
            "errors": Card("New comparison", self.form),
            "search": Card("New search", self.search_form),
        }
        jobs = Card("Jobs", self.jobs)
        self._left = pn.Column(*self._forms.values(), jobs, css_classes=["side"], **TALL, width=300)
        self._stages = {
            "errors": self.errors,
            "object": self.object,
            "neighbours": self.neighbours,
            "inverse": self.inverse,
            "search": self.trials,
            "trust": self.trust,
        }
        self._places = {
            name: pn.Column(stage, css_classes=["compare-place"], **FULL) for name, stage in self._stages.items()
        }
        self.within = WithinSelect(session)
        top = pn.Row(self.switch, self.within, css_classes=["bar-row"], sizing_mode="stretch_width")
        right = pn.Column(top, *self._places.values(), css_classes=["stage"], **FULL)
        session.state.param.watch(
            session.guard(self._follow),
            ["compare", "survey_id", "model_id", "picked", "compared", "within", "zoom", "author", *sorted(FOLLOWED)],
        )
        session.state.param.watch(session.guard(lambda event: self._dress(event.new)), "theme")
        return pn.Row(self._left, right, css_classes=["compare-page"], **FULL)

    def shown(self) -> None:
        """Look at everything again."""
        self._known = None
        self._turn()
        self.poll()

    def poll(self) -> None:
        """Follow the jobs; look for results whenever one of them has got further."""
        jobs = [job for job in self.session.runner.jobs() if job.task in TASKS]
        self.jobs.update(jobs)
        if self.session.state.compare == "object":
            self.object.poll()
        known = [(job.id, job.state, len(job.history())) for job in jobs]
        if known != self._known:
            self._known = known
            self._refresh()

    def key(self, key: str) -> None:
        """Step through the survey, and the keys of the tools."""
        if self.session.state.compare != "object":
            return
        if key == "u":
            self.object.large.undo()
        elif not self.object.large.key(key):
            self.object.stepper.key(key)

    def _refresh(self) -> None:
        workspace = self.session.workspace
        surveys = [survey for survey in workspace.surveys() if survey.complete]
        for form in (self.form, self.search_form):
            form.survey.offer(surveys, self.session.state.survey_id)
        made = self._made_by("compare", Kind.COMPARISONS)
        self.errors.update(workspace.results.list(Kind.COMPARISONS), self.session.state.survey_id, made)
        self.trials.update(workspace.results.list(Kind.SEARCHES), self._made_by("search", Kind.SEARCHES))
        self.trials.folds.update(workspace.results.list(Kind.CROSS_VALIDATIONS), self.session.state.survey_id)

    def _made_by(self, task: str, kind: Kind) -> str:
        """The result of the job that was started here last, once it is there."""
        job_id = self._prefer[task]
        made = self.session.workspace.results.find(kind, job=job_id) if job_id else None
        if made is None:
            return ""
        self._prefer[task] = ""
        return made.id

    def _start(self, task: str, arguments: Mapping[str, object]) -> None:
        job = submit(self.session.runner, self.session.workspace, task, **arguments)
        self._prefer[task] = job.id
        self.poll()

    def _resume(self, job: Job) -> None:
        resume(self.session.runner, self.session.workspace, job)
        self.poll()

    def _open(self, survey_id: str, model_id: str) -> None:
        self.session.state.param.update(survey_id=survey_id, model_id=model_id, page="explore")

    def _beside(self, model_ids: list[str]) -> None:
        if not model_ids:
            self.session.notify("Tick some models in the table first.", kind="bad")
            return
        survey_id = self.errors.survey_id
        self.session.state.param.update(survey_id=survey_id, compared=model_ids, compare="object")

    def _follow(self, *events: object) -> None:
        if self.session.state.page != self.name:
            return  # `shown` looks again
        changed = {event.name for event in events}
        if "compare" in changed:
            self._turn()
        elif self.session.state.compare == "errors":
            if changed & {"survey_id", "within"}:
                self.within.refresh()
                self.errors.follow_within()
        elif self.session.state.compare in FOLLOWING:
            if changed & {"survey_id", "model_id", "within"}:
                self.within.refresh()
                self._stages[self.session.state.compare].refresh()
        elif self.session.state.compare == "search":
            self._refresh()
        elif self.session.state.compare == "object":
            if changed == {"zoom"}:
                self.object.follow_zoom()
            elif changed <= FOLLOWED:
                self.object.large.follow(changed)
            else:
                self.object.refresh()

    def _turn(self) -> None:
        """Show the view that the state names."""
        state = self.session.state
        name = state.compare if state.compare in self._stages else "errors"
        self.switch.value = name
        for other, place in self._places.items():
            place.visible = other == name
        self._left.visible = name in self._forms
        self.within.refresh()
        self.within.visible = name in WITHIN
        for other, form in self._forms.items():
            form.visible = other == name
        if name in ("object", *FOLLOWING):
            self._stages[name].refresh()
        elif name == "search":
            self._refresh()

    def _dress(self, theme: str) -> None:
        for part in self._stages.values():
            part.dress(theme)
