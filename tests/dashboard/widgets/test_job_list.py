"""What is said of jobs, and which buttons they have."""

import pytest

from dashboard.widgets.job_list import JobActions, JobList, TimeLeft, describe, duration, fraction
from specvae_core.job import Job
from specvae_core.progress import Progress


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599, "60 min"),
        (3661, "1 h 1 min"),
        (90000, "25 h 0 min"),
    ],
)
def test_time_spans_in_words(seconds, words):
    assert duration(seconds) == words


def make_job(tmp_path, **changes) -> Job:
    record = dict.fromkeys(("started", "ended", "result", "error"))
    record |= {"title": "t", "task": "train", "arguments": {}, "runner": "me", "created": 0.0, "state": "running"}
    (tmp_path / "job").mkdir(exist_ok=True)
    return Job(tmp_path / "job", record | changes)


def test_time_left_counts_from_where_a_resumed_job_was_first_seen(tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("dashboard.widgets.job_list.time.monotonic", lambda: clock[0])
    job, left = make_job(tmp_path), TimeLeft()
    job.report(Progress(0.5, "", 5, {"train/loss": 1.0}))
    assert left.seconds(job) is None
    clock[0] += 10
    job.report(Progress(0.6, "", 6, {"train/loss": 1.0}))
    assert left.seconds(job) == pytest.approx(40.0)
    job.report(Progress(None, "least squares"))
    assert fraction(job) == 0.6
    job.state = "stopped"
    assert left.seconds(job) is None


def test_jobs_of_another_process_have_no_button(tmp_path, session):
    actions = JobActions(session, resume=lambda job: None)
    assert actions.possible(make_job(tmp_path, runner=session.runner.id)) == ("Stop", True)
    assert actions.possible(make_job(tmp_path, runner="another")) == ("", False)
    assert actions.possible(make_job(tmp_path, state="interrupted")) == ("Resume", True)
    assert actions.possible(make_job(tmp_path, state="failed", hopeless=True)) == ("", False)
    assert actions.possible(make_job(tmp_path, state="finished")) == ("", False)
    job = make_job(tmp_path, runner=session.runner.id)
    actions.stop(job)
    assert actions.possible(job) == ("Stopping…", False)


def test_jobs_of_one_title_are_told_apart_by_their_times(tmp_path, session):
    times = [1_000_000.0, 1_000_075.0]
    first, second, other = (tmp_path / name for name in ("first", "second", "other"))
    jobs = []
    for folder, created in zip((first, second), times, strict=True):
        folder.mkdir()
        jobs.append(make_job(folder, state="queued", created=created))
        jobs[-1].id = folder.name
    other.mkdir()
    jobs.append(make_job(other, title="u"))
    shown = JobList(JobActions(session, resume=lambda job: None))
    shown.update(jobs)
    assert shown.rows["first"].pick.label.startswith("t · ")
    assert shown.rows["first"].pick.label[:-3] != shown.rows["second"].pick.label[:-3]  # a minute apart
    assert shown.rows["job"].pick.label == "u"
    shown.update(jobs[1:])
    assert shown.rows["second"].pick.label == "t"


def test_messages_of_jobs_are_escaped(tmp_path):
    job = make_job(tmp_path, state="failed", error="<img src=x>")
    assert describe(job) == "&lt;img src=x&gt;"
