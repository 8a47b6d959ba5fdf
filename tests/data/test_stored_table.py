"""Long catalogues, read by column and by row: the same as the whole table."""

import numpy as np
import pandas as pd
import pytest

from specvae_core.data.catalogue import ObjectIndex
from specvae_core.data.filters import Filter
from specvae_core.data.stored_table import StoredTable
from specvae_core.errors import UserError

N = 1000


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": [f"obj-{i}" for i in range(N)],
            "class": rng.choice(["star", "galaxy", None], N),
            "sn": np.where(rng.random(N) < 0.1, np.nan, rng.lognormal(size=N)),
            "constant": np.ones(N),
            "one infinite": np.r_[np.inf, np.ones(N - 1)],
            "good": rng.random(N) < 0.5,
        }
    )


@pytest.fixture
def path(table, tmp_path):
    table.to_parquet(tmp_path / "t.parquet", index=False, row_group_size=64, write_page_checksum=True)
    return tmp_path / "t.parquet"


@pytest.fixture
def stored(path) -> StoredTable:
    return StoredTable(path, "many")


def test_columns_are_those_of_the_whole(stored, table):
    assert list(stored) == list(table)
    assert len(stored) == N
    for name in table:
        pd.testing.assert_series_equal(stored[name], table[name], check_names=False)
    with pytest.raises(KeyError):
        stored["teff"]


def test_rows_come_in_the_order_asked_for(stored, table):
    rows = np.array([999, 3, 64, 3, 500])
    more = stored.assign(lof=np.arange(N))
    expected = table.assign(lof=np.arange(N)).iloc[rows].reset_index(drop=True)
    pd.testing.assert_frame_equal(more.take(rows), expected)
    assert "lof" in more
    assert "lof" not in stored
    assert list(stored.take(np.array([], int)).columns) == list(table)


def test_what_can_colour_is_known_without_the_column(stored):
    assert [name for name in stored if stored.is_number(name)] == ["sn", "constant", "one infinite"]
    assert stored.varies("sn")
    assert not stored.varies("constant")
    assert not stored.varies("one infinite")
    assert stored.n_words("class", 200) == 2
    assert stored.n_words("id", 10) == 64


def test_words_are_codes(stored, table):
    words = stored.words("class")
    assert sorted(words.categories) == ["galaxy", "star"]
    np.testing.assert_array_equal(words == "star", (table["class"] == "star").to_numpy())
    np.testing.assert_array_equal(words.isna(), table["class"].isna().to_numpy())


def test_a_filter_reads_its_columns_alone(stored, table):
    chosen = Filter.of('class == "star" and sn > 1')
    np.testing.assert_array_equal(chosen.mask(stored), chosen.mask(table))


def test_damage_is_said_and_a_survey_replaced_meanwhile_is_not_read(path):
    def gone() -> None:
        raise UserError("gone")

    content = bytearray(path.read_bytes())
    content[200] ^= 0xFF
    with pytest.raises(UserError, match="gone"):
        StoredTable(path, "many", gone)
    path.write_bytes(content)
    with pytest.raises(UserError, match="many"):
        StoredTable(path, "many").take(np.arange(N))


def test_of_an_id_that_comes_twice_the_first_row_counts(stored):
    index = ObjectIndex(np.array(["a", "b", "a", "c(", "Bx"]))
    assert index.rows_of(["c(", "a", "zz", "a", "b"]).tolist() == [3, 0, -1, 0, 1]
    assert (index.row_of("a"), index.row_of("zz")) == (0, None)
    assert index.matching("x").tolist() == [4]
    assert index.ids_of([3, 0]) == ["c(", "a"]
    assert ObjectIndex(stored.read("id")).rows_of(["obj-7", "obj-999"]).tolist() == [7, 999]


@pytest.mark.parametrize("text", ["\ud800", "\udcffb", "\0", "x" * 100_000, "", "\U0001f4a9"])
def test_any_text_may_be_asked_for_as_an_id(text):
    index = ObjectIndex(np.array(["a", "b", "a", "é"]))
    assert index.row_of(text) is None
    assert index.rows_of(["b", text, "é", text, "a"]).tolist() == [1, -1, 3, -1, 0]
    assert index.matching(text).tolist() == ([] if text else [0, 1, 2, 3])


def test_chosen_rows_are_read_page_by_page(stored, table):
    rows = np.array([5, 900, 17])
    chosen = stored.only(rows, ["sn", "id"])
    assert len(chosen) == 3
    assert list(chosen) == ["sn", "id"]
    pd.testing.assert_frame_equal(chosen.take([2, 0]), table.iloc[[17, 5]][["sn", "id"]].reset_index(drop=True))
    assert chosen["id"].tolist() == ["obj-5", "obj-900", "obj-17"]


@pytest.mark.parametrize("piece", [10, 100, 1 << 20])
def test_words_and_numbers_are_read_piece_by_piece(stored, table, piece, monkeypatch):
    monkeypatch.setattr("specvae_core.data.stored_table.PIECE", piece)
    for name in ("class", "good"):
        words = pd.Series(stored.words(name)).astype(object)
        pd.testing.assert_series_equal(words, table[name].astype(object), check_names=False)
    np.testing.assert_array_equal(stored.numbers("sn"), table["sn"].to_numpy(np.float32))
    beside = stored.assign(lof=np.arange(N))
    np.testing.assert_array_equal(beside.numbers("lof"), np.arange(N, dtype=np.float32))


def test_the_largest_number_is_found_by_statistics(stored, table, monkeypatch):
    read, whole = [], StoredTable.read_group
    monkeypatch.setattr(stored, "read_group", lambda *asked: read.append(asked[0]) or whole(stored, *asked))
    assert stored.row_of_largest("sn") == table["sn"].idxmax()
    assert read == [table["sn"].idxmax() // 64]
    assert stored.row_of_largest("constant") == 0
    assert stored.assign(lof=np.r_[np.nan, 1.0, 3.0, 3.0]).row_of_largest("lof") == 2


def test_the_largest_number_may_lie_in_a_group_without_statistics(tmp_path):
    values = np.full(300, np.nan)
    values[100:] = np.arange(200) % 150
    pd.DataFrame({"sn": values}).to_parquet(tmp_path / "t.parquet", row_group_size=64)
    assert StoredTable(tmp_path / "t.parquet", "many").row_of_largest("sn") == 249
    pd.DataFrame({"sn": values[:99]}).to_parquet(tmp_path / "t.parquet", row_group_size=64)
    assert StoredTable(tmp_path / "t.parquet", "many").row_of_largest("sn") is None
