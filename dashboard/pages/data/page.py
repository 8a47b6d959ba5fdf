"""Data: files become surveys; the surveys of the workspace."""

from collections.abc import Mapping
from pathlib import Path

import panel as pn
from panel.viewable import Viewable

from dashboard.page import Page
from dashboard.widgets.card import Card
from dashboard.widgets.damaged import DamagedList
from dashboard.widgets.job_list import JobActions, JobList
from dashboard.widgets.layout import FULL, TALL
from dashboard.widgets.titles import model_title, survey_title
from specvae_core.job import Job
from specvae_core.names import free_name
from specvae_core.summaries import SurveySummary
from specvae_core.tasks import resume, submit
from specvae_core.tasks.download import read_record
from specvae_core.tasks.ingest import begun_with

from .ingest_form import IngestForm
from .survey_list import SurveyList
from .survey_view import SurveyView

MAKING = ("ingest", "ingest_refused", "ingest_photometry", "embed", "demo", "infill", "copy")
"""Tasks that make surveys, or an embedding of one."""

DOWNLOAD = "download"


class DataPage(Page):
    """Form and jobs at the left; the surveys and, at the right, one of them or the look at files that were chosen."""

    name = "data"

    def view(self) -> Viewable:
        """Build the page."""
        session, guard = self.session, self.session.guard
        self._picked, self._known = session.state.survey_id, None
        self._fetched_here: set[str] = set()
        self._actions = JobActions(session, self._resume_job)
        self.form = IngestForm(
            session.workspace,
            session.shared.files,
            self._start,
            self._download,
            session.runner.aside,
            session.state.theme,
            guard,
        )
        self.jobs = JobList(self._actions, guard(self._pick_job), empty="Nothing was ingested here yet.")
        self.surveys = SurveyList(session.workspace, self._pick, self._demo, guard)
        self.survey = SurveyView(
            session.workspace,
            session.state.theme,
            on_explore=self._explore,
            on_delete=self._delete,
            on_resume=self._resume_survey,
            on_refill=self._refill,
            on_rename=self._rename,
            on_copy=self._copy,
            on_refused=self._ingest_refused,
            save=session.bridge.save,
            guard=guard,
        )
        session.state.param.watch(guard(lambda event: self._dress(event.new)), "theme")
        left = pn.Column(
            Card("New survey", self.form),
            Card("Jobs", self.jobs),
            css_classes=["side"],
            **TALL,
            width=360,
        )
        self.damaged = DamagedList(session.workspace, "survey", self._delete, guard)
        self.undo = pn.widgets.Button(label="Undo delete", css_classes=["pill", "small"], visible=False)
        self.undo.on_click(guard(lambda _: self._undo()))
        self.list = Card("Surveys", self.damaged, self.surveys, actions=(self.undo,), css_classes=("surveys-card",))
        look = self.form.look.view.card
        look.param.watch(lambda event: setattr(self.survey.card, "visible", not event.new), "visible")
        right = pn.Column(self.list, look, self.survey, **FULL, css_classes=["stage"])
        return pn.Row(left, right, **FULL, css_classes=["data-page"])

    def shown(self) -> None:
        """Look at everything again."""
        self._known = None
        self.poll()

    def poll(self) -> None:
        """Follow the jobs; read the surveys again whenever a job has changed its state."""
        self.form.look.poll()
        self.form.download.poll()
        jobs = [job for job in self.session.runner.jobs() if job.task in (*MAKING, DOWNLOAD)]
        self.jobs.update(jobs)
        known = [(job.id, job.state) for job in jobs]
        if known != self._known:
            self._tell(dict(known if self._known is None else self._known), jobs)
            self._known = known
            self._refresh()

    def _tell(self, before: dict[str, str], jobs: list[Job]) -> None:
        """Say so when a job has just ended, and look at what it made."""
        for job in jobs:
            if job.state == "finished" and before.get(job.id, "running") in ("queued", "running"):
                if job.task == DOWNLOAD:
                    self._fetched(job)
                    continue
                if self._picked == _made(job):  # looked at since it was started
                    self.session.state.look_at(self._picked, "")
                self._picked = _made(job)
                self.session.notify(self._ready(job), kind="good")
            elif job.state == "failed" and before.get(job.id, "running") != "failed":
                self.session.notify(job.error or f"{job.title} failed.", kind="bad")

    def _ready(self, job: Job) -> str:
        """The sentence on what a job has made; of an embedding, how many vectors match."""
        if job.task != "embed":
            return f"Survey {survey_title(self.session.workspace, _made(job))} is ready."
        progress, title = job.progress(), model_title(self.session.workspace, job.result)
        return f"Embedding {title} is ready: {progress.message}." if progress else f"Embedding {title} is ready."

    def _fetched(self, job: Job) -> None:
        """Say what a download has fetched, and offer it where the user is not at something else."""
        folder = self._downloaded(job)
        record = read_record(folder)
        failed, n = record["failed"], record["files"]
        sentence = f"{n:,} {'file is' if n == 1 else 'files are'} in {folder.name}."
        if failed:
            sentence += f" {len(failed):,} could not be fetched, the first: {failed[0]['message']}"
        idle = self.form.source.fetching or not self.form.source.names
        if job.id in self._fetched_here and idle:
            self.form.source.take(folder)
        else:
            sentence += " Click the job to look at them."
        self.session.notify(sentence, kind="bad" if failed else "good")

    def _downloaded(self, job: Job) -> Path:
        """The folder that a download fills."""
        name = str(job.arguments.get("name") or job.arguments["sample"])
        return self.session.workspace.folder / "downloads" / name

    def _refresh(self) -> None:
        surveys = self.session.workspace.surveys()
        picked = self._chosen({survey.id: survey for survey in surveys})
        active = {_made(job) for job in self.session.runner.jobs() if job.task in MAKING and job.active}
        self.damaged.update()
        gone = self.session.workspace.deleted_surveys()
        label = f"Undo delete of {self.session.workspace.title_of_deleted(gone[0])}" if gone else "Undo delete"
        self.undo.param.update(visible=bool(gone), label=label)
        self.surveys.update(surveys, picked.id if picked else "", active)
        self.survey.show(picked, being_written=picked is not None and picked.id in active)
        self.form.grid.offer(surveys)
        self.form.bands.suit(surveys)
        total = sum(survey.n for survey in surveys)
        self.list.entitle("Surveys", f"{len(surveys)} · {total:,} objects" if surveys else "")

    def _chosen(self, surveys: Mapping[str, SurveySummary]) -> SurveySummary | None:
        """The survey to show: the one picked, once a job has made it; until then the one shown, or the header's."""
        shown = self.survey.survey.id if self.survey.survey else ""
        for survey_id in (self._picked, shown, self.session.state.survey_id):
            if survey_id in surveys:
                return surveys[survey_id]
        return next(iter(surveys.values()), None)

    def _dress(self, theme: str) -> None:
        self.survey.dress(theme)
        self.form.look.view.dress(theme)

    def _start(self, arguments: Mapping[str, object]) -> None:
        runner, workspace = self.session.runner, self.session.workspace
        if "model" in arguments:
            job = submit(runner, workspace, "embed", **arguments)
        else:
            task = "ingest_photometry" if "bands" in arguments else "ingest"
            job = submit(runner, workspace, task, **arguments, root=self.session.shared.files.limit)
        self._picked = _made(job)
        self.poll()

    def _download(self, arguments: Mapping[str, object]) -> None:
        job = submit(self.session.runner, self.session.workspace, DOWNLOAD, **arguments)
        self._fetched_here.add(job.id)
        self.poll()

    def _demo(self) -> None:
        self._picked = _made(submit(self.session.runner, self.session.workspace, "demo"))
        self.poll()

    def _resume_job(self, job: Job) -> None:
        resume(self.session.runner, self.session.workspace, job)
        self.poll()

    def _resume_survey(self, survey_id: str) -> None:
        """Resume a half-written survey with all that it was begun with."""
        begun = begun_with(self.session.workspace.survey_summary(survey_id).header["provenance"])
        begun["root"] = self.session.shared.files.limit
        submit(self.session.runner, self.session.workspace, "ingest", name=survey_id, resume=True, **begun)
        self.poll()

    def _refill(self, survey_id: str, model_id: str, name: str) -> None:
        submit(self.session.runner, self.session.workspace, "infill", survey=survey_id, model=model_id, name=name)
        self._picked = name
        self.poll()

    def _ingest_refused(self, survey_id: str) -> None:
        """Ingest what lies off the grid of a survey into one of its own."""
        taken = {survey.id for survey in self.session.workspace.surveys()}
        arguments = {"survey": survey_id, "name": free_name(f"{survey_id[:40]}-refused", taken, "refused")}
        arguments["root"] = self.session.shared.files.limit
        submit(self.session.runner, self.session.workspace, "ingest_refused", **arguments)
        self._picked = arguments["name"]
        self.poll()

    def _pick(self, survey_id: str) -> None:
        self._picked = survey_id
        self._refresh()

    def _pick_job(self, job_id: str) -> None:
        job = self.session.runner.job(job_id)
        if job.task != DOWNLOAD:
            self._pick(_made(job))
        elif not self._downloaded(job).is_dir():
            self.session.notify("Nothing was fetched yet.")
        else:
            self.form.source.take(self._downloaded(job))

    def _delete(self, survey_id: str) -> None:
        if any(job.active and survey_id in job.arguments.values() for job in self.session.runner.jobs()):
            self.session.notify(
                f"A job is using survey {survey_title(self.session.workspace, survey_id)}: stop it first.", kind="bad"
            )
            return
        title = survey_title(self.session.workspace, survey_id)
        self.session.workspace.delete_survey(survey_id)
        if self.session.state.survey_id == survey_id:
            self.session.state.look_at("", "")  # the header chooses another one
        self.session.notify(f"Survey {title} is deleted; “Undo delete” brings it back.", kind="good")
        self._refresh()

    def _undo(self) -> None:
        gone = self.session.workspace.deleted_surveys()[0]
        self.session.workspace.restore_survey(gone)
        self._picked = gone
        self.session.notify(f"Survey {survey_title(self.session.workspace, gone)} is back.", kind="good")
        self._refresh()

    def _rename(self, survey_id: str, title: str) -> None:
        self.session.workspace.rename_survey(survey_id, title)
        self._refresh()

    def _copy(self, survey_id: str) -> None:
        taken = {survey.id for survey in self.session.workspace.surveys()}
        name = free_name(f"{survey_id[:50]}-copy", taken, "copy")
        submit(self.session.runner, self.session.workspace, "copy", survey=survey_id, name=name)
        self._picked = name
        self.poll()

    def _explore(self, survey_id: str) -> None:
        models = self.session.workspace.models()
        model = next((model.id for model in models if model.survey_id == survey_id), "")
        if not model:
            title = survey_title(self.session.workspace, survey_id)
            self.session.notify(f"No model was trained on {title} yet: train one first.")
        self.session.state.param.update(survey_id=survey_id, model_id=model, page="explore" if model else "train")


def _made(job: Job) -> str:
    """Name of the survey that a job makes, or makes an embedding of."""
    return str(job.arguments["survey"] if job.task == "embed" else job.arguments.get("name", "demo"))
