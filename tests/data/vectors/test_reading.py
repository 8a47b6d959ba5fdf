"""Vectors in files of all formats, by list, array, token and numbered column; what is not clear is asked."""

import tracemalloc
import zipfile

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from specvae_core.data.vectors.files import vector_parts
from specvae_core.data.vectors.reading import read_vectors
from specvae_core.errors import Refused, UserError

N, D = 40, 5
VECTORS = np.random.default_rng(0).normal(size=(N, D)).astype(np.float32)
IDS = [f"00{row}" for row in range(N)]


def write(path, columns):
    """Write columns in the format of the ending."""
    if path.suffix == ".parquet":
        pq.write_table(pa.table({name: list(v) if np.ndim(v) > 1 else v for name, v in columns.items()}), path)
    elif path.suffix == ".fits":
        Table({name: np.asarray(values) for name, values in columns.items()}).write(path)
    elif path.suffix == ".npz":
        np.savez(path, **{name: np.asarray(values) for name, values in columns.items()})
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            for name, values in columns.items():
                file[f"group/{name}"] = values
    return path


def test_texts_that_are_no_unicode_are_spelt_out(tmp_path):
    path = tmp_path / "a.npz"
    arrays = {"id": np.array(["a", "b\ud800"]), "kind": np.array(["\udcff", "x"]), "vectors": np.eye(2, 4)}
    np.savez(path, **arrays)
    table = read_vectors(path, "vectors", "id")
    assert list(table.ids) == ["a", "b\\ud800"]
    assert list(table.table["kind"]) == ["\\udcff", "x"]


@pytest.mark.parametrize("ending", [".parquet", ".fits", ".npz", ".h5"])
def test_vectors_and_ids_in_every_format(tmp_path, ending):
    path = write(tmp_path / f"a{ending}", {"object_id": IDS, "embedding_spectrum": VECTORS, "ra": np.arange(40.0)})
    id_column = "group/object_id" if ending == ".h5" else ""
    found = read_vectors(path, id_column=id_column)
    np.testing.assert_array_equal(found.vectors, VECTORS)
    assert found.ids.tolist() == IDS
    assert found.table.iloc[:, 0].tolist() == list(range(40))
    assert found.column.endswith("embedding_spectrum")


def test_numbered_columns_of_a_csv_and_ids_with_zeros_in_front(tmp_path):
    frame = pd.DataFrame(VECTORS, columns=[f"emb_{i}" for i in range(D)]).assign(id=IDS, z=0.1)
    frame.to_csv(tmp_path / "a.csv", index=False)
    found = read_vectors(tmp_path / "a.csv")
    np.testing.assert_allclose(found.vectors, VECTORS, rtol=1e-5)
    assert found.ids.tolist() == IDS
    assert (found.column, list(found.table)) == ("emb_0 to emb_4", ["z"])
    for name in ("emb", found.column):  # as the pages show it
        np.testing.assert_array_equal(read_vectors(tmp_path / "a.csv", name).vectors, found.vectors)


def test_lists_in_cells_of_a_csv(tmp_path):
    pd.DataFrame({"id": IDS, "vector": [str(row.tolist()) for row in VECTORS]}).to_csv(tmp_path / "a.csv", index=False)
    np.testing.assert_allclose(read_vectors(tmp_path / "a.csv").vectors, VECTORS, rtol=1e-5)


@pytest.mark.parametrize(("pool", "expected"), [("mean", [2, 3]), ("max", [3, 4]), ("first", [1, 2]), ("last", [3, 4])])
def test_tokens_are_pooled(tmp_path, pool, expected):
    tokens = [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0]], []]
    pq.write_table(pa.table({"id": ["a", "b", "c"], "tokens": tokens}), tmp_path / "a.parquet")
    vectors = read_vectors(tmp_path / "a.parquet", pool=pool).vectors
    assert vectors[:2].tolist() == [expected, [5, 6]]
    assert np.isnan(vectors[2]).all()
    np.savez(tmp_path / "a.npz", tokens=np.array([[[1.0, 2.0], [3.0, 4.0]]]))
    assert read_vectors(tmp_path / "a.npz", pool=pool).vectors.tolist() == [expected]


@pytest.mark.parametrize("ending", [".parquet", ".fits", ".npz", ".h5", ".csv"])
def test_the_first_rows_alone(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    if ending == ".csv":
        pd.DataFrame(VECTORS, columns=[f"emb_{i}" for i in range(D)]).assign(object_id=IDS).to_csv(path, index=False)
    else:
        write(path, {"object_id": IDS, "embedding": VECTORS})
    id_column = "group/object_id" if ending == ".h5" else ""
    found = read_vectors(path, id_column=id_column, most=7)
    np.testing.assert_allclose(found.vectors, VECTORS[:7], rtol=1e-5)
    assert found.ids.tolist() == IDS[:7]


def write_large(path, vectors):
    """Many vectors, in groups of rows, chunks or compressed members, or column by column, as the name says."""
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"v": list(vectors)}), path, row_group_size=7000)
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            file.create_dataset("v", data=vectors, chunks=(7000, 2), compression="lzf")
    elif path.suffix == ".npy":
        np.save(path, np.asfortranarray(vectors) if path.stem == "by_column" else vectors)
    else:
        (np.savez_compressed if path.stem == "packed" else np.savez)(path, v=vectors)


LARGE = ("a.parquet", "a.npz", "packed.npz", "a.npy", "by_column.npy", "a.h5")


@pytest.mark.parametrize("name", LARGE)
def test_more_rows_than_are_read_at_once(tmp_path, name):
    vectors = np.random.default_rng(1).normal(size=(40_000, 3)).astype(np.float32)
    write_large(path := tmp_path / name, vectors)
    found = read_vectors(path)
    np.testing.assert_array_equal(found.vectors, vectors)
    assert found.ids is None
    np.testing.assert_array_equal(read_vectors(path, most=20_000).vectors, vectors[:20_000])


