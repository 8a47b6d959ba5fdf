import json

import numpy as np
import pandas as pd
import pytest

from specvae_core.data.look import FILES, look, sparkline
from specvae_core.data.understanding import FileHints
from specvae_core.errors import NotFound

WAVE = np.linspace(4000.0, 8000.0, 500)
FLUX = 1 + np.exp(-0.5 * ((WAVE - 6564.61) / 20) ** 2)


def table(path, **columns):
    pd.DataFrame({"wavelength": WAVE, "flux": FLUX} | columns).to_csv(path, index=False)


def test_each_kind_of_file_is_told_with_examples(tmp_path):
    table(tmp_path / "a.csv", fluxerr=0.1, mask=(WAVE > 7900).astype(int))
    np.savez(tmp_path / "b.npz", wave_nm=WAVE / 10, flux=np.tile(FLUX, (3, 1)), z=np.full(3, 0.1), ra=[1, 2, 3])
    seen = look([tmp_path])
    assert (seen["files"], seen["read"], seen["sampled"], seen["refused"]) == (2, 2, False, [])
    text, arrays = sorted(seen["kinds"], key=lambda kind: kind["objects"])
    assert (text["reader"], text["error"], text["objects"]) == ("text table", "column fluxerr (1 sigma)", 1)
    assert text["with"] == {"redshift": 0, "errors": 1, "mask": 1, "position": 0}
    assert "wavelengths in Angstrom" in text["assumed"]
    (example,) = text["examples"]
    np.testing.assert_allclose(example["flux"], FLUX, rtol=1e-6)
    assert example["error"][0] == pytest.approx(0.1)
    assert example["error"][-1] is None
    assert example["bad"][-1]
    assert (arrays["wavelength_unit"], arrays["objects"], len(arrays["examples"])) == ("nm", 3, 2)
    assert arrays["wavelength_range"] == pytest.approx([4000, 8000])
    assert arrays["grid"].startswith("3637:7272:")
    assert seen["grid"] == arrays["grid"]
    json.dumps(seen, allow_nan=False)


def test_a_question_names_the_hint_that_answers_it(tmp_path):
    pd.DataFrame({"wavelength": WAVE / 10, "flux": FLUX}).to_csv(tmp_path / "nm.csv", index=False)
    (question,) = look([tmp_path])["refused"]
    assert (question["reason"], question["answer"], question["count"]) == ("unit", "wavelength_unit", 1)
    seen = look([tmp_path], FileHints(wavelength_unit="nm"))
    assert seen["refused"] == []
    assert seen["kinds"][0]["converted"] == ["nm to Angstrom"]


def test_an_answer_for_some_files_leaves_the_others(tmp_path):
    pd.DataFrame({"wavelength": WAVE / 10, "flux": FLUX}).to_csv(tmp_path / "nm.csv", index=False)
    table(tmp_path / "b.csv")
    (question,) = look([tmp_path])["refused"]
    assert question["groups"] == ["nm.csv"]
    seen = look([tmp_path], FileHints(wavelength_unit="nm", files=",".join(question["groups"])))
    assert seen["refused"] == []
    assert [kind["wavelength_range"] for kind in seen["kinds"]] == [pytest.approx([4000, 8000])] * 2


def test_a_large_folder_is_sampled_and_that_is_said(tmp_path):
    table(tmp_path / "spec-000.csv")
    for number in range(1, 3 * FILES):
        (tmp_path / f"spec-{number:03}.csv").hardlink_to(tmp_path / "spec-000.csv")
    np.savez(tmp_path / "other.npz", wave=WAVE, flux=FLUX)
    seen = look([tmp_path])
    assert seen["sampled"]
    assert seen["read"] < seen["files"] == 3 * FILES + 1
    assert {kind["reader"] for kind in seen["kinds"]} == {"text table", "arrays (.npz)"}


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(NotFound):
        look([tmp_path / "missing"])


def test_a_spectrum_as_a_line_of_bars():
    line = sparkline({"flux": [0.0, 1.0, None, 2.0], "bad": [False, False, True, False]})
    assert (line[0], line[2], line[3]) == ("▁", " ", "█")


def test_vectors_of_an_embedding_are_no_question(tmp_path):
    np.savez(tmp_path / "a.npz", object_id=np.array(["x", "y"]), embedding=np.eye(2, 6), ra=np.zeros(2))
    np.savez(tmp_path / "b.npz", object_id=np.array(["x", "y"]), counts=np.eye(2, 6))
    seen = look([tmp_path])
    assert seen["vectors"] == [
        {
            "file": "a.npz",
            "column": "embedding",
            "dimensions": 6,
            "id_column": "object_id",
            "table": ["ra"],
            "ids": ["x", "y"],
        }
    ]
    assert [entry["count"] for entry in seen["refused"]] == [1]
