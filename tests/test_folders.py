"""Folders on a disk without room, and those that change while they are counted."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from specvae_core.errors import NotWritable
from specvae_core.folders import check_room, size_on_disk


def test_a_disk_without_room_is_named_before_the_work(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    check_room(tmp_path, 0.5 * free, "The encoding of a by b")
    with pytest.raises(
        NotWritable, match=r"The encoding of a by b takes [0-9,]+ MB, and the disk of .* has [0-9,]+ MB free"
    ):
        check_room(tmp_path, 2.0 * free, "The encoding of a by b")


def test_the_size_of_a_folder_is_counted_while_others_write_and_remove(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "a").write_bytes(bytes(1000))
    assert size_on_disk(tmp_path) == 1000

    def come_and_go() -> None:
        for _ in range(300):
            (tmp_path / "parts" / "deep").mkdir(parents=True)
            for name in ("b", "c", "deep/d"):
                (tmp_path / "parts" / name).write_bytes(bytes(10))
            shutil.rmtree(tmp_path / "parts")

    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(come_and_go)
        while not coming.done():
            assert 1000 <= size_on_disk(tmp_path) <= 1030
        coming.result()
