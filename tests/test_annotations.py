"""Labels: kept at once, taken back one by one, shared by sessions and processes, and safe from a crash."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from specvae_core.annotations import Label, Labels
from specvae_core.errors import BadConfig, NotFound, NotWritable, UserError


@pytest.fixture
def labels(tmp_path):
    return Labels(tmp_path / "labels.sqlite")


def test_what_was_said_is_there_in_another_session(labels):
    labels.change("demo", "a", "one", label=3)
    labels.change("demo", "a", "two", note="odd slope", tags=("star", "odd"))
    assert Labels(labels.path).get("demo", "a") == Label(3, "odd slope", ("star", "odd"))
    assert labels.get("other", "a").empty


def test_nothing_is_written_until_something_is_said(labels):
    assert labels.of("demo") == {}
    assert labels.stamp() == 0
    assert not labels.path.exists()


def test_each_session_takes_back_its_own(labels):
    labels.change("demo", "a", "one", label=1)
    labels.change("demo", "a", "one", label=2)
    labels.change("demo", "b", "two", label=5)
    assert labels.undo("one").label.label == 1
    change = labels.undo("one")
    assert (change.object, change.label) == ("a", Label())
    assert labels.of("demo") == {"b": Label(5)}
    with pytest.raises(NotFound, match="no label of yours"):
        labels.undo("one")


def test_what_somebody_else_changed_since_is_kept(labels):
    labels.change("demo", "a", "one", label=1)
    labels.change("demo", "a", "two", label=2)
    with pytest.raises(UserError, match="Somebody else"):
        labels.undo("one")
    assert labels.get("demo", "a").label == 2


def test_saying_the_same_again_is_no_change(labels):
    labels.change("demo", "a", "one", label=1)
    labels.change("demo", "a", "one", label=1)
    labels.undo("one")
    assert labels.get("demo", "a").empty


@pytest.mark.parametrize("wrong", [6, -1, 2.0, "3", True])
def test_a_label_outside_0_to_5_is_refused(labels, wrong):
    with pytest.raises(BadConfig, match="from 0 to 5"):
        labels.change("demo", "a", "one", label=wrong)


def test_columns_follow_the_order_asked_for(labels):
    labels.change("demo", "b", "one", label=0, tags=("x", "y"))
    table = labels.columns("demo", ["a", "b"])
    assert table["label"].tolist()[1] == 0
    assert table["label"].isna().tolist() == [True, False]
    assert table["tags"].tolist() == ["", "x, y"]


def say(path, first):
    for number in range(20):
        Labels(path).change("demo", str(first + number), str(first), label=number % 6)


def test_several_processes_write_at_the_same_time(labels):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=say, args=(labels.path, first)) for first in (0, 100, 200)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(labels.of("demo")) == 60


CRASH = """
import sys; from specvae_core.annotations import Labels
labels = Labels(sys.argv[1])
for number in range(100000):
    labels.change("demo", str(number), "crash", label=number % 6)
    print(number, flush=True)
"""


def test_what_was_said_survives_a_killed_process(labels):
    with subprocess.Popen([sys.executable, "-c", CRASH, str(labels.path)], stdout=subprocess.PIPE, text=True) as child:
        said = [child.stdout.readline() for _ in range(5)]
        time.sleep(0.05)
        os.kill(child.pid, signal.SIGKILL)
        said += child.stdout.readlines()
    kept = labels.of("demo")
    assert {line.strip() for line in said if line.endswith("\n")} <= set(kept)
    with sqlite3.connect(labels.path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    labels.change("demo", "after", "new", label=1)


def test_a_damaged_file_is_told_in_a_sentence(labels):
    labels.path.write_bytes(b"this is no database, but long enough to be looked at" * 100)
    with pytest.raises(NotWritable, match=r"labels\.sqlite"):
        labels.get("demo", "a")
