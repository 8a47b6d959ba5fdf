"""Commands, pasted lists and rows from SAMP with hostile words and files: all end well or in a sentence."""

import os

import numpy as np
import pytest
from hostile_commands import WITH_FILES, WITH_WORDS, WORDS, fresh_demo, hostile_file, run_hostile

from specvae_core.errors import UserError
from specvae_core.tasks.samp import rows_in
from specvae_core.tasks.select import pasted
from specvae_core.workspace import Workspace

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
SEED, SECONDS, MEGABYTES = 7, 240.0, 1000.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands") / "f"
    fresh_demo(folder)
    return folder


@pytest.mark.parametrize("words", WITH_WORDS, ids=lambda words: " ".join(words[:1] + words[-1:]))
def test_a_hostile_word_is_refused_in_a_sentence(folder, words):
    for word in np.random.default_rng([SEED, WITH_WORDS.index(words)]).choice(WORDS, 2, replace=False):
        outcome = run_hostile(words, str(word), folder, SECONDS)
        assert not outcome.has_failed, (word, outcome)


@pytest.mark.parametrize("reads", WITH_FILES, ids=lambda reads: reads.words[0])
def test_a_hostile_file_is_refused_in_a_sentence(folder, tmp_path, reads):
    for number in range(2):
        rng = np.random.default_rng([SEED, WITH_FILES.index(reads), number])
        path = hostile_file(reads, rng, tmp_path / str(number))
        outcome = run_hostile(reads.words, str(path), folder, SECONDS)
        assert not outcome.has_failed, (path, outcome)
        assert not outcome.megabytes > MEGABYTES, (path, outcome)


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (("select", "--survey", "demo", "--where={}"), "@~nobody-here/x"),
        (("select", "--survey", "demo", "--where={}"), "@" + "x" * 5000),
        (("explain", "--model", "infovae-6", "--survey", "demo", "--a={}"), "--"),
        (("ingest", "--name", "s", "{}"), "loop"),
        (("embed", "--survey", "demo", "--as", "e", "{}"), "loop"),
    ],
)
def test_names_without_a_user_too_long_or_in_a_circle_are_refused(folder, words, word):
    if not os.path.lexists(folder / "loop"):
        os.symlink("loop", folder / "loop")
    outcome = run_hostile(words, word, folder, SECONDS)
    assert outcome.refused, outcome


@pytest.mark.parametrize("word", [word for word in WORDS if len(word) < 1000], ids=ascii)
def test_any_pasted_text_selects_what_it_names_or_is_refused(folder, word):
    survey = Workspace.open(folder / "w").survey("demo")
    for text in (word, f"ra dec {word}", f"{survey.ids[3]} {word}", f"ra dec 1 {word} 2 3"):
        try:
            rows = pasted(survey, text).rows
        except UserError:
            continue
        assert set(rows.tolist()) <= {3} if text.startswith(survey.ids[3]) else len(rows) < survey.n


@pytest.mark.parametrize(
    "sent", [*WORDS, "--5", "9" * 5000, [], {}, ["1"], None, 3, -1, [["2"]], "12"], ids=lambda sent: ascii(sent)[:30]
)
def test_rows_that_another_program_sends_are_rows_of_the_table(sent):
    assert rows_in(sent, 10) == ([1] if sent == ["1"] else [])
    assert rows_in([sent, "3", sent], 10) == ([0, 3, 0] if sent == "0" else [3])
