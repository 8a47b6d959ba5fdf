import numpy as np
import pandas as pd
import pytest
import zarr
from pyarrow.parquet import ParquetFile

from specvae_core.atomic import read_json, write_json
from specvae_core.data.refused import append_refused, read_refused
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.store import SurveyWriter
from specvae_core.data.stored_index import StoredIndex
from specvae_core.data.survey import Survey
from specvae_core.data.survey_files import ROWS_PER_GROUP, protect, read_header
from specvae_core.errors import IncompleteSurvey, Locked, NameTaken, NewerFormat, NotFound, Reason, Refused, UserError
from specvae_core.grid import SpectralGrid

GRID = SpectralGrid.from_range(4000, 8000, 50)


def spectra(n: int, first: int = 0, **columns) -> SpectraSet:
    rng = np.random.default_rng(first)
    flux = rng.normal(1, 0.1, (n, GRID.n_pixel)).astype(np.float32)
    ivar = np.maximum(rng.uniform(-1, 4, flux.shape), 0).astype(np.float32)
    table = pd.DataFrame({"id": [f"object-{first + i}" for i in range(n)], **columns})
    return SpectraSet(GRID, flux, ivar, table)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "survey"


def written(folder, *chunks):
    writer = SurveyWriter.create(folder, "test", GRID, {"paths": ["here"]})
    for chunk in chunks:
        writer.append(chunk)
    return writer


def test_what_was_appended_comes_back(folder):
    one, two = spectra(300, 0, z=0.1), spectra(7, 300, z=0.2)
    writer = written(folder, one, two)
    estimate = np.vstack([one.flux, two.flux]) + 1
    writer.write_infilled(slice(0, 307), estimate)
    survey = writer.finish(report={"ingested": 307})

    reopened = Survey.open(folder)
    assert reopened.n == survey.n == 307
    assert reopened.grid == GRID
    assert reopened.header["report"] == {"ingested": 307}
    everything = reopened.read()
    np.testing.assert_array_equal(everything.flux, np.vstack([one.flux, two.flux]))
    np.testing.assert_array_equal(everything.ivar, np.vstack([one.ivar, two.ivar]))
    expected = np.where(everything.seen, everything.flux, estimate)
    np.testing.assert_array_equal(everything.infilled, expected)
    assert list(everything.ids) == [*one.ids, *two.ids]


@pytest.mark.parametrize("in_memory", [10, 600])
def test_rows_come_in_the_order_asked_for(folder, in_memory, monkeypatch):
    monkeypatch.setattr("specvae_core.data.survey.IDS_IN_MEMORY", in_memory)
    whole, factor = spectra(600), np.random.default_rng(1).uniform(0.5, 2, 600).astype(np.float32)
    writer = written(folder, whole)
    writer.write_infilled(slice(0, 600), whole.flux, factor)
    whole.flux[:] *= factor[:, None]
    survey = writer.finish()
    rows = np.array([511, 3, 280])
    picked = survey.read(rows)
    np.testing.assert_array_equal(picked.flux, whole.flux[rows])
    assert list(picked.ids) == ["object-511", "object-3", "object-280"]
    assert survey.row(280).ids[0] == "object-280"
    chunks = list(survey.chunks(256))
    assert [rows.stop for rows, _ in chunks] == [256, 512, 600]
    np.testing.assert_array_equal(np.vstack([chunk.flux for _, chunk in chunks]), whole.flux)


def test_columns_that_some_chunks_lack(folder):
    writer = written(folder, spectra(2, 0, teff=[5000.0, 6000.0]), spectra(2, 2, subclass=["G2", "K1"]))
    writer.write_infilled(slice(0, 4), np.ones((4, GRID.n_pixel), np.float32))
    table = writer.finish().table
    assert table["subclass"].tolist() == ["", "", "G2", "K1"]
    np.testing.assert_array_equal(table["teff"], [5000.0, 6000.0, np.nan, np.nan])


def test_half_written_survey_is_refused_by_name_and_can_be_resumed(folder):
    written(folder, spectra(300))
    with pytest.raises(IncompleteSurvey, match=r"test was interrupted after 300 spectra"):
        Survey.open(folder)
    writer = SurveyWriter.resume(folder)
    assert writer.n == 300
    assert writer.committed()["id"].iloc[-1] == "object-299"
    writer.append(spectra(5, 300))
    writer.write_infilled(slice(0, 305), np.ones((305, GRID.n_pixel), np.float32))
    survey = writer.finish()
    assert survey.n == len(survey.table) == 305
    np.testing.assert_array_equal(survey.read(slice(300, 305)).flux, spectra(5, 300).flux)


def test_holes_are_filled_after_a_kill_between_the_last_rows_and_their_filling(folder):
    written(folder, spectra(300)).close()
    writer = SurveyWriter.resume(folder)  # all rows are there, and none of the fill
    writer.write_infilled(slice(0, 300), np.full((300, GRID.n_pixel), 2.0, np.float32), np.full(300, 0.5))
    whole = writer.finish().read()
    np.testing.assert_array_equal(whole.infilled[~whole.seen], 1.0)
    np.testing.assert_array_equal(whole.flux, spectra(300).flux / 2)


def test_a_survey_without_the_factors_of_its_spectra_is_named_as_damaged(folder):
    writer = written(folder, spectra(300))
    writer.write_infilled(slice(0, 300), np.ones((300, GRID.n_pixel), np.float32))
    zarr.open_group(folder / "arrays.zarr", mode="a")["factor"].resize((0,))  # as earlier versions left it after a kill
    with pytest.raises(UserError, match=r"factor.*0 numbers for 300 spectra"):
        writer.finish().read()


