"""Lists in text files: lines without ends and marks; what is not a list is refused in a sentence."""

import gzip
import os

import numpy as np
import pytest

from specvae_core.data.text_lists import LARGEST, MOST_LINES, read_lines
from specvae_core.data.vectors.reading import read_vectors
from specvae_core.errors import NotFound, Reason, Refused
from specvae_core.tasks.recipes import read_recipe
from specvae_core.tasks.select import read_ids
from specvae_core.tasks.teach import read_scores
from specvae_core.tasks.track_files import read_points


def test_lines_have_no_ends_and_no_byte_order_mark(tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes("a\r\nб\n\nc".encode("utf-8-sig"))
    assert list(read_lines(path, "one id a line")) == ["a", "б", "", "c"]
    with pytest.raises(NotFound, match="There is no file"):
        list(read_lines(tmp_path / "none", "one id a line"))


def test_what_is_no_text_or_too_large(tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Refused, match=r"list\.txt cannot be read .*: one id a line was expected"):
        list(read_lines(path, "one id a line"))
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(Refused, match="a list at most 64 MB"):
        list(read_lines(path, "one id a line"))
    path.write_bytes(b"\n" * (MOST_LINES + 1))
    with pytest.raises(Refused, match="more than 5,000,000 lines"):
        read_ids(path)


READERS = (
    *(read_ids, read_scores, read_recipe, read_vectors),
    lambda path: read_points(path, ("VAE 1", "VAE 2"), "local"),
)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_no_reader_of_a_users_file_waits_at_a_pipe_or_reads_a_device(tmp_path, read):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    for name, kind in (("pipe.csv", "a pipe"), ("zero.csv", "a device"), ("", "a folder")):
        with pytest.raises(Refused, match=f"is {kind}"):
            read(tmp_path / name)


@pytest.mark.parametrize("read", READERS[3:])
def test_a_table_that_expands_to_more_than_the_budget_is_refused(tmp_path, read):
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"id,vae_1,vae_2\n") + 25 * gzip.compress(b"1,2,3\n" * 500_000))
    with pytest.raises(Refused) as caught:
        read(path)
    assert caught.value.reason is Reason.TOO_LARGE


def test_vectors_that_expand_are_refused_before_they_fill_the_memory(tmp_path, monkeypatch):
    import pyarrow as pa
    import pyarrow.parquet as pq

    monkeypatch.setattr("specvae_core.data.vectors.reading.FREE_EXPANSION", 1_000_000)
    flat = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(200_000 * 64, np.float32)), 64)
    pq.write_table(pa.table({"embedding": flat}), tmp_path / "zeros.parquet")
    with pytest.raises(Refused, match="expands to more than 20 times"):
        read_vectors(tmp_path / "zeros.parquet")
