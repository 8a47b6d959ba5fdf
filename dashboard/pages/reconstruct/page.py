"""Reconstruct: degrade or hide a part of a spectrum, and solve for the whole with a model as prior."""

import numpy as np
import panel as pn
from panel.viewable import Viewable

from dashboard.page import Page
from dashboard.widgets.card import Card
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.job_list import describe
from dashboard.widgets.layout import FULL, TALL
from dashboard.widgets.spectrum_tools.tools import FOLLOWED, KEYS
from specvae_core.errors import UserError
from specvae_core.grid import SpectralGrid

from .problem_form import AS_IS, ProblemForm
from .search_card import SearchCard
from .solution import Solution, load_solution, with_solution
from .solution_card import SolutionCard
from .solution_list import SolutionList
from .solver import Solver
from .spectrum_card import SpectrumCard
from .survey_form import SurveyForm
from .target import PosedProblem, Target, TargetPicker

NO_MODEL = (
    "No model to reconstruct with yet",
    "Inverse problems are solved with a trained model as prior. Ingest spectra under <b>Data</b> and "
    "train a model under <b>Train</b> first.",
)
NO_SPECTRA = (
    "This is a model of photometry",
    "Choose a model of spectra in the header, or see the redshifts of this one under <b>Photo-z</b>.",
)


