"""The searches that this session has started, and what they have left in the workspace so far."""

from collections.abc import Mapping, Sequence

from dashboard.page import Session
from specvae_core.jobs import Job
from specvae_core.results import Kind
from specvae_core.tasks import submit

from .answers import reserve
from .subject import Subject


class Runs:
    """Starts, stops and follows them; several sessions may each have their own."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._jobs: dict[str, str] = {}
        self._written: dict[str, int] = {}

    def start(self, subject: Subject, models: Sequence[str], question: Mapping[str, object]) -> list[str]:
        """Have a question answered by each model; returns the ids of the results to come."""
        workspace, started = self.session.workspace, []
        for model in models:
            result_id = reserve(workspace.results, subject.object_id, model)
            arguments = {"model": model, "name": result_id, **subject.arguments, **question}
            job = submit(self.session.runner, workspace, "invert", **arguments)
            self._jobs[result_id] = job.id
            started.append(result_id)
        return started

    def stop(self) -> None:
        """Ask all of them to stop; the best so far is kept."""
        for job in self._active():
            job.stop()

    @property
    def current(self) -> Job | None:
        """The one that is under way, or waits to be."""
        return next(iter(self._active()), None)

    def _active(self) -> list[Job]:
        jobs = [self.session.runner.job(job_id) for job_id in self._jobs.values()]
        return sorted((job for job in jobs if job.active), key=lambda job: job.state != "running")

    def news(self) -> list[str]:
        """Ids of the results that were written since the last look; of a search that failed, the user is told."""
        changed = []
        for result_id, job_id in tuple(self._jobs.items()):
            job = self.session.runner.job(job_id)
            over = not job.active  # looked at before the file, which is written before the job is over
            written = self._time(result_id)
            if written and written != self._written.get(result_id):
                self._written[result_id] = written
                changed.append(result_id)
            if over:
                del self._jobs[result_id]
                if job.error:
                    self.session.notify(job.error, kind="bad")
        return changed

    def _time(self, result_id: str) -> int:
        """When a result was written last; 0 where there is none, as for the moment in which it is replaced."""
        try:
            return (
                (self.session.workspace.results.path(Kind.RECONSTRUCTIONS, result_id) / "result.json")
                .stat()
                .st_mtime_ns
            )
        except FileNotFoundError:
            return 0
