"""A folder of hostile files beside good ones: each is refused in a sentence or read, and the good ones enter.

One file of each kind and as many damaged ones; ``benchmarks/attack.py`` writes a thousand, others with each seed.
"""

import json
import shutil
import time
from collections import Counter

import numpy as np
import pytest
from good_files import good_sdss
from hostile_archives import MARK
from hostile_files import BOMBS, KINDS, write_hostile

from specvae_core.__main__ import main
from specvae_core.data.apart import SECONDS
from specvae_core.data.file_lists import find_files
from specvae_core.data.look import look
from specvae_core.data.readers import read_file
from specvae_core.data.refused import read_refused
from specvae_core.errors import LONGEST_MESSAGE, Reason, Refused
from specvae_core.names import printable
from specvae_core.workspace import Workspace

SEED, N, N_GOOD = 20, 2 * len(KINDS), 8
GRID = "4000:7000:60"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    write_hostile(folder, N, SEED)
    for number in range(N_GOOD):
        good_sdss(np.random.default_rng([SEED, N + number]), folder / f"innocent{number}")
    return folder


def test_a_batch_of_hostile_files_loses_none_of_the_good_ones(folder, tmp_path, capsys):
    command = ["ingest", str(folder), "--workspace", str(tmp_path / "w"), "--name", "s", "--grid", GRID, "--json"]
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    report = json.loads(out)
    survey = Workspace.open(tmp_path / "w").survey("s")
    sources = survey.table["source"].str.rpartition("/")[2]
    assert sources.str.startswith("innocent").sum() == N_GOOD
    assert np.isfinite(survey.read().flux).all()
    refused = read_refused(survey.folder)
    assert len(refused) == report["skipped"]
    dealt_with = {row["source"] for row in refused} | set(survey.table["source"])
    assert dealt_with == {printable(str(path)) for path in find_files([folder])}
    assert all(row["message"].strip() and "Traceback" not in row["message"] for row in refused)
    assert not (folder / MARK).exists()


def test_a_look_at_them(folder):
    seen = look([folder])
    assert seen["files"] == len(find_files([folder]))
    assert any(kind["reader"] == "SDSS spec" for kind in seen["kinds"])


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused_or_read_within_their_budget(tmp_path, bomb):
    bomb(np.random.default_rng(SEED), tmp_path / "bomb")
    start, outcomes = time.perf_counter(), Counter()
    for path in find_files([tmp_path]):
        try:
            outcomes.update(type(item).__name__ for item in read_file(path, most=1000))
        except Refused as refusal:
            outcomes[refusal.reason] += 1
    assert sum(outcomes.values())
    assert time.perf_counter() - start < 2 * SECONDS


def test_the_reported_ones(run, real_data, tmp_path):
    """An infinite inverse variance, an array of 10^12 rows, an image of 10^9 pixels, each beside good spectra."""
    good, folder = find_files([real_data / "sdss"])[:6], tmp_path / "files"
    folder.mkdir()
    for path in [*good, *(real_data / "hostile").glob("*.*z"), *(real_data / "hostile").glob("*.fits")]:
        shutil.copy(path, folder)
    report = run("ingest", folder, "--workspace", tmp_path / "w", "--name", "s", "--min-coverage", "0.3")
    refused = {row["source"].rpartition("/")[2]: row for row in read_refused(tmp_path / "w" / "surveys" / "s")}
    assert refused.keys() == {"huge.npz", "naxis1e9.fits", "svd_bad.fits"}
    assert report["ingested"] == len(good)
    assert refused["huge.npz"]["reason"] == Reason.UNREADABLE


def test_names_of_200_kb_are_quoted_in_part(tmp_path):
    """The sentence of a refusal names the columns that there are; a table of refusals holds no cell of that size."""
    names = ",".join("n" * 100_000 for _ in range(3))
    (tmp_path / "a.csv").write_text(f"{names}\n1,2,3\n" * 3)
    with pytest.raises(Refused) as caught:
        list(read_file(tmp_path / "a.csv"))
    assert len(str(caught.value)) <= LONGEST_MESSAGE
    assert str(Refused(Reason.FOREIGN, "a\udcffb")).isascii()
