"""Parquet in the layouts of Multimodal Universe, HATS and pandas."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from specvae_core.data.file_lists import find_files
from specvae_core.data.readers import read_file
from specvae_core.data.understanding import FileHints
from specvae_core.errors import Reason, Refused

N, M = 1100, 12
WAVE = np.linspace(4000.0, 4110.0, M)
FLUX = np.arange(N * M, dtype=np.float32).reshape(N, M) + 1
IDS = [str(2**60 + i) for i in range(N)]


def lists(array: np.ndarray) -> pa.Array:
    return pa.array(list(array))


def struct() -> pa.Array:
    """``spectrum`` as Multimodal Universe has it after conversion: a struct of lists."""
    parts = {"flux": FLUX, "ivar": np.full((N, M), 4.0), "lambda": np.tile(WAVE, (N, 1)), "mask": FLUX == 3}
    return pa.StructArray.from_arrays([lists(part) for part in parts.values()], list(parts))


def list_of_structs() -> pa.Array:
    rows = [
        [{"flux": f, "ivar": 4.0, "lambda": w, "mask": f == 3} for f, w in zip(row.tolist(), WAVE, strict=True)]
        for row in FLUX
    ]
    return pa.array(rows)


@pytest.mark.parametrize("spectrum", [struct, list_of_structs])
def test_structs_of_lists_and_lists_of_structs(tmp_path, spectrum):
    columns = {"spectrum": spectrum(), "object_id": IDS, "Z": np.arange(N) / N, "image": pa.array([[[1.0, 2.0]]] * N)}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet", row_group_size=300)
    spectra = list(read_file(tmp_path / "a.parquet"))
    assert [s.id for s in spectra] == IDS
    assert spectra[1099].redshift == 1099 / N
    np.testing.assert_array_equal(spectra[1099].flux, FLUX[1099])
    np.testing.assert_allclose(spectra[700].wavelength, WAVE)
    assert np.flatnonzero(spectra[0].ivar == 0).tolist() == [2]
    assert "image" not in spectra[0].columns


def test_plain_lists_of_different_lengths_with_missing_ids(tmp_path):
    columns = {
        "flux": pa.array([[1.0, 2.0, 3.0], [4.0, 5.0], [6.0, None, 8.0]]),
        "wavelength": pa.array([[4000.0, 4010.0, 4020.0], [4000.0, 4010.0], [5000.0, 5010.0, 5020.0]]),
        "flux_error": pa.array([[0.5] * 3, [0.5] * 2, [0.5] * 3]),
        "targetid": pa.array([2**60 + 1, None, 2**60 + 3]),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    spectra = list(read_file(tmp_path / "a.parquet"))
    assert [s.id for s in spectra] == [str(2**60 + 1), "a-00001", str(2**60 + 3)]
    assert spectra[1].flux.tolist() == [4.0, 5.0]
    assert spectra[2].ivar.tolist() == [4.0, 0.0, 4.0]


def test_units_of_the_schema_and_the_question_without_them(tmp_path):
    for name, metadata in (("said", {"unit": "nm"}), ("open", None)):
        fields = [pa.field("wave", pa.list_(pa.float64()), metadata=metadata), pa.field("flux", pa.list_(pa.float32()))]
        table = pa.table([lists(np.tile(WAVE / 10, (4, 1))), lists(FLUX[:4])], schema=pa.schema(fields))
        pq.write_table(table, tmp_path / f"{name}.parquet")
    np.testing.assert_allclose(next(iter(read_file(tmp_path / "said.parquet"))).wavelength, WAVE)
    with pytest.raises(Refused, match="--wavelength-unit nm") as caught:
        list(read_file(tmp_path / "open.parquet"))
    assert caught.value.reason is Reason.UNIT
    said = read_file(tmp_path / "open.parquet", FileHints(wavelength_unit="nm"))
    np.testing.assert_allclose(next(iter(said)).wavelength, WAVE)


def test_partitioned_folders(tmp_path):
    table = pa.table(
        {"flux": lists(FLUX[:4]), "wave": lists(np.tile(WAVE, (4, 1))), "id": list("abcd"), "program": list("xxyy")}
    )
    pq.write_to_dataset(table, tmp_path / "set", partition_cols=["program"])
    pq.write_metadata(table.schema, tmp_path / "set" / "_common_metadata")
    index, *parts = find_files([tmp_path / "set"])
    with pytest.raises(Refused, match="index of other Parquet files"):
        list(read_file(index))
    found = {s.id: s.columns["program"] for path in parts for s in read_file(path)}
    assert found == {"a": "x", "b": "x", "c": "y", "d": "y"}


def test_a_pixel_a_row(tmp_path):
    frame = pd.DataFrame({"id": np.repeat([7, 9], M), "wavelength": np.tile(WAVE, 2), "flux": FLUX[:2].ravel()})
    frame.to_parquet(tmp_path / "a.parquet")
    first, second = read_file(tmp_path / "a.parquet")
    assert (first.id, second.id) == ("7", "9")
    np.testing.assert_array_equal(second.flux, FLUX[1])


def test_tables_without_spectra_and_damaged_files_are_refused(tmp_path):
    pd.DataFrame({"ra": [1.0], "dec": [2.0]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(Refused, match="no lists known as flux") as caught:
        list(read_file(tmp_path / "a.parquet"))
    assert caught.value.reason is Reason.FOREIGN
    content = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(Refused) as caught:
        list(read_file(tmp_path / "b.parquet"))
    assert caught.value.reason is Reason.UNREADABLE