def test_what_was_not_committed_is_dropped_on_resume(folder, monkeypatch):
    writer = written(folder, spectra(10))
    monkeypatch.setattr(writer, "_commit", lambda **changes: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        writer.append(spectra(99, 10))
    writer.close()
    writer = SurveyWriter.resume(folder)
    assert writer.n == 10
    writer.append(spectra(200, 500))
    assert writer.committed()["id"].tolist() == [*spectra(10).ids, *spectra(200, 500).ids]
    np.testing.assert_array_equal(writer.stored(slice(10, 210)).flux, spectra(200, 500).flux)


def test_mistakes_are_told(folder):
    with pytest.raises(NotFound, match="no survey"):
        Survey.open(folder)
    writer = written(folder, spectra(3))
    with pytest.raises(Locked, match="being written by another program"):
        SurveyWriter.create(folder, "test", GRID, {})
    writer.close()
    with pytest.raises(NameTaken, match="already"):
        SurveyWriter.create(folder, "test", GRID, {})
    other = SpectralGrid.from_range(4000, 8000, 51)
    with pytest.raises(Refused, match="cannot enter"):
        writer.append(SpectraSet(other, np.ones((1, 51)), np.ones((1, 51)), pd.DataFrame({"id": ["a"]})))
    header = folder / "survey.json"
    write_json(header, read_json(header) | {"format": 99})
    with pytest.raises(NewerFormat, match="upgrade"):
        read_header(folder)
    header.write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        read_header(folder)


@pytest.mark.parametrize(
    ("old", "new"), [("blosc", "zfp"), ('zarr_format": 3', 'zarr_format": 4'), ("regular", "hexagonal")]
)
def test_shards_that_only_a_newer_version_knows_are_named(folder, old, new):
    survey = written(folder, spectra(30)).finish()
    description = folder / "arrays.zarr" / "flux" / "zarr.json"
    description.write_text(description.read_text().replace(old, new))
    with pytest.raises(UserError, match="is damaged"):
        Survey.open(folder).read()
    protect(folder)  # as the newer version does
    with pytest.raises(NewerFormat, match=f"Survey {survey.name} .*upgrade"):
        Survey.open(folder).read()


def test_rows_of_objects(folder):
    survey = written(folder, spectra(30)).finish()
    assert survey.row_of("object-7") == 7
    assert survey.row_of("object-30") is None
    assert survey.row_of("") is None
    assert survey.rows_of(["object-29", "object-3", "object-29"]).tolist() == [29, 3, 29]
    assert survey.rows_of([]).tolist() == []
    assert survey.ids[survey.rows_of(["object-12"])].tolist() == ["object-12"]
    with pytest.raises(NotFound, match="Survey test has no object nobody"):
        survey.rows_of(["object-1", "nobody"])
    assert survey.index.matching("object-2").tolist() == [2]
    assert survey.index.matching("CT-2").tolist() == [2, *range(20, 30)]
    assert survey.index.matching("(").tolist() == []


def test_the_first_of_two_rows_with_one_id_counts(folder):
    survey = written(folder, spectra(3), spectra(3)).finish()
    assert survey.row_of("object-1") == 1
    assert survey.rows_of(["object-1"]).tolist() == [1]


def test_what_did_not_enter_is_listed_once(folder):
    folder.mkdir()
    assert read_refused(folder) == []
    refusal = Refused(Reason.SKY, "fibre 3 is sky,\nnothing else")
    append_refused(folder, [("a.fits", refusal)])
    append_refused(folder, [("b.fits", refusal), ("a.fits", refusal)])
    listed = read_refused(folder)
    assert [row["source"] for row in listed] == ["a.fits", "b.fits"]
    assert listed[0] == {"source": "a.fits", "reason": "sky", "message": "fibre 3 is sky,\nnothing else"}


def test_a_long_catalogue_is_read_in_parts(folder, monkeypatch):
    n = ROWS_PER_GROUP + 500
    some = spectra(n, z=np.linspace(0, 1, n), word=[f"w{i}" for i in range(n)])
    writer = written(folder, some)
    writer.write_infilled(slice(0, n), some.flux)
    writer.finish()
    survey, whole = Survey.open(folder), Survey.open(folder).table
    across = slice(ROWS_PER_GROUP - 3, ROWS_PER_GROUP + 3)
    pd.testing.assert_frame_equal(survey.read(across).table, whole.iloc[across].reset_index(drop=True))
    pd.testing.assert_frame_equal(survey.row(n - 1).table, whole.iloc[-1:].reset_index(drop=True))
    assert survey.read(slice(0, 0)).table.empty
    assert survey.ids.tolist() == whole["id"].tolist()
    assert survey.row_of(f"object-{n - 1}") == n - 1
    monkeypatch.setattr("specvae_core.data.survey.IDS_IN_MEMORY", n - 1)
    assert isinstance(Survey.open(folder).index, StoredIndex)
    assert Survey.open(folder).row_of(f"object-{n - 1}") == n - 1
    catalogue = folder / "catalogue.parquet"
    words = ParquetFile(catalogue).metadata.row_group(1).column(2)
    content = bytearray(catalogue.read_bytes())
    content[words.dictionary_page_offset + words.total_compressed_size // 2] ^= 4
    catalogue.write_bytes(content)
    reopened = Survey.open(folder)
    assert reopened.read(slice(0, 10)).table["word"].iloc[9] == "w9"
    with pytest.raises(UserError, match="the catalogue cannot be read"):
        reopened.read(slice(n - 10, n))
