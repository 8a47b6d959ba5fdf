"""Results are kept whole, found again, renamed, deleted and brought back."""

import numpy as np
import pytest

from specvae_core.errors import BadConfig, NotFound
from specvae_core.results import Results


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path / "results")


def test_what_is_saved_is_loaded(results):
    points = np.arange(6.0).reshape(2, 3)
    results.save("tracks", "s", {"steps": 2, "classes": ["a"]}, {"points": points, "ids": np.array(["x", "y"])})
    loaded = results.load("tracks", "s")
    assert loaded.header["steps"] == 2
    assert loaded.title == "s"
    np.testing.assert_array_equal(loaded.arrays["points"], points)
    assert list(loaded.arrays["ids"]) == ["x", "y"]


def test_saving_again_replaces(results):
    results.save("tracks", "s", {"steps": 2}, {"points": np.zeros(2)})
    results.save("tracks", "s", {"steps": 3})
    assert results.load("tracks", "s").header["steps"] == 3
    assert results.load("tracks", "s").arrays == {}


def test_list_has_the_newest_first_and_skips_what_is_damaged(results):
    results.save("tracks", "old", {"created": "2020-01-01"})
    results.save("tracks", "new", {"created": "2021-01-01"})
    results.save("tracks", "broken", {})
    (results.path("tracks", "broken") / "result.json").write_text("{")
    assert [result.id for result in results.list("tracks")] == ["new", "old"]
    assert results.list("noise") == []


def test_reserved_names_differ(results):
    assert [results.reserve("tracks", "t") for _ in range(3)] == ["t", "t-2", "t-3"]


def test_a_reserved_name_is_filled(results):
    results.save("tracks", results.reserve("tracks", "t"), {"steps": 1})
    assert results.load("tracks", "t").header["steps"] == 1


def test_rename_keeps_the_id(results):
    results.save("tracks", "t", {})
    results.rename("tracks", "t", " Star formation ")
    assert results.load("tracks", "t").title == "Star formation"


def test_deleted_comes_back_with_its_arrays(results):
    results.save("tracks", "t", {"steps": 4}, {"points": np.ones(3)})
    results.delete("tracks", "t")
    assert not results.exists("tracks", "t")
    assert results.list("tracks") == []
    results.restore("tracks", "t")
    np.testing.assert_array_equal(results.load("tracks", "t").arrays["points"], np.ones(3))
    with pytest.raises(NotFound, match="no deleted t"):
        results.restore("tracks", "t")


def test_errors_are_sentences(results):
    with pytest.raises(NotFound, match="nothing named x among the tracks"):
        results.load("tracks", "x")
    with pytest.raises(BadConfig, match="cannot name"):
        results.save("tracks", "../x", {})
