"""Rows by id, read from the catalogue: the same as with all ids in memory, and no group is read in vain."""

import numpy as np
import pandas as pd
import pytest

from specvae_core.data.catalogue import ObjectIndex
from specvae_core.data.stored_index import StoredIndex
from specvae_core.data.stored_table import StoredTable

N, GROUP = 1000, 64


def stored_index(ids: np.ndarray, folder) -> tuple[StoredIndex, StoredTable]:
    path = folder / "t.parquet"
    table = pd.DataFrame({"id": ids, "z": np.arange(len(ids))})
    table.to_parquet(path, index=False, row_group_size=GROUP, write_page_checksum=True)
    table = StoredTable(path, "many")
    return StoredIndex(table), table


@pytest.fixture(params=["rising", "mixed"])
def ids(request) -> np.ndarray:
    rising = np.array([f"obj-é{i:04}" for i in range(N)])
    return rising if request.param == "rising" else np.random.default_rng(0).permutation(rising)


def test_answers_are_those_of_all_ids_in_memory(ids, tmp_path):
    index, known = stored_index(ids, tmp_path)[0], ObjectIndex(ids)
    asked = [ids[700], "nobody", ids[3], ids[700], "", "half a pair \ud800", ids[999]]
    assert len(index) == N
    assert index.rows_of(asked).tolist() == known.rows_of(asked).tolist() == [700, -1, 3, 700, -1, -1, 999]
    assert [index.row_of(one) for one in asked] == [known.row_of(one) for one in asked]
    assert index.ids_of([5, 900, 5]) == [ids[5], ids[900], ids[5]]
    assert index.rows_of([]).tolist() == []
    for text in ("É00", ids[42], "nobody"):
        assert index.matching(text).tolist() == known.matching(text).tolist()


def test_of_an_id_that_comes_twice_the_first_row_counts(tmp_path):
    ids = np.array([f"obj-{i}" for i in range(N)])
    ids[[200, 900]] = "twice"
    assert stored_index(ids, tmp_path)[0].row_of("twice") == 200


def test_only_groups_that_may_hold_an_id_are_read(tmp_path, monkeypatch):
    index, table = stored_index(np.array([f"obj-{i:04}" for i in range(N)]), tmp_path)
    read = []
    monkeypatch.setattr(
        table, "read_group", lambda *asked: read.append(asked[0]) or StoredTable.read_group(table, *asked)
    )
    assert index.row_of("obj-0700") == 700
    assert index.row_of("zzz") is None
    assert read == [700 // GROUP]


def test_an_object_that_was_named_is_known_without_a_search(ids, tmp_path, monkeypatch):
    index, table = stored_index(ids, tmp_path)
    assert index.ids_of([321]) == [ids[321]]
    monkeypatch.setattr(table, "read_group", lambda *_: pytest.fail("the catalogue was read once more"))
    assert index.row_of(ids[321]) == 321
