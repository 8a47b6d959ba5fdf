"""Outliers of the demo survey, whose truth is known: found, and given the right reason; real stars over galaxies."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from specvae_core.assets import asset
from specvae_core.data.synthetic.objects import OUTLIER_KINDS
from specvae_core.errors import BadConfig, GridMismatch
from specvae_core.progress import ignore
from specvae_core.tasks.cluster import cluster
from specvae_core.tasks.ingest import ingest
from specvae_core.tasks.outlier_table import explain, make_explainer, ranks
from specvae_core.tasks.outliers import outliers
from specvae_core.tasks.overlay import overlay
from specvae_core.workspace import Workspace

MODEL = "infovae-6"
RIGHT = {"A star": "star", "M star": "star", "blend": "contamination"}
FAULTS = {"star", "contamination", "arm break", "low S/N", "missing range"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A copy of the demo workspace."""
    folder = tmp_path_factory.mktemp("outliers") / "workspace"
    shutil.copytree(asset("demo"), folder)
    return Workspace.open(folder)


@pytest.fixture(scope="module")
def found(workspace):
    """Result of `outliers` for the fifty highest."""
    result_id = outliers(workspace, ignore, Path(), model=MODEL, survey="demo", top=50)
    return workspace.results.load("outliers", result_id)


@pytest.fixture(scope="module")
def kinds(workspace):
    return workspace.survey("demo").table["true_kind"].to_numpy(str)


def reasons(workspace, found, rows):
    survey, encoding = workspace.survey("demo"), workspace.encoding(MODEL, "demo")
    lof = found.arrays["lof"]
    return [
        row["reason"] for row in explain(make_explainer(survey, encoding, lof), survey, encoding, lof, rows, ignore)
    ]


def test_nine_of_the_ten_highest_are_planted(found, kinds):
    top = [row["row"] for row in found.header["outliers"][:10]]
    assert np.isin(kinds[top], OUTLIER_KINDS).sum() >= 9


def test_planted_outliers_get_the_right_reason(workspace, found, kinds):
    planted = np.flatnonzero(np.isin(kinds, OUTLIER_KINDS))
    expected = [RIGHT.get(kind, kind) for kind in kinds[planted]]
    given = reasons(workspace, found, planted)
    assert np.mean([one == other for one, other in zip(given, expected, strict=True)]) >= 0.8


def test_ordinary_galaxies_get_none_of_these_reasons(workspace, found, kinds):
    ordinary = np.flatnonzero(~np.isin(kinds, OUTLIER_KINDS))[::10]
    counts = Counter(reasons(workspace, found, ordinary))
    assert sum(counts[fault] for fault in FAULTS) <= 0.05 * len(ordinary)


def test_the_table_is_consistent(found, workspace):
    rows, lof = found.header["outliers"], found.arrays["lof"]
    assert [row["rank"] for row in rows] == list(range(1, 51))
    assert rows[0]["lof"] == lof.max()
    chi2 = workspace.encoding(MODEL, "demo").chi2_per_pixel
    assert found.arrays["chi2_rank"][int(np.argmax(chi2))] == 1
    assert all(row["evidence"].endswith(".") for row in rows)
    ids = workspace.survey("demo").table["id"]
    assert all(ids[row["row"]] == row["id"] for row in rows)


@pytest.mark.parametrize(
    ("order", "least"), [("lof", 28), ("contrast", 32), ("density", 18), ("demud", 12), ("chi2", 5)]
)
def test_other_orders_choose_other_objects(workspace, kinds, order, least):
    result_id = outliers(workspace, ignore, Path(), model=MODEL, survey="demo", top=42, order=order)
    header = workspace.results.load("outliers", result_id).header
    rows = [row["row"] for row in header["outliers"]]
    assert header["order"] == order
    assert np.isin(kinds[rows], OUTLIER_KINDS).sum() >= least
    place = [row["demud_rank"] for row in header["outliers"]]
    assert (place == list(range(1, 43))) == (order == "demud")
    assert sorted(row["chi2_rank"] for row in header["outliers"])[0] == 1 or order != "chi2"


def test_ranks_put_unknown_values_last():
    np.testing.assert_array_equal(ranks(np.array([2.0, np.nan, 5.0])), [2, 3, 1])


def test_impossible_settings_are_told(workspace):
    with pytest.raises(BadConfig, match="at least 1"):
        outliers(workspace, ignore, Path(), model=MODEL, survey="demo", top=0)
    with pytest.raises(BadConfig, match="lof, contrast, chi2, density, demud"):
        outliers(workspace, ignore, Path(), model=MODEL, survey="demo", order="taste")
    with pytest.raises(BadConfig, match="choose k from 1 to 3999"):
        outliers(workspace, ignore, Path(), model=MODEL, survey="demo", k=4000)
    with pytest.raises(BadConfig, match="drawn over its own map"):
        overlay(workspace, ignore, Path(), model=MODEL, survey="demo", other="demo")


def test_clusters_know_their_classes(workspace):
    result_id = cluster(workspace, ignore, Path(), model=MODEL, survey="demo", settings={"n": 5})
    result = workspace.results.load("clusters", result_id)
    assert [row["cluster"] for row in result.header["clusters"]] == [1, 2, 3, 4, 5]
    assert sum(row["n"] for row in result.header["clusters"]) == 4000
    sizes = np.bincount(result.arrays["cluster"])[1:]
    assert sizes.tolist() == [row["n"] for row in result.header["clusters"]]
    assert result.header["agreement"]["purity"] > 0.6


@pytest.mark.real_data
def test_real_stars_over_galaxies_are_foreign_and_named(workspace, real_data):
    ingest(workspace, ignore, Path(), paths=[str(real_data / "sdss_stars_noerr.npz")], name="real-stars", options={})
    result = workspace.results.load(
        "overlays", overlay(workspace, ignore, Path(), model=MODEL, survey="demo", other="real-stars")
    )
    assert result.header["foreign_fraction"] > 0.8
    assert result.header["reasons"]["star"] > 0.8 * result.header["n_explained"]
    assert (result.arrays["lof"] > 1.5).sum() == result.header["n_foreign"]


@pytest.mark.real_data
def test_another_grid_is_told(workspace, real_data):
    options = {"grid": "3600:7300:500"}
    ingest(workspace, ignore, Path(), paths=[str(real_data / "miles.npz")], name="miles", options=options)
    with pytest.raises(GridMismatch):
        overlay(workspace, ignore, Path(), model=MODEL, survey="demo", other="miles")
