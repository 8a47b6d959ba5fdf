"""The kind of data is recognised by the columns of the files."""

import json

import numpy as np
import pandas as pd
import pytest

from specvae_core.data.data_kind import DataKind
from specvae_core.data.look import look

WAVE = np.linspace(4000.0, 8000.0, 300)


def spectra(path, n=8, **columns):
    flux = 1 + np.random.default_rng(0).uniform(0, 0.1, (n, len(WAVE)))
    np.savez(path, wave=WAVE, flux=flux, **columns)
    return path


def mixtures(n=8):
    """Fractions of three endmembers, and a column that looks like one."""
    fractions = np.random.default_rng(0).dirichlet(np.ones(3), n)
    return {"a": fractions[:, 0], "b": fractions[:, 1], "c": fractions[:, 2], "albedo": np.linspace(0.1, 0.2, n)}


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"snr": np.arange(8.0)}, DataKind.SPECTRA),
        ({"teff": np.full(8, 5000.0), "logg": np.ones(8)}, DataKind.STARS),
        ({"logg": np.ones(8)}, DataKind.SPECTRA),
        ({"teff": np.full(8, np.nan), "logg": np.full(8, np.nan)}, DataKind.SPECTRA),
        (mixtures(), DataKind.MIXTURES),
    ],
)
def test_kinds_of_spectra_are_told_apart_by_their_columns(tmp_path, columns, kind):
    seen = look([spectra(tmp_path / "s.npz", **columns)])
    assert seen["kind"] == kind
    json.dumps(seen, allow_nan=False)


def test_labels_fractions_and_ids_are_found_with_their_ranges(tmp_path):
    columns = {
        **mixtures(),
        "teff": np.linspace(4000, 6000, 8),
        "teff_err": np.ones(8),
        "key": [f"k{i}" for i in range(8)],
    }
    seen = look([spectra(tmp_path / "s.npz", **columns)])
    assert seen["labels"] == ["teff"]
    assert seen["fractions"] == ["a", "b", "c"]
    assert seen["id_columns"] == ["key"]
    offered = {column["name"]: column for column in seen["columns"]}
    assert list(offered) == ["a", "b", "c", "albedo", "teff"]
    assert offered["teff"] == {"name": "teff", "known": 8, "of": 8, "low": 4000, "high": 6000}


def test_columns_of_a_joined_table_count(tmp_path):
    pd.DataFrame({"name": ["s-0", "s-1"], "Teff": [4000.0, 5000.0]}).to_csv(tmp_path / "labels.csv", index=False)
    seen = look([spectra(tmp_path / "s.npz")], catalogue=str(tmp_path / "labels.csv"))
    assert (seen["kind"], seen["labels"], seen["keys"]) == (DataKind.STARS, ["Teff"], ["name", "Teff"])


def test_a_catalogue_of_photometry_is_recognised_with_its_bands(tmp_path):
    columns = {"psfMag_u": 20.0, "psfMagErr_u": 0.1, "psfMag_g": 19.0, "psfMagErr_g": 0.1, "ebv": 0.02, "z_spec": 0.1}
    pd.DataFrame([columns] * 3).to_csv(tmp_path / "phot.csv", index=False)
    seen = look([tmp_path / "phot.csv"])
    (catalogue,) = seen["catalogues"]
    assert (seen["kind"], seen["refused"]) == (DataKind.PHOTOMETRY, [])
    assert (catalogue["unit"], catalogue["ebv"], catalogue["objects"]) == ("magnitude", "ebv", 3)
    assert [one["text"] for one in catalogue["measurements"]] == ["u=psfMag_u:psfMagErr_u", "g=psfMag_g:psfMagErr_g"]


def test_vectors_are_an_embedding_and_each_column_of_them_may_be_meant(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(9, 6))
    np.savez(tmp_path / "v.npz", embedding_a=vectors, embedding_b=vectors[:, :4], id=np.arange(9))
    seen = look([tmp_path / "v.npz"])
    assert seen["kind"] == DataKind.EMBEDDING
    assert [(one["column"], one["dimensions"]) for one in seen["vectors"]] == [("embedding_a", 6), ("embedding_b", 4)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("miles.npz", DataKind.STARS),
        ("minerals.npz", DataKind.MIXTURES),
        ("photoz_zcosmos.csv", DataKind.PHOTOMETRY),
        ("vandels.npz", DataKind.SPECTRA),
    ],
)
def test_real_files_are_recognised(real_data, name, kind):
    assert look([real_data / name])["kind"] == kind


def test_columns_that_can_be_the_answer_to_a_question_are_named(tmp_path):
    pd.DataFrame({"l": WAVE, "f": WAVE}).to_csv(tmp_path / "odd.csv", index=False)
    (question,) = look([tmp_path / "odd.csv"])["refused"]
    assert question["answer"].startswith("columns.")
    assert question["choices"] == ["f", "l"]
