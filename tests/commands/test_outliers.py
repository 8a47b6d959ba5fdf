"""Outliers, overlay and cluster on the command line, on the demo survey; each mistake in a sentence."""

import pytest
from astropy.table import Table

from specvae_core.data.synthetic.objects import OUTLIER_KINDS
from specvae_core.workspace import Workspace

WHERE = ("--model", "infovae-6", "--survey", "demo")


@pytest.fixture
def run(run, demo):
    """Run one command on the demo."""
    return lambda *arguments: run(*arguments, *WHERE, "--workspace", demo)


def test_outliers_with_a_table_that_has_the_annotations(run, demo, tmp_path):
    found = run("outliers", "--top", 10)["outliers"]
    assert {"id", "lof", "rank", "chi2_per_pixel", "reason", "evidence"} <= set(found[0])
    truth = Workspace.open(demo).survey("demo").table.set_index("id")["true_kind"]
    assert sum(truth[row["id"]] in OUTLIER_KINDS for row in found) >= 9
    Workspace.open(demo).annotations.change("demo", found[2]["id"], "test", mark=4, note="a, b", tags=("arm",))
    for name in ("table.ecsv", "table.fits"):
        assert run("outliers", "--top", 5, "--out", tmp_path / name)["outliers"] == found[:5]
        table = Table.read(tmp_path / name)
        assert list(table["id"].astype(str)) == [row["id"] for row in found[:5]]
        assert table["label"][2] == 4
        assert (table["note"][2], table["tags"][2]) == ("a, b", "arm")


def test_clusters(run):
    found = run("cluster", "--method", "kmeans", "--n", 4)
    assert [row["cluster"] for row in found["clusters"]] == [1, 2, 3, 4]
    assert sum(row["n"] for row in found["clusters"]) == 4000
    assert 0 < found["agreement"]["purity"] <= 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("outliers", "--k", "4000"), "choose k from 1 to 3999"),
        (("outliers", "--top", "0"), "at least 1"),
        (("outliers", "--out", "table.txt"), "table.txt"),
        (("overlay", "--other", "nothing"), "no survey named nothing"),
        (("overlay", "--other", "demo"), "drawn over its own map"),
        (("cluster", "--n", "5000"), "5000 is more than the 4000 objects"),
    ],
)
def test_mistakes_are_told_in_a_sentence(run, arguments, sentence):
    status, told = run(*arguments)
    assert status == 2
    assert sentence in told
