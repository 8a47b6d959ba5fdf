"""Acts that are killed at random moments or run beside each other: nothing is lost, and each goes on."""

import os

import numpy as np
import pytest
from damages import probe
from kills import ACTS, TOUCHED, Race, delete, duration, encode, ingest, kill, prepare, save, train

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
SEED = 5


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kills") / "sound"
    folder.mkdir()
    prepare(folder)
    return folder


@pytest.mark.parametrize("act", ACTS)
def test_after_a_kill_nothing_is_lost_and_it_goes_on(sound, tmp_path, act):
    rng, before = np.random.default_rng(SEED), probe(sound / "w")
    seconds = duration(act, sound, tmp_path / "w")
    for _ in range(1 if act is train else 2):
        assert kill(act, rng.uniform(0, seconds), sound, tmp_path / "w", before) == []


@pytest.mark.parametrize(("first", "second"), [(ingest, ingest), (delete, delete), (save, save), (encode, delete)])
def test_two_at_once_are_each_safe_or_refused(sound, tmp_path, first, second):
    assert Race(first, second).run(sound, tmp_path / "w", probe(sound / "w")) == []


def crash(folder):
    raise RuntimeError("the disk is on fire")


def test_a_race_that_went_wrong_says_which_one_and_what_was_printed(sound, tmp_path, monkeypatch):
    monkeypatch.setitem(TOUCHED, "crash", ())
    (sentence,) = Race(delete, crash, 0.25).run(sound, tmp_path / "w", probe(sound / "w"))
    assert sentence.startswith("delete beside crash after 0.250 s: ends with [0, 70]")
    assert "the disk is on fire" in sentence
