"""The jobs by which this session solves inverse problems."""

from collections.abc import Mapping, Sequence

from dashboard.page import Session
from specvae_core.job import Job
from specvae_core.results import Kind
from specvae_core.tasks import submit

from .solution import reserve_id
from .target import Target


class Solver:
    """Starts, stops and follows jobs of the task ``invert``; each session has its own."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._jobs: dict[str, str] = {}
        self._written: dict[str, int] = {}

    def start(self, target: Target, models: Sequence[str], question: Mapping[str, object]) -> list[str]:
        """Solve a problem with each model as prior; returns the ids that the results will have."""
        workspace, started = self.session.workspace, []
        for model in models:
            result_id = reserve_id(workspace.results, target.object_id, model)
            arguments = {"model": model, "name": result_id, **target.arguments, **question}
            job = submit(self.session.runner, workspace, "invert", **arguments)
            self._jobs[result_id] = job.id
            started.append(result_id)
        return started

    def stop(self) -> None:
        """Stop all jobs; the best solution so far is kept."""
        for job in self._active():
            job.stop()

    @property
    def current(self) -> Job | None:
        """The job that runs, or waits to."""
        return next(iter(self._active()), None)

    def _active(self) -> list[Job]:
        jobs = [self.session.runner.job(job_id) for job_id in self._jobs.values()]
        return sorted((job for job in jobs if job.active), key=lambda job: job.state != "running")

    def written(self) -> list[str]:
        """Ids of the results written since the last call; the error of a failed job becomes a notice."""
        changed = []
        for result_id, job_id in tuple(self._jobs.items()):
            job = self.session.runner.job(job_id)
            over = not job.active  # asked before the file is looked at, which is written before the job ends
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
        """Time of the last write of a result, ns; 0 where there is none, as while it is replaced."""
        try:
            folder = self.session.workspace.results.path(Kind.RECONSTRUCTIONS, result_id)
            return (folder / "result.json").stat().st_mtime_ns
        except FileNotFoundError:
            return 0
