"""Annotations: kept at once, undone one by one, shared by sessions and processes, and safe from a crash."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from specvae_core.annotation_record import Feature
from specvae_core.annotations import Annotation, Annotations
from specvae_core.errors import BadConfig, NotFound, NotWritable, UserError


@pytest.fixture
def annotations(tmp_path):
    return Annotations(tmp_path / "labels.sqlite")


def test_what_was_said_is_there_in_another_session(annotations):
    annotations.change("demo", "a", "one", mark=3)
    annotations.change("demo", "a", "two", note="odd slope", tags=("star", "odd"))
    assert Annotations(annotations.path).get("demo", "a") == Annotation(3, "odd slope", ("star", "odd"))
    assert annotations.get("other", "a").empty


def test_nothing_is_written_until_something_is_said(annotations):
    assert annotations.of("demo") == {}
    assert annotations.stamp() == 0
    assert not annotations.path.exists()


def test_each_session_takes_back_its_own(annotations):
    annotations.change("demo", "a", "one", mark=1)
    annotations.change("demo", "a", "one", mark=2)
    annotations.change("demo", "b", "two", mark=5)
    assert annotations.undo("one").annotation.mark == 1
    change = annotations.undo("one")
    assert (change.object, change.annotation) == ("a", Annotation())
    assert annotations.of("demo") == {"b": Annotation(5)}
    with pytest.raises(NotFound, match="no change of yours"):
        annotations.undo("one")


def test_what_somebody_else_changed_since_is_kept(annotations):
    annotations.change("demo", "a", "one", mark=1)
    annotations.change("demo", "a", "two", mark=2)
    with pytest.raises(UserError, match="Somebody else"):
        annotations.undo("one")
    assert annotations.get("demo", "a").mark == 2


def test_saying_the_same_again_is_no_change(annotations):
    annotations.change("demo", "a", "one", mark=1)
    annotations.change("demo", "a", "one", mark=1)
    annotations.undo("one")
    assert annotations.get("demo", "a").empty


@pytest.mark.parametrize("wrong", [6, -1, 2.0, "3", True])
def test_a_mark_outside_0_to_5_is_refused(annotations, wrong):
    with pytest.raises(BadConfig, match="from 0 to 5"):
        annotations.change("demo", "a", "one", mark=wrong)


def test_columns_follow_the_order_asked_for(annotations):
    annotations.change("demo", "b", "one", mark=0, tags=("x", "y"))
    table = annotations.columns("demo", ["a", "b"])
    assert table["label"].tolist()[1] == 0
    assert table["label"].isna().tolist() == [True, False]
    assert table["tags"].tolist() == ["", "x, y"]


def say(path, first):
    for number in range(20):
        Annotations(path).change("demo", str(first + number), str(first), mark=number % 6)


def test_several_processes_write_at_the_same_time(annotations):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=say, args=(annotations.path, first)) for first in (0, 100, 200)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(annotations.of("demo")) == 60


CRASH = """
import sys; from specvae_core.annotations import Annotations
annotations = Annotations(sys.argv[1])
for number in range(100000):
    annotations.change("demo", str(number), "crash", mark=number % 6)
    print(number, flush=True)