def test_groups_of_rows_are_given_back_once_they_are_read(tmp_path):
    vectors = np.zeros((40_000, 64), np.float32)
    lists = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 64)
    pq.write_table(
        pa.table({"v": lists}), path := tmp_path / "a.parquet", 1000, compression="none", use_dictionary=False
    )
    del lists
    parts, before = vector_parts(path, "", "", "mean", None), pa.total_allocated_bytes()
    next(parts)
    most = max(pa.total_allocated_bytes() - before for _ in parts)
    assert most < vectors.nbytes / 4


def sparse_npy(path, n, d):
    """Zeros, most of them in no block of the disk."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (n, d)})
        file.truncate(file.tell() + 4 * n * d)


def zeros_in(path, n, d):
    """Zeros in the format of the ending."""
    sparse_npy(npy := path.with_name("zeros.npy"), n, d)
    if path.suffix == ".npz":
        method = zipfile.ZIP_DEFLATED if path.stem == "packed" else zipfile.ZIP_STORED
        with zipfile.ZipFile(path, "w", method, compresslevel=1) as archive:
            archive.write(npy, "v.npy")
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            file.create_dataset("v", data=np.load(npy, mmap_mode="r"), chunks=(1000, d))
    return npy if path.suffix == ".npy" else path


@pytest.mark.parametrize("name", ["zeros.npy", "a.npz", "packed.npz", "a.h5"])
def test_large_arrays_need_the_memory_of_a_block(tmp_path, name):
    n, d = 80_000, 768
    path = zeros_in(tmp_path / name, n, d)
    tracemalloc.start()
    try:
        parts = vector_parts(path, "", "", "mean")
        next(parts)
        assert sum(len(block) for block in parts) == n
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * n * d / 2


def claims(path, shape, descr="<f4", by_column=False):
    """A header of a .npy file with 64 bytes behind it."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": by_column, "shape": shape})
        file.write(bytes(64))
    return path


@pytest.mark.parametrize("shape", [(10**12, 4), (3, -1), (2**62, 8), (-4, -4)])
@pytest.mark.parametrize("ending", [".npy", ".npz"])
def test_headers_that_claim_more_than_there_is(tmp_path, shape, ending):
    path = claims(tmp_path / "a.npy", shape)
    if ending == ".npz":
        with zipfile.ZipFile(path := tmp_path / "a.npz", "w") as archive:
            archive.write(tmp_path / "a.npy", "a.npy")
    with pytest.raises(Refused, match=r"its array a.* claims .* values in \d+ bytes: save it once more"):
        read_vectors(path)


def test_large_arrays_by_column_and_values_of_no_size_are_refused(tmp_path):
    n = 2**20
    with claims(path := tmp_path / "a.npy", (n, 65), by_column=True).open("r+b") as file:
        file.truncate(4 * n * 65 + 1000)
    with pytest.raises(Refused, match=r"lies column by column: save np\.ascontiguousarray\(a\)"):
        read_vectors(path)
    with pytest.raises(Refused, match="is damaged"):
        read_vectors(claims(tmp_path / "b.npy", (10**9,), "<U0"))


@pytest.mark.parametrize("ending", [".npz", ".npy"])
def test_a_file_that_ends_early(tmp_path, ending):
    write_large(path := tmp_path / f"a{ending}", VECTORS)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(Refused, match=r"cannot be read|is damaged"):
        read_vectors(path)


def test_as_many_ids_as_vectors(tmp_path):
    np.savez(tmp_path / "a.npz", id=IDS[:-1], v=VECTORS)
    with pytest.raises(UserError, match="has 39 ids in id and 40 vectors in v"):
        read_vectors(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("columns", "options", "sentence"),
    [
        ({"id": IDS, "a": VECTORS, "b": VECTORS}, {}, "several columns of vectors (a, b): name one by --column"),
        ({"id": IDS, "a": VECTORS}, {"column": "c"}, "no vectors called c: it has a"),
        ({"id": IDS, "a": VECTORS}, {"id_column": "c"}, "no column c of ids"),
        ({"id": IDS, "a": VECTORS}, {"pool": "sum"}, "cannot be pooled by 'sum'"),
        ({"id": IDS, "sn": np.ones(N)}, {}, "holds no vectors"),
        ({"a": VECTORS[:, :1]}, {}, "have 1 components: 2 to 4096"),
        ({"a": VECTORS[:0]}, {}, "holds no rows"),
    ],
)
def test_what_cannot_be_used(tmp_path, columns, options, sentence):
    path = write(tmp_path / "a.npz", columns)
    with pytest.raises(UserError) as caught:
        read_vectors(path, **options)
    assert sentence in str(caught.value)


def test_vectors_of_different_lengths(tmp_path):
    pq.write_table(pa.table({"v": [[1.0, 2.0], [1.0, 2.0, 3.0]]}), tmp_path / "a.parquet")
    with pytest.raises(UserError, match="2 to 3 components"):
        read_vectors(tmp_path / "a.parquet")


def test_a_file_that_is_none(tmp_path):
    (tmp_path / "a.dat").write_bytes(b"\x00\x01nothing")
    with pytest.raises(UserError, match=r"a\.dat cannot be read"):
        read_vectors(tmp_path / "a.dat")
    with pytest.raises(UserError, match="There is no file"):
        read_vectors(tmp_path / "b.npz")


def test_python_objects_are_not_opened(tmp_path):
    np.savez(tmp_path / "a.npz", v=np.array([{"a": 1}], dtype=object))
    with pytest.raises(UserError, match="cannot be read"):
        read_vectors(tmp_path / "a.npz")
