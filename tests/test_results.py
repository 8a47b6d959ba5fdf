"""Results are kept whole, found again, renamed, deleted and brought back."""

import numpy as np
import pytest

from specvae_core.errors import BadConfig, NotFound
from specvae_core.results import Kind, Results


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


def test_ids_are_made_from_any_text_and_fit_in_a_folder_name(results):
    first, second = (results.reserve(Kind.TRACKS, "x" * 60 + end) for end in ("aaaa", "bbbb"))
    assert first != second
    assert max(len(first), len(second)) <= 64
    assert results.reserve(Kind.TRACKS, "Balmer α / Hβ") == "Balmer-H"
    assert results.reserve(Kind.TRACKS, "../..") == "tracks"


def test_results_are_found_by_their_header(results):
    results.save(Kind.NOISE, "old", {"model": "a", "survey": "s", "created": "2020"})
    results.save(Kind.NOISE, "new", {"model": "a", "survey": "s", "k": 3, "created": "2021"})
    assert results.find(Kind.NOISE, model="a", survey="s").id == "new"
    assert results.find(Kind.NOISE, model="a", k=None).id == "old"
    assert results.find(Kind.NOISE, model="b") is None
    assert results.find(Kind.TRACKS, model="a") is None
    assert results.reserve(Kind.NOISE, "another", {"model": "a", "k": 3}) == "new"


def test_a_released_id_is_free_again_but_a_result_stays(results):
    results.release(Kind.TRACKS, results.reserve(Kind.TRACKS, "t"))
    assert results.reserve(Kind.TRACKS, "t") == "t"
    results.save(Kind.TRACKS, "t", {})
    results.release(Kind.TRACKS, "t")
    assert results.exists(Kind.TRACKS, "t")


def test_kinds_are_those_of_the_table(results):
    assert all(kind.description for kind in Kind)
    with pytest.raises(ValueError, match="poems"):
        results.list("poems")


def test_another_process_that_saves_is_seen(results, tmp_path):
    results.save(Kind.TRACKS, "t", {"steps": 1})
    assert results.load(Kind.TRACKS, "t").header["steps"] == 1
    Results(tmp_path / "results").save(Kind.TRACKS, "t", {"steps": 2})
    assert results.load(Kind.TRACKS, "t").header["steps"] == 2


def test_a_copy_has_a_title_and_an_id_of_its_own(results):
    results.save("tracks", "s", {"title": "S", "steps": 2}, {"points": np.arange(2.0)})
    copy = results.copy(Kind.TRACKS, "s", "S copy")
    assert (copy, results.load("tracks", copy).title) == ("S-copy", "S copy")
    np.testing.assert_array_equal(results.load("tracks", copy).arrays["points"], np.arange(2.0))
    results.delete("tracks", "s")
    assert results.load("tracks", copy).header["steps"] == 2
