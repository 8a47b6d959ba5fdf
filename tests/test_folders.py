"""Folders on a disk without room."""

import shutil
from pathlib import Path

import pytest

from specvae_core.errors import NotWritable
from specvae_core.folders import check_room


def test_a_disk_without_room_is_named_before_the_work(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    check_room(tmp_path, 0.5 * free, "The encoding of a by b")
    with pytest.raises(
        NotWritable, match=r"The encoding of a by b takes [0-9,]+ MB, and the disk of .* has [0-9,]+ MB free"
    ):
        check_room(tmp_path, 2.0 * free, "The encoding of a by b")