"""


def test_what_was_said_survives_a_killed_process(annotations):
    with subprocess.Popen(
        [sys.executable, "-c", CRASH, str(annotations.path)], stdout=subprocess.PIPE, text=True
    ) as child:
        said = [child.stdout.readline() for _ in range(5)]
        os.kill(child.pid, signal.SIGKILL)
        said += child.stdout.readlines()
    kept = annotations.of("demo")
    assert {line.strip() for line in said if line.endswith("\n")} <= set(kept)
    with sqlite3.connect(annotations.path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    annotations.change("demo", "after", "new", mark=1)


def test_a_damaged_file_is_told_in_a_sentence(annotations):
    annotations.path.write_bytes(b"this is not a database, but long enough to be looked at" * 100)
    with pytest.raises(NotWritable, match=r"labels\.sqlite"):
        annotations.get("demo", "a")


def flip(annotations, what: bytes, to: bytes) -> None:
    """Damage the first place in the file that holds some bytes."""
    content = annotations.path.read_bytes()
    assert content.count(what) >= 1
    annotations.path.write_bytes(content.replace(what, to, 1))


@pytest.fixture
def two(annotations):
    """Two marked objects; the rows of the two tables lie on pages of their own."""
    annotations.change("demo", "aaaa", "one", mark=3, note="first")
    annotations.change("demo", "bbbb", "one", mark=4, note="second")
    return annotations


def test_a_damaged_mark_is_named_and_the_others_are_read(two, caplog):
    flip(two, b'[3, "first"', b'[2, "first"')
    assert two.of("demo") == {"bbbb": Annotation(4, "second")}
    assert "aaaa in demo are damaged" in caplog.text
    with pytest.raises(UserError, match="annotation of aaaa is damaged"):
        two.get("demo", "aaaa")
    assert two.damaged() == [("demo", "aaaa")]
    assert two.change("demo", "aaaa", "one", mark=1) == Annotation(1)
    assert two.damaged() == []


def test_a_damaged_id_is_named_and_the_changes_tell_which_one_is_missing(two):
    flip(two, b'demoaaaa[3, "first"', b'demoaaca[3, "first"')
    assert sorted(two.damaged()) == [("demo", "aaaa"), ("demo", "aaca")]


def test_repair_takes_damaged_annotations_from_the_record_of_changes(two, tmp_path):
    two.change("demo", "bbbb", "one", note="third")
    two.undo("one")
    for what, to in ((b'demoaaaa[3, "first"', b'demoaaca[3, "first"'), (b'demobbbb[4, "sec', b'demobbbb[4, "sek')):
        flip(two, what, to)
    two.repair(tmp_path / "aside")
    assert two.damaged() == []
    assert two.of("demo") == {"aaaa": Annotation(3, "first"), "bbbb": Annotation(4, "second")}
    assert (tmp_path / "aside").exists()
    two.undo("one")
    assert two.get("demo", "bbbb").empty


@pytest.mark.parametrize("how", ["empty", "link", "cut"])
def test_a_database_without_content_is_damaged_and_repaired(two, tmp_path, how):
    content = two.path.read_bytes()
    two.path.unlink()
    two.path.symlink_to("nowhere") if how == "link" else two.path.write_bytes(content[:3000] if how == "cut" else b"")
    for act in (two.damaged, lambda: two.of("demo"), lambda: two.change("demo", "c", "one", mark=1)):
        with pytest.raises(NotWritable):
            act()
    two.repair(tmp_path / "aside")
    assert two.damaged() == []
    assert two.change("demo", "c", "one", mark=1) == Annotation(1)


@pytest.fixture
def old(annotations):
    """A database of version 0.3: a table without authors; of one annotation version 0.1 wrote no checksum."""
    annotations.change("demo", "b", "one", mark=1, note="kept")
    with sqlite3.connect(annotations.path) as database:
        for step in (
            "CREATE TABLE labels (survey TEXT, object TEXT, content TEXT, PRIMARY KEY (survey, object)) WITHOUT ROWID",
            "INSERT INTO labels SELECT survey, object, content FROM annotations",
            "INSERT INTO labels VALUES ('demo', 'a', '[3, \"old\", [\"x\"]]')",
            "DROP TABLE annotations",
            "ALTER TABLE changes DROP COLUMN author",
        ):
            database.execute(step)
    database.close()
    return annotations


def test_annotations_of_earlier_versions_are_those_of_nobody(old):
    expected = {"": {"a": Annotation(3, "old", ("x",)), "b": Annotation(1, "kept")}}
    assert old.by_author("demo") == expected
    assert old.damaged() == []
    old.change("demo", "a", "two", "anna", mark=0)
    assert old.by_author("demo") == expected | {"anna": {"a": Annotation(0)}}
    assert old.undo("one").annotation.empty
    assert old.damaged() == []


def test_annotations_of_earlier_versions_are_repaired(old, tmp_path):
    old.repair(tmp_path / "aside")
    assert old.of("demo") == {"a": Annotation(3, "old", ("x",)), "b": Annotation(1, "kept")}


def test_everybody_has_annotations_of_their_own(annotations):
    annotations.change("demo", "a", "one", "anna", mark=1)
    annotations.change("demo", "a", "two", "ben", mark=4, note="blend")
    assert annotations.get("demo", "a", "anna") == Annotation(1)
    change = annotations.undo("two")
    assert (change.author, change.annotation) == ("ben", Annotation())
    assert annotations.get("demo", "a", "anna") == Annotation(1)


def test_my_z_and_remarks_on_the_spectrum_are_kept_and_undone(annotations):
    said = Annotation(redshift=0.123, quality=3, features=(Feature(5008.2, "double"),))
    annotations.change("demo", "a", "one", "anna", redshift=0.123, quality=3, features=(Feature(5008.2, "double"),))
    assert Annotations(annotations.path).get("demo", "a", "anna") == said
    row = annotations.columns("demo", ["a", "b"]).iloc[0]
    assert (row["my_z"], row["my_z_quality"], row["features"], row["people"]) == (0.123, 3, "5008.2 double", 1)
    assert annotations.undo("one").annotation.empty


@pytest.mark.parametrize("wrong", [{"redshift": float("nan")}, {"redshift": 30.0}, {"quality": 5}, {"quality": 2.0}])
def test_a_redshift_or_quality_that_is_none_is_refused(annotations, wrong):
    with pytest.raises(BadConfig, match="is not"):
        annotations.change("demo", "a", "one", **wrong)


def test_columns_merge_what_several_people_say(annotations):
    for author, mark, z in (("anna", 3, 0.1), ("ben", 3, 0.1001), ("caro", 0, 0.5)):
        quality = 4 if author != "caro" else 1
        annotations.change("demo", "a", "one", author, mark=mark, redshift=z, quality=quality)
    row = annotations.columns("demo", ["a"]).iloc[0]
    assert (row["label"], row["my_z"], row["my_z_quality"]) == (3, 0.1, 4)
    assert (row["people"], row["disagree"]) == (3, 1)