class ReconstructPage(Page):
    """The spectrum and its inverse problem at the left; its solution, and the search that led there."""

    name = "reconstruct"
    early = False
    keys = (
        ("h / z", "dragging hides a range, or zooms"),
        ("u", "undo your last annotation"),
        ("U", "undo the last change of the hidden ranges"),
        ("r", "run"),
        *KEYS,
    )

    def view(self) -> Viewable:
        """Build the page."""
        session = self.session
        self.target: Target | None = None
        self.solutions: list[Solution] = []
        self._jobs: object = None
        self._looked_at: object = None
        self.solver = Solver(session)
        self.picker = TargetPicker(session, self._choose)
        self.form = ProblemForm(self._pose, session.guard)
        self.spectrum = SpectrumCard(session, self._pose, self.run, self.solver.stop, self._show)
        self.search = SearchCard(session, self._show_step)
        self.solution = SolutionCard(session, self._list, self.delete)
        self.kept_list = SolutionList(session.workspace.results, self.open, session.guard)
        self.survey_form = SurveyForm(session, self._question)
        state = session.state
        hidden = self.form.take(state.problem)
        self.spectrum.ranges.start_with(hidden)
        state.param.watch(session.guard(self._follow), ["survey_id", "model_id", "picked"])
        state.param.watch(session.guard(self._follow_tools), ["author", *sorted(FOLLOWED)])
        state.param.watch(session.guard(lambda event: self._dress(event.new)), "theme")
        self.missing = EmptyState(visible=False, css_classes=("card",))
        side = pn.Column(
            Card("Spectrum", self.picker),
            Card("Problem", self.form),
            Card("Solutions", self.kept_list),
            Card("Whole survey", self.survey_form),
            css_classes=["side"], width=300, **TALL,
        )  # fmt: skip
        below = pn.Row(self.search.card, self.solution.card, css_classes=["reconstruct-below"], **FULL)
        stage = pn.Column(self.spectrum.card, below, css_classes=["stage"], **FULL)
        self.ready = pn.Row(side, stage, css_classes=["train-page"], **FULL)
        return pn.Column(self.missing, self.ready, css_classes=["page"], **FULL)

    def shown(self) -> None:
        """Look at what has changed while another page was in view; a problem stays as long as it is being solved."""
        state = self.session.state
        if state.page != self.name and self.solver.current is not None:
            return
        if self._looked_at != self._to_look_at():
            self._choose()
        else:
            self._offer()
        self._list()
        wanted = state.reconstruction or self._kept()
        if wanted and not self.solutions and state.page == self.name:
            self.open(wanted)

    def poll(self) -> None:
        """Follow the jobs of this session; look for models and solutions whenever a job has changed its state."""
        self.picker.reader.poll()
        for result_id in self.solver.written():
            self._take(result_id)
        self._say()
        self.search.poll()
        jobs = [(job.id, job.state) for job in self.session.runner.jobs()]
        if jobs != self._jobs:
            self._jobs = jobs
            self._offer()
            self._list()

    def key(self, key: str) -> None:
        """Answer a key."""
        if key in ("h", "z"):
            self.spectrum.drag.value = {"h": "hide", "z": "zoom"}[key]
        elif key == "U":
            self.spectrum.ranges.undo()
        elif key == "r":
            if not self.spectrum.run.disabled:
                self.run()
        elif key == "u":
            self.spectrum.large.undo()
        elif self.target is not None:
            self.spectrum.large.key(key)

    def run(self) -> None:
        """Solve the problem, with both models where two are chosen."""
        if self.target is None:
            raise UserError("There is no spectrum to reconstruct: pick an object in Explore, or upload a file.")
        state = self.session.state
        models = [model for model in (state.model_id, self.form.other.value) if model]
        self.solutions = []
        started = self.solver.start(self.target, models, self._question())
        state.reconstruction = started[0]
        self._show()
        self._say()

    def _question(self) -> dict[str, object]:
        """Problem, method, starts and seed: arguments of the task."""
        form = self.form
        problem = form.problem(self.spectrum.ranges.text)
        settings = {name: getattr(form, name).value for name in ("method", "weight", "starts", "seed")}
        return {"problem": problem, **settings}

    # The problem

    def _offer(self) -> bool:
        """Offer the models of the workspace; whether the chosen one is a model of spectra."""
        state, workspace = self.session.state, self.session.workspace
        grid = workspace.model(state.model_id).grid if state.model_id else None
        fits = isinstance(grid, SpectralGrid)
        self.missing.show(*(NO_MODEL if grid is None else NO_SPECTRA))
        self.missing.visible, self.ready.visible = not fits, fits
        if fits:
            self.form.show_models([one.id for one in workspace.models() if one.grid.matches(grid)], state.model_id)
        return fits

    def _follow(self, *events: object) -> None:
        if self.session.state.page == self.name:
            self._choose()

    def _choose(self) -> None:
        """Another object, survey, model or file."""
        fits, state = self._offer(), self.session.state
        self.target, self._looked_at = None, self._to_look_at()
        if not fits:
            return
        model = self.session.workspace.model(state.model_id)
        self.spectrum.show_grid(model.grid)
        self.search.show_map(state.survey_id, state.model_id)
        self.target = self.picker.target(model)
        self.spectrum.follow(self.target)
        self.spectrum.card.entitle(*self.picker.title(self.target))
        if self.solutions and (self.target is None or self.solutions[0].object_id != self.target.object_id):
            self.solutions, state.reconstruction = [], ""
        self._pose()
        self.spectrum.reset()

    def _to_look_at(self) -> tuple[object, ...]:
        """All in the state that the spectrum follows."""
        return tuple(
            getattr(self.session.state, name) for name in ("survey_id", "model_id", "picked", *sorted(FOLLOWED))
        )

    def _pose(self) -> None:
        """Draw the problem as it stands, without a solution."""
        self.session.state.problem = str(self._question()["problem"])
        posed = self._posed() if self.target is not None else None
        if (
            self.solutions
            and self.solver.current is None
            and self.solutions[0].header["problem"] != self.session.state.problem
        ):
            self.solutions = []
        if not self.solutions:
            curves = posed.curves(self.spectrum.large.smooth) if posed else {}
            self.spectrum.show(curves, posed.data if posed else ((), ()), ())
            self.search.show(None)
            self.solution.show(None, None)
        else:
            self.spectrum.show_hidden(self.spectrum.ranges.ranges)
        self._say()

    def _follow_tools(self, *events: object) -> None:
        if self.session.state.page == self.name and self.target is not None:
            self.spectrum.large.follow({event.name for event in events})

    def _posed(self) -> PosedProblem | None:
        """The problem; ``None`` where it cannot be posed, and the form then says why."""
        try:
            posed = self.target.pose(self.session.state.problem, self.form.seed.value)
        except UserError as error:
            self.form.error.show(str(error))
            return None
        self.form.error.show("")
        return posed

    def _say(self) -> None:
        job = self.solver.current
        text = describe(job) if job is not None else ""
        self.spectrum.say(text, running=job is not None, ready=self.target is not None and not self.form.error.sentence)

    # The solution

    def _take(self, result_id: str) -> None:
        """Show what a job has written, unless another problem is looked at by now."""
        found = load_solution(self.session.workspace.results, result_id)
        if found is not None:
            self.solutions = with_solution(self.solutions, found, self.session.state.reconstruction)
            self._show()

    def _kept(self) -> str:
        """Id of the newest solution of the picked object, or of any; empty where a problem is posed in the form."""
        state = self.session.state
        if state.problem != AS_IS:
            return ""
        asked = {"survey": state.survey_id, "model": state.model_id}
        return self.kept_list.newest(asked | ({"ids": [state.picked]} if state.picked else {}))

    def open(self, result_id: str) -> None:
        """Show a stored solution and its problem; none where the id is empty."""
        found = load_solution(self.session.workspace.results, result_id) if result_id else None
        self.solutions = [] if found is None else [found]
        if found is not None:
            self._recall(found)
        self.session.state.reconstruction = result_id
        self._list()
        self._pose() if found is None else self._show()

    def _recall(self, found: Solution) -> None:
        """Put object, model and problem of a solution back into the form and the header."""
        state, header = self.session.state, found.header
        hidden = self.form.take(header["problem"])
        self.spectrum.ranges.start_with(hidden)
        self.form.seed.value = header["seed"]
        kept = self.solutions
        if header.get("survey"):
            state.param.update(survey_id=header["survey"], model_id=found.model, picked=found.object_id)
        self.solutions = kept
        self.spectrum.show_grid(self.session.workspace.model(found.model).grid)
        self.spectrum.show_hidden(self.spectrum.ranges.ranges)

    def _show(self) -> None:
        """Draw the solutions."""
        if not self.solutions:
            self._pose()
            return
        first, other = self.solutions[0], self.solutions[1] if len(self.solutions) > 1 else None
        smooth = self.spectrum.large.smooth
        self._draw(first.curves(smooth) | ({"other": other.curves(smooth)["spectrum"]} if other else {}))
        self.spectrum.plot.fit_height()
        self.search.show(first)
        self.solution.show(first, other)

    def _show_step(self, step: int | None) -> None:
        """The curve as it was after a step of the search."""
        first = self.solutions[0]
        decode = self.session.workspace.model(first.model).decode
        self._draw(first.curves_at(step, self.spectrum.large.smooth, decode))

    def _draw(self, curves: dict[str, np.ndarray]) -> None:
        """Draw these curves, with the data and the alternatives of the solution."""
        first = self.solutions[0]
        model = self.session.workspace.model(first.model)
        self.spectrum.show(curves, first.data, model.decode(first.alternatives) if len(first.alternatives) else ())

    def _list(self) -> None:
        self.kept_list.update(self.session.state.reconstruction)
        self.survey_form.update()

    def delete(self) -> None:
        """Delete the solution that is shown."""
        self.kept_list.delete(self.solutions[0].result.id)
        self.open("")

    def _dress(self, theme: str) -> None:
        self.spectrum.dress(theme)
        self.search.show_map(self.session.state.survey_id, self.session.state.model_id)
