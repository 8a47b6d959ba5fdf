import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from specvae_core.errors import BadConfig, Locked, UserError
from specvae_core.jobs import JobRunner, Lane
from specvae_core.progress import Progress

DEADLINE = 30


@pytest.fixture
def runner(tmp_path):
    runner = JobRunner(tmp_path / "jobs")
    yield runner
    runner.shutdown()


def wait(job, *states):
    end = time.monotonic() + DEADLINE
    while job.state not in states:
        assert time.monotonic() < end, f"job is {job.state}"
        time.sleep(0.01)


HALFWAY = """
import builtins, sys, threading
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, sys.argv[1])
builtins.begun, builtins.go_on, builtins.given = threading.Event(), threading.Event(), []
threading.Thread(target=__import__, args=("torch",)).start()
begun.wait()
from specvae_core.jobs import _leave_a_core

pool = ThreadPoolExecutor(1, initializer=_leave_a_core)
broken = pool.submit(int).exception
try:
    assert broken(timeout=1.0) is None
except TimeoutError:  # it waits for the other thread
    pass
finally:
    go_on.set()
assert broken() is None and len(given) == 1
"""


def test_jobs_begin_while_another_thread_loads_torch(tmp_path):
    (tmp_path / "torch.py").write_text("begun.set()\ngo_on.wait()\nset_num_threads = given.append\n")
    subprocess.run([sys.executable, "-c", HALFWAY, str(tmp_path)], check=True, timeout=DEADLINE * 2)


def counting(report, folder):
    for step in range(3):
        report(Progress(step / 3, f"step {step}", step, {"loss": 1.0 / (step + 1)}))
    return "product"


def endless(report, folder):
    while True:
        report(Progress(None, "still here", 1, {"loss": 1.0}))
        time.sleep(0.005)


def submit(runner, work, **kwargs):
    return runner.submit("a title", work, task="train", arguments={"survey": "s"}, **kwargs)


def test_a_job_runs_on_another_thread_and_returns_an_id(runner):
    threads = []
    job = submit(
        runner, lambda report, folder: (threads.append(threading.current_thread()), counting(report, folder))[1]
    )
    wait(job, "finished")
    assert threads[0] is not threading.main_thread()
    assert job.result == "product"
    assert [progress.values["loss"] for progress in job.history()] == [1.0, 0.5, 1.0 / 3]
    assert runner.job(job.id) is job


def test_stop_ends_a_running_and_a_waiting_job(runner):
    first, second = submit(runner, endless), submit(runner, counting)
    wait(first, "running")
    assert second.state == "queued"
    second.stop()
    assert second.state == "stopped"
    assert first.state == "running"
    first.stop()
    wait(first, "stopped")
    again = runner.resume(second, counting)
    wait(again, "finished")


def test_nothing_waits_behind_a_training_but_another_training(runner):
    long = submit(runner, endless)
    wait(long, "running")
    jobs = [submit(runner, counting, lane=lane) for lane in Lane if lane != Lane.TRAINING]
    for job in jobs:
        wait(job, "finished")
    assert long.state == "running"
    long.stop()


def test_what_failed_for_its_own_input_is_not_offered_again(runner):
    def wrong(report, folder):
        raise BadConfig("latents -3: a whole number of at least 1 was expected.")

    def locked(report, folder):
        raise Locked("another program writes there: try again when it has ended.")

    hopeless, passing = submit(runner, wrong), submit(runner, locked)
    wait(hopeless, "failed")
    wait(passing, "failed")
    assert not hopeless.resumable
    with pytest.raises(UserError, match="would fail again: latents -3"):
        runner.resume(hopeless, counting)
    assert passing.resumable
    wait(runner.resume(passing, counting), "finished")


def test_an_ended_job_is_forgotten_and_its_product_stays(runner):
    running, ended = submit(runner, endless), submit(runner, counting, lane=Lane.QUICK)
    wait(ended, "finished")
    runner.forget(ended)
    assert ended.id not in {job.id for job in runner.jobs()}
    assert not ended.folder.exists()
    with pytest.raises(UserError, match="stop it first"):
        runner.forget(running)
    running.stop()


