"""What is kept in memory is what was used last, or what the file still says."""

import threading

import pytest

from specvae_core.cache import CACHED, Cache, FileCache


def test_the_cache_keeps_the_last_used():
    cache, made = Cache(), []

    def get(key):
        return cache.get(key, lambda: made.append(key) or key)

    for key in [*range(CACHED), 0, CACHED, 0, 1]:
        assert get(key) == key
    assert made == [*range(CACHED), CACHED, 1]
    cache.drop(1)
    get(1)
    assert made[-2:] == [1, 1]


def test_who_asks_for_another_value_does_not_wait_and_one_dropped_meanwhile_is_not_kept():
    cache, begun, go_on = Cache(), threading.Event(), threading.Event()
    found = []

    def slow():
        begun.set()
        assert go_on.wait(60)
        return "old"

    thread = threading.Thread(target=lambda: found.append(cache.get("slow", slow)))
    thread.start()
    assert begun.wait(60)
    assert cache.get("quick", lambda: 1) == 1
    cache.drop("slow")
    go_on.set()
    thread.join()
    assert found == ["old"]
    assert cache.get("slow", lambda: "new") == "new"


def test_a_value_is_made_once_for_all_threads_and_again_after_an_error():
    cache, made = Cache(), []

    def fails():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cache.get("a", fails)
    threads = [threading.Thread(target=lambda: cache.get("a", lambda: made.append(1))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]


def test_a_file_is_read_again_only_after_it_changed(tmp_path):
    read = []
    cache = FileCache(lambda path: read.append(path.name) or path.read_text())
    path = tmp_path / "a"
    path.write_text("one")
    assert [cache.get(path) for _ in range(3)] == ["one"] * 3
    path.write_text("two!")
    assert cache.get(path) == "two!"
    assert read == ["a", "a"]
    (tmp_path / "b").write_text("six")
    assert cache.all([path, tmp_path / "missing", tmp_path / "b"]) == ["two!", "six"]
    with pytest.raises(FileNotFoundError):
        cache.get(tmp_path / "missing")
