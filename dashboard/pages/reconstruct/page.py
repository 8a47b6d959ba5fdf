"""Reconstruct: hide or spoil a part of a spectrum and see what the model makes of it, and how."""

import html
import tempfile
from pathlib import Path

import panel as pn
from panel.viewable import Viewable

from dashboard.page import Page
from dashboard.widgets.card import Card
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.job_list import describe
from dashboard.widgets.layout import FULL, TALL
from specvae_core.errors import UserError
from specvae_core.grid import SpectralGrid
from specvae_core.tasks.reconstruction_files import write_reconstruction

from .answer_card import TYPES, AnswerCard
from .answers import Found, read, same_question
from .code_card import CodeCard
from .kept import KeptList
from .many import ManyForm
from .problem_form import ProblemForm
from .runs import Runs
from .spectrum_card import SpectrumCard
from .subject import Posed, Subject, SubjectPicker

NO_MODEL = (
    "No model to reconstruct with yet",
    "A model that has learnt from a survey fills the gaps of spectra. Ingest spectra under <b>Data</b> and "
    "train a model under <b>Train</b> first.",
)
NO_SPECTRA = (
    "This model knows bands, no spectra",
    "Choose a model of spectra in the header, or look at what this one makes of bands under <b>Photo-z</b>.",
)
NO_OBJECT = ("No spectrum yet", "pick an object in Explore, type an id, or upload a file")


