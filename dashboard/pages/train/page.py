"""Train: choose survey, model and settings, follow the losses, compare the trained models."""

from collections.abc import Mapping, Sequence

import panel as pn
from panel.viewable import Viewable

from dashboard.colouring import colour_columns, number_columns
from dashboard.page import Page
from dashboard.widgets.card import Card
from dashboard.widgets.damaged import DamagedList
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.job_list import JobActions, JobList
from dashboard.widgets.layout import FULL, TALL, WIDE
from dashboard.widgets.titles import model_title
from specvae_core.data.label_columns import ERROR_SUFFIX
from specvae_core.errors import UserError
from specvae_core.job import Job
from specvae_core.names import free_name
from specvae_core.tasks import resume, submit
from specvae_core.tasks.train import check_training

from .form import TrainingForm
from .model_table import ModelTable
from .view import TrainingView

NO_SURVEY = (
    "Nothing to train on yet",
    "A model learns from a survey, and this workspace has none. Go to <b>Data</b> and ingest your spectra first.",
)
NO_TRAINING = (
    "Ready",
    "Press <b>Start training</b>: the loss and its parts are drawn here as they fall. The training goes on "
    "when this window is closed.",
)


class TrainPage(Page):
    """Form and jobs at the left; the training that is looked at and the finished models at the right."""

    name = "train"

    def view(self) -> Viewable:
        """Build the page."""
        session, theme = self.session, self.session.state.theme
        self._picked = ""
        self._known: object = None
        self._actions = JobActions(session, self._resume)
        self.form = TrainingForm(self._start, self._columns, self._lack, session.guard)
        self.jobs = JobList(self._actions, session.guard(self._pick), empty="No trainings yet.")
        self.training = TrainingView(theme, self._actions, self._open_job)
        self.models = ModelTable(
            session.workspace, theme, self._open, self._delete, self._undo, self._rename, self._copy, session.guard
        )
        session.state.param.watch(session.guard(lambda event: self._dress(event.new)), "theme")
        self.ready = Card("New training", self.form)
        data = session.guard(lambda: session.state.param.update(page="data"))
        self.empty = EmptyState(*NO_SURVEY, "Add spectra", data, css_classes=("card",), **WIDE)
        left = pn.Column(
            self.ready,
            self.empty,
            Card("Jobs", self.jobs),
            css_classes=["side"],
            **TALL,
            width=340,
        )
        self.damaged = DamagedList(session.workspace, "model", lambda model: self._delete([model]), session.guard)
        right = pn.Column(self.training, self.damaged, self.models, **FULL, css_classes=["stage"])
        return pn.Row(left, right, **FULL, css_classes=["train-page"])

    def shown(self) -> None:
        """Look at everything again."""
        self._known = None
        self.poll()

    def poll(self) -> None:
        """Follow the jobs; look for surveys and models whenever a job has changed its state."""
        jobs = self.session.runner.jobs()
        self._follow([job for job in jobs if job.task == "train"])
        known = [(job.id, job.state) for job in jobs]
        if known != self._known:
            self._look_at_made(jobs, dict(known if self._known is None else self._known))
            self._known = known
            self._refresh()

    def _look_at_made(self, jobs: Sequence[Job], before: dict[str, str]) -> None:
        """Take the model into the header as soon as the training that is looked at has made it."""
        for job in jobs:
            if job.id == self._picked and job.state == "finished" and before.get(job.id) != "finished":
                self.session.state.look_at(job.arguments["survey"], job.result)

    def _refresh(self) -> None:
        surveys = [survey for survey in self.session.workspace.surveys() if survey.complete]
        self.form.offer(surveys, self.session.state.survey_id, self.session.workspace.models())
        self.ready.visible, self.empty.visible = bool(surveys), not surveys
        self.damaged.update()
        self.models.update()

    def _follow(self, jobs: Sequence[Job]) -> None:
        """Look at the picked, else the running, else the newest; failures of earlier servers stay in the list."""
        job = next((job for job in jobs if job.id == self._picked), None)
        job = job or next((job for job in jobs if job.state == "running"), None)
        mine = self.session.runner.id
        job = job or next((job for job in jobs if job.state != "failed" or job.runner == mine), None)
        self.jobs.update(jobs, picked=job.id if job else "")
        if job is None:
            self.training.nothing(*NO_TRAINING)
        else:
            self.training.update(job)

    def _start(self, survey: str, model: str, config: Mapping[str, object], seed: int, start_from: str) -> None:
        job = submit(
            self.session.runner,
            self.session.workspace,
            "train",
            survey=survey,
            model=model,
            config=dict(config),
            seed=seed,
            start_from=start_from,
        )
        self._pick(job.id)

    def _lack(self, survey: str, model: str, config: Mapping[str, object], start_from: str) -> str:
        try:
            check_training(self.session.workspace, survey=survey, model=model, config=config, start_from=start_from)
        except UserError as error:
            return str(error)
        return ""

    def _columns(self, survey_id: str, kind: str) -> list[str]:
        """Columns of numbers of a survey, but for errors that stand beside another, or its columns of words."""
        try:
            catalogue = self.session.workspace.survey(survey_id).catalogue
            numbers = number_columns(catalogue)
            if kind == "words":
                return [name for name in colour_columns(catalogue) if name not in numbers]
        except UserError:  # damaged: a training would say so
            return []
        errors = {name + ERROR_SUFFIX for name in numbers}
        return [name for name in numbers if name not in errors]

    def _resume(self, job: Job) -> None:
        self._pick(resume(self.session.runner, self.session.workspace, job).id)

    def _pick(self, job_id: str) -> None:
        self._picked = job_id
        self.poll()

    def _open_job(self, job: Job) -> None:
        self._open(job.arguments["survey"], job.result)

    def _open(self, survey_id: str, model_id: str) -> None:
        self.session.state.param.update(survey_id=survey_id, model_id=model_id, page="explore")

    def _delete(self, model_ids: Sequence[str]) -> None:
        workspace, notify = self.session.workspace, self.session.notify
        jobs = [job for job in self.session.runner.jobs() if job.active]
        if busy := next((name for name in model_ids if any(name in job.arguments.values() for job in jobs)), None):
            notify(f"A job is using the model {model_title(workspace, busy)}: stop it first.", kind="bad")
            return
        titles = [model_title(workspace, model_id) for model_id in model_ids]
        for model_id in model_ids:
            workspace.delete_model(model_id)
        if self.session.state.model_id in model_ids:
            self.session.state.model_id = ""  # the header chooses another one
        self.models.gone = list(model_ids)
        notify(f"Deleted {', '.join(titles)}; “Undo delete” brings back what was trained.", kind="good")
        self.damaged.update()
        self.models.update()

    def _undo(self, model_ids: Sequence[str]) -> None:
        for model_id in model_ids:
            self.session.workspace.restore_model(model_id)
        self.models.gone = []
        titles = [model_title(self.session.workspace, model_id) for model_id in model_ids]
        self.session.notify(f"{', '.join(titles)} {'are' if len(titles) > 1 else 'is'} back.", kind="good")
        self.damaged.update()
        self.models.update()

    def _rename(self, model_id: str, title: str) -> None:
        self.session.workspace.rename_model(model_id, title)
        self.models.update()

    def _copy(self, model_id: str) -> None:
        workspace = self.session.workspace
        name = free_name(f"{model_id[:50]}-copy", {model.id for model in workspace.models()}, "copy")
        workspace.copy_model(model_id, name)
        self.session.notify(f"{name} is a copy of {model_title(workspace, model_id)}.", kind="good")
        self.models.update()

    def _dress(self, theme: str) -> None:
        self.training.losses.dress(theme)
        self.models.dress(theme)
        self.poll()
