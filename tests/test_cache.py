"""What is kept in memory is what was used last, or what the file still says."""

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
