"""`specvae look` and the questions about a unit, before anything is stored."""

import numpy as np
import pandas as pd
import pytest

from specvae_core.__main__ import main
from specvae_core.data.file_lists import find_files
from specvae_core.data.readers import read_file
from specvae_core.errors import Refused
from specvae_core.workspace import Workspace


@pytest.fixture
def nm_table(tmp_path):
    """A table in nm, in air, under names of its own, with a line at 6562.80 Angstrom in air."""
    wave = np.linspace(380.0, 820.0, 3000)
    flux = 1 + 5 * np.exp(-0.5 * ((wave - 656.280) / 0.4) ** 2)
    path = tmp_path / "nm.csv"
    pd.DataFrame({"lambda": wave, "best": flux, "raw": flux + 1, "unsure": 0.05}).to_csv(path, index=False)
    return path


WORD = ("--column", "flux=best", "error=unsure", "--wavelength-unit", "nm", "--medium", "air")


def test_the_unit_that_a_file_does_not_say_is_asked_for_and_the_answer_is_kept(run, nm_table, tmp_path):
    ingest = ("ingest", nm_table, "--workspace", tmp_path / "w", "--name", "nm", "--grid", "4000:8000:2000")
    status, sentence = run(*ingest, "--column", "flux=best")
    assert status == 2
    assert "--wavelength-unit nm" in sentence
    report = run(*ingest, *WORD)
    assert report["with"] == {"redshift": 0, "errors": 1, "mask": 0, "position": 0}
    (kind,) = report["kinds"]
    assert kind["converted"] == ["nm to Angstrom", "air to vacuum"]
    assert (kind["flux"], kind["error"], kind["spectra"]) == ("column best", "column unsure (1 sigma)", 1)
    survey = Workspace.open(tmp_path / "w").survey("nm")
    assert survey.header["provenance"]["hints"] == {
        "columns": {"flux": "best", "error": "unsure"},
        **{"wavelength_unit": "nm", "medium": "air"},
    }
    spectra = survey.read()
    assert spectra.grid.wavelength[spectra.flux[0].argmax()] == pytest.approx(6564.6, abs=2)


def test_a_look_before_anything_is_stored(run, nm_table, capsys):
    (question,) = run("look", nm_table, "--column", "flux=best")["refused"]
    assert question["answer"] == "wavelength_unit"
    (kind,) = run("look", nm_table, *WORD)["kinds"]
    assert (kind["flux"], kind["medium"]) == ("column best", "air")
    assert len(kind["examples"][0]["flux"]) == 3000
    assert main(["look", str(nm_table), *WORD]) == 0
    assert "3800 to 8200 Angstrom, air" in capsys.readouterr().out


def _n_objects(path):
    """Objects of a file, refused ones too; a file that is refused as a whole counts as one."""
    try:
        return sum(1 for _ in read_file(path))
    except Refused:
        return 1


@pytest.mark.real_data
def test_a_folder_that_mixes_all_layouts_loses_nothing(run, real_data, tmp_path):
    layouts, optical = real_data / "layouts", ("--grid", "3388:8318:500")
    files = find_files([layouts])
    n_objects = sum(_n_objects(path) for path in files)
    ingest = ("ingest", layouts, "--workspace", tmp_path / "w", "--name")
    report = run(*ingest, "optical", *optical)
    assert report["ingested"] + report["skipped"] == n_objects
    assert sum(report["reasons"].values()) == report["skipped"]
    assert sum(kind["spectra"] for kind in report["kinds"]) == report["ingested"]
    assert report["files"] == len(files)
    assert {"unit", "coverage", "redshift", "sky", "duplicate"} <= report["reasons"].keys()
    assert run(*ingest, "apogee", "--grid", "15200:16900:500")["ingested"] == 1
    survey = Workspace.open(tmp_path / "w").survey("optical").read()
    lines = survey.grid.wavelength[(survey.flux * (survey.grid.wavelength > 6000)).argmax(axis=1)]
    at_rest = ~survey.table["source"].str.contains("coadd|aaomega")  # whose redshifts stand in files that are not there
    np.testing.assert_allclose(lines[at_rest], 6564.6, atol=15)


def test_a_word_that_means_nothing_is_told(run, nm_table, tmp_path):
    ingest = ("ingest", nm_table, "--workspace", tmp_path / "w", "--name", "nm")
    for word, sentence in (
        (("--column", "colour=a"), "colour"),
        (("--column", "flux"), "ROLE=NAME"),
        (("--wavelength-unit", "parsnip"), "parsnip"),
    ):
        status, told = run(*ingest, *word)
        assert status == 2
        assert sentence in told