class ReconstructPage(Page):
    """The spectrum and its problem, the runs, and what they found."""

    name = "reconstruct"
    keys = (
        ("h / z", "dragging hides a range, or zooms"),
        ("u", "undo the last change of the hidden ranges"),
        ("r", "run"),
    )

    def view(self) -> Viewable:
        """Build the page."""
        session = self.session
        self._subject: Subject | None = None
        self._found: list[Found] = []
        self._jobs: object = None
        self.runs = Runs(session)
        self.picker = SubjectPicker(session, self._choose)
        self.form = ProblemForm(self._pose, session.guard)
        self.spectrum = SpectrumCard(session, self._pose, self.run, self.runs.stop)
        self.codes = CodeCard(session, self._show_step)
        self.answer = AnswerCard(session, self._save, self._list, self._delete)
        self.kept = KeptList(session.workspace.results, self._open, session.guard)
        self.many = ManyForm(session, self._question)
        state = session.state
        hidden = self.form.take(state.problem)
        self.spectrum.ranges.start_with(tuple(_pair(text) for text in hidden.split(",") if text))
        state.param.watch(session.guard(lambda *_: self._choose()), ["survey_id", "model_id", "picked"])
        state.param.watch(session.guard(lambda event: self._dress(event.new)), "theme")
        self.missing = EmptyState(visible=False, css_classes=("card",))
        side = pn.Column(
            Card("Spectrum", self.picker),
            Card("Problem", self.form),
            Card("Kept", self.kept),
            Card("Many at once", self.many),
            css_classes=["side"], width=300, **TALL,
        )  # fmt: skip
        below = pn.Row(self.codes.card, self.answer.card, css_classes=["reconstruct-below"], **FULL)
        stage = pn.Column(self.spectrum.card, below, css_classes=["stage"], **FULL)
        self.ready = pn.Row(side, stage, css_classes=["train-page"], **FULL)
        return pn.Column(self.missing, self.ready, css_classes=["page"], **FULL)

    def shown(self) -> None:
        """Look at everything again."""
        self._choose()
        self._list()
        if self.session.state.reconstruction and not self._found:
            self._open(self.session.state.reconstruction)

    def poll(self) -> None:
        """Follow the runs; play on; look for models and reconstructions whenever a job has changed its state."""
        for result_id in self.runs.news():
            self._take(result_id)
        self._say()
        self.codes.poll()
        jobs = [(job.id, job.state) for job in self.session.runner.jobs()]
        if jobs != self._jobs:
            self._jobs = jobs
            self._offer()
            self._list()

    def key(self, key: str) -> None:
        """Answer a key."""
        if key in ("h", "z"):
            self.spectrum.drag.value = {"h": "hide", "z": "zoom"}[key]
        elif key == "u":
            self.spectrum.ranges.undo()
        elif key == "r" and not self.spectrum.run.disabled:
            self.run()

    def run(self) -> None:
        """Solve the problem, with both models where two are chosen."""
        if self._subject is None:
            raise UserError("There is no spectrum to reconstruct: pick an object in Explore, or upload a file.")
        state = self.session.state
        models = [model for model in (state.model_id, self.form.other.value) if model]
        self._found = []
        started = self.runs.start(self._subject, models, self._question())
        state.reconstruction = started[0]
        self._show()
        self._say()

    def _question(self) -> dict[str, object]:
        """What is asked, as the task takes it."""
        form = self.form
        problem = form.problem(self.spectrum.ranges.text)
        return {"problem": problem, "method": form.method.value, "starts": form.starts.value, "seed": form.seed.value}

    # The problem

    def _offer(self) -> bool:
        """Offer what the workspace has; whether the chosen model can be asked at all."""
        state, workspace = self.session.state, self.session.workspace
        grid = workspace.model(state.model_id).grid if state.model_id else None
        fits = isinstance(grid, SpectralGrid)
        self.missing.show(*(NO_MODEL if grid is None else NO_SPECTRA))
        self.missing.visible, self.ready.visible = not fits, fits
        if fits:
            self.form.show_models([one.id for one in workspace.models() if one.grid.matches(grid)], state.model_id)
        return fits

    def _choose(self) -> None:
        """Another object, survey, model or file."""
        if self.session.state.page != self.name:
            return
        fits, state = self._offer(), self.session.state
        self._subject = None
        if not fits:
            return
        model = self.session.workspace.model(state.model_id)
        self.spectrum.show_grid(model.grid)
        self.codes.show_map(state.survey_id, state.model_id)
        self._subject = self.picker.subject(model)
        subject = self._subject
        title = (subject.object_id, html.escape(subject.survey or "uploaded")) if subject else NO_OBJECT
        self.spectrum.card.entitle(*title)
        if self._found and (self._subject is None or self._found[0].object_id != self._subject.object_id):
            self._found = []
        self._pose()
        self.spectrum.reset()

    def _pose(self) -> None:
        """Draw the problem as it stands, without an answer."""
        self.session.state.problem = str(self._question()["problem"])
        self.spectrum.plot.show_hidden(self.spectrum.ranges.ranges)
        posed = self._posed() if self._subject is not None else None
        if self._found and self.runs.current is None and self._found[0].header["problem"] != self.session.state.problem:
            self._found = []
        if not self._found:
            self.spectrum.plot.show(posed.curves if posed else {})
            self.spectrum.plot.show_data(*(posed.data if posed else ((), ())))
            self.spectrum.plot.show_alternatives(())
            self.codes.show(None)
            self.answer.show(None, None)
        self._say()

    def _posed(self) -> Posed | None:
        """The problem, where it can be posed; else the form says why not."""
        try:
            posed = self._subject.pose(self.session.state.problem, self.form.seed.value)
        except UserError as error:
            self.form.error.show(str(error))
            return None
        self.form.error.show("")
        return posed

    def _say(self) -> None:
        job = self.runs.current
        text = describe(job) if job is not None else ""
        self.spectrum.say(
            text, running=job is not None, ready=self._subject is not None and not self.form.error.sentence
        )

    # The answer

    def _take(self, result_id: str) -> None:
        """Show the news of a run, unless something else is looked at by now."""
        found = read(self.session.workspace.results, result_id)
        if found is None:
            return
        ids = [one.result.id for one in self._found]
        if result_id in ids:
            self._found[ids.index(result_id)] = found
        elif result_id == self.session.state.reconstruction:
            self._found = [found, *self._found]
        elif not self._found or same_question(self._found[0], found):
            self._found = [*self._found, found]
        self._found.sort(key=lambda one: one.result.id != self.session.state.reconstruction)
        self._show()

    def _open(self, result_id: str) -> None:
        """Show one that was kept, and its problem with it; nothing where the id is empty."""
        self.session.state.reconstruction = result_id
        found = read(self.session.workspace.results, result_id) if result_id else None
        self._found = [] if found is None else [found]
        if found is not None:
            self._recall(found)
        self._list()
        self._pose() if found is None else self._show()

    def _recall(self, found: Found) -> None:
        """Put object, model and problem of a reconstruction back where they came from."""
        state, header = self.session.state, found.header
        hidden = self.form.take(header["problem"])
        self.spectrum.ranges.start_with(tuple(_pair(text) for text in hidden.split(",") if text))
        self.form.seed.value = header["seed"]
        kept = self._found
        if header.get("survey"):
            state.param.update(survey_id=header["survey"], model_id=found.model, picked=found.object_id)
        self._found = kept
        self.spectrum.show_grid(self.session.workspace.model(found.model).grid)
        self.spectrum.plot.show_hidden(self.spectrum.ranges.ranges)

    def _show(self) -> None:
        """Draw what was found."""
        if not self._found:
            self._pose()
            return
        first, other = self._found[0], self._found[1] if len(self._found) > 1 else None
        plot = self.spectrum.plot
        plot.show(first.curves | ({"other": other.curves["spectrum"]} if other else {}))
        plot.show_data(*first.data)
        model = self.session.workspace.model(first.model)
        plot.show_alternatives(model.decode(first.alternatives) if len(first.alternatives) else ())
        plot.fit_height()
        self.codes.show(first)
        self.answer.show(first, other)

    def _show_step(self, step: int | None) -> None:
        """The curve as it was after a step of the search."""
        first = self._found[0]
        spectra = first.path_spectra
        curves = dict(first.curves)
        if step is not None:
            curves = {name: curves[name] for name in ("truth", "observed") if name in curves}
            codes = first.path[step : step + 1]
            curves["spectrum"] = (
                spectra[step] if spectra is not None else self.session.workspace.model(first.model).decode(codes)[0]
            )
        self.spectrum.plot.show(curves)

    def _list(self) -> None:
        self.kept.update(self.session.state.reconstruction)
        self.many.update()

    def _save(self, kind: str) -> None:
        result = self._found[0].result
        grid = self.session.workspace.model(self._found[0].model).grid
        name = f"{result.id}.{kind}"
        with tempfile.TemporaryDirectory() as folder:
            write_reconstruction(result, grid, Path(folder) / name)
            self.session.bridge.save(name, TYPES[kind], (Path(folder) / name).read_bytes())
        self.session.notify(f"Saved {result.title} as {name}.", kind="good")

    def _delete(self) -> None:
        self.kept.delete(self._found[0].result.id)
        self._open("")

    def _dress(self, theme: str) -> None:
        self.spectrum.dress(theme)
        self.codes.show_map(self.session.state.survey_id, self.session.state.model_id)


def _pair(text: str) -> tuple[float, float]:
    low, _, high = text.partition("-")
    return float(low), float(high)