def test_work_beside_the_jobs_leaves_its_failure_in_the_log(runner, caplog):
    for begin in (runner.aside, runner.prepare):
        caplog.clear()
        begin(lambda: 1 / 0)
        end = time.monotonic() + DEADLINE
        while "ZeroDivisionError" not in caplog.text and time.monotonic() < end:
            time.sleep(0.01)
        assert "ZeroDivisionError" in caplog.text


def test_what_a_page_waits_for_does_not_wait_behind_what_is_being_loaded(runner):
    loading, seen = threading.Event(), threading.Event()
    runner.prepare(lambda: loading.wait(DEADLINE))
    runner.aside(seen.set)
    assert seen.wait(DEADLINE)
    assert not loading.is_set()
    loading.set()


def test_failures_are_told_in_a_sentence(runner, caplog):
    def mistaken(report, folder):
        raise UserError("No such survey: choose another.")

    def broken(report, folder):
        raise ZeroDivisionError("by zero")

    first, second = submit(runner, mistaken), submit(runner, broken)
    wait(second, "failed")
    assert first.error == "No such survey: choose another."
    assert second.error.startswith("ZeroDivisionError: by zero")
    assert "Traceback" in caplog.text


def test_other_runners_see_a_job_and_its_history(runner, tmp_path):
    job = submit(runner, endless)
    wait(job, "running")
    other = JobRunner(tmp_path / "jobs")
    seen = other.job(job.id)
    assert seen.state == "running"
    job.stop()
    wait(job, "stopped")
    seen = other.job(job.id)
    assert seen.state == "stopped"
    assert len(seen.history()) == len(job.history())
    other.shutdown()


def test_shutdown_interrupts_and_another_runner_resumes(tmp_path):
    runner = JobRunner(tmp_path / "jobs")
    job = submit(runner, endless)
    wait(job, "running")
    runner.shutdown()
    assert job.state == "interrupted"

    later = JobRunner(tmp_path / "jobs")
    found = later.job(job.id)
    assert found.state == "interrupted"
    assert found.arguments == {"survey": "s"}
    resumed = later.resume(found, counting)
    wait(resumed, "finished")
    assert resumed.id == job.id
    assert [entry.id for entry in later.jobs()] == [job.id]
    with pytest.raises(UserError, match="finished"):
        later.resume(resumed, counting)
    later.shutdown()


def test_a_killed_process_leaves_an_interrupted_job(tmp_path):
    code = f"""
import sys, time
sys.path.insert(0, {os.getcwd()!r})
from pathlib import Path
from specvae_core.jobs import JobRunner
from specvae_core.progress import Progress
def work(report, folder):
    step = 0
    while True:
        step += 1
        report(Progress(None, "", step, {{"loss": 1.0}}))
        print(step, flush=True)
        time.sleep(0.01)
JobRunner(Path({str(tmp_path / "jobs")!r})).submit("t", work, task="train", arguments={{}})
time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    for _ in range(5):
        process.stdout.readline()
    runner = JobRunner(tmp_path / "jobs")
    assert [job.state for job in runner.jobs()] == ["running"]
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    (job,) = runner.jobs()
    assert job.state == "interrupted"
    assert len(job.history()) >= 4
    runner.shutdown()


def test_a_damaged_record_hides_no_other_job(runner, caplog):
    job = submit(runner, counting)
    wait(job, "finished")
    damaged = runner.folder / "damaged"
    damaged.mkdir()
    (damaged / "job.json").write_text("{")
    assert [entry.id for entry in runner.jobs()] == [job.id]
    assert "damaged" in caplog.text


def test_the_record_is_json(runner):
    job = submit(runner, counting)
    wait(job, "finished")
    record = json.loads((job.folder / "job.json").read_text())
    assert record["state"] == "finished"
    assert record["result"] == "product"
