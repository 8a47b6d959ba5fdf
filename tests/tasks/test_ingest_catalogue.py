"""An ingest with a table of objects beside the spectra."""

import numpy as np
import pytest

from specvae_core.data.preprocess import PreprocessOptions
from specvae_core.data.store import SurveyWriter
from specvae_core.progress import ignore
from specvae_core.tasks.ingest import begun_with
from specvae_core.tasks.ingest import ingest as task
from specvae_core.workspace import Workspace

WAVE = np.linspace(3500.0, 8000.0, 900)
REDSHIFTS = [0.0, 0.1, 0.2, 0.3]
LINE = 5000.0


@pytest.fixture
def spectra(tmp_path):
    """Four spectra without redshift, each with a line at 5000 Angstrom at rest."""
    flux = [1 + 5 * np.exp(-0.5 * ((WAVE - LINE * (1 + z)) / 12) ** 2) for z in REDSHIFTS]
    ra = 100.0 + np.arange(4)
    np.savez(
        tmp_path / "spectra.npz", wave=WAVE, flux=flux, ivar=np.full((4, 900), 400.0), id=list("abcd"), ra=ra, dec=ra
    )
    return tmp_path / "spectra.npz"


def ingest(run, tmp_path, spectra, *options):
    common = ("--workspace", tmp_path / "w", "--name", "s", "--grid", "4000:6000:400")
    return run("ingest", spectra, *common, *options)


def peaks(tmp_path) -> list[float]:
    survey = Workspace.open(tmp_path / "w").survey("s").read()
    return survey.grid.wavelength[survey.flux.argmax(axis=1)].tolist()


def test_the_redshifts_of_the_table_move_spectra_to_rest(run, tmp_path, spectra):
    (tmp_path / "z.csv").write_text("ID,zspec,kind,teff\na,0.0,x,1\nb,0.1,y,2\nc,0.2,x,3\nd,,y,4\n")
    report = ingest(run, tmp_path, spectra, "--catalogue", tmp_path / "z.csv", "--labels", "teff")
    assert report["catalogue"] == {"file": "z.csv", "matched": 4, "unmatched": 0, "ambiguous": 0}
    table = Workspace.open(tmp_path / "w").survey("s").table
    assert table["kind"].tolist() == list("xyxy")
    assert table["teff"].tolist() == [1.0, 2.0, 3.0, 4.0]
    np.testing.assert_allclose(peaks(tmp_path)[:3], LINE, rtol=1e-3)
    assert table["z"].tolist()[:3] == [0.0, 0.1, 0.2]


def test_positions_and_what_is_missing_are_counted(run, tmp_path, spectra):
    rows = ["100,100,0.0", "101.00001,101,0.1", "102,102,0.2", "102,102.00001,0.2"]
    (tmp_path / "z.csv").write_text("\n".join(["RA,DEC,Z", *rows]))
    report = ingest(run, tmp_path, spectra, "--catalogue", tmp_path / "z.csv", "--on", "ra,dec:1arcsec")
    assert report["catalogue"] == {"file": "z.csv", "matched": 2, "unmatched": 1, "ambiguous": 1}


def test_a_table_of_other_objects_is_no_use(run, tmp_path, spectra):
    (tmp_path / "z.csv").write_text("id,z\ne,0.1\n")
    status, sentence = ingest(run, tmp_path, spectra, "--catalogue", tmp_path / "z.csv")
    assert status
    assert "None of 4 objects is in z.csv (the first is a)" in sentence
    assert not Workspace.open(tmp_path / "w").surveys()
    status, sentence = ingest(run, tmp_path, spectra, "--catalogue", tmp_path / "none.csv")
    assert status
    assert "There is no table" in sentence


def test_a_half_written_survey_knows_all_that_it_was_begun_with(run, tmp_path, spectra):
    (tmp_path / "z.csv").write_text("id,zspec,teff,a,b\na,0.0,1,.5,.5\nb,0.1,2,1,0\nc,0.2,3,0,1\nd,,4,.2,.8\n")
    said = ("--catalogue", tmp_path / "z.csv", "--labels", "teff", "--simplex", "a,b", "--flux-unit", "mJy")
    ingest(run, tmp_path, spectra, *said)
    workspace = Workspace.open(tmp_path / "w")
    whole = workspace.survey("s")
    begun = begun_with(whole.header["provenance"])
    assert begun["labels"] == "teff"
    assert begun["simplex"] == "a,b"
    assert begun["hints"] == {"flux_unit": "mJy"}
    assert begun["catalogue"] == str(tmp_path / "z.csv")
    header = whole.header
    workspace.delete_survey("s")
    settings = PreprocessOptions.from_mapping(begun["options"])
    SurveyWriter.create(workspace.survey_folder("s"), "s", settings.grid, header["provenance"], settings.scale)
    status, sentence = ingest(run, tmp_path, spectra, *said[:-4], "--resume")
    assert status
    assert "begun with other" in sentence
    task(workspace, ignore, tmp_path / "job", name="s", resume=True, **begun)
    assert workspace.survey("s").header["labels"] == header["labels"]
    assert workspace.survey("s").table["teff"].tolist() == [1.0, 2.0, 3.0, 4.0]


def test_a_survey_of_an_earlier_version_goes_on_without_what_it_never_kept():
    begun = begun_with({"paths": ["a"], "options": {}, "job": "x"})
    assert begun == {"paths": ["a"], "options": {}, "labels": "", "simplex": "", "group": "", "hints": {}} | {
        "catalogue": "", "on": "id",
    }  # fmt: skip


def test_spectra_of_one_object_stay_together_where_a_column_names_it(run, tmp_path, spectra):
    (tmp_path / "z.csv").write_text("ID,zspec,star\na,0.0,x\nb,0.1,y\nc,0.2,x\nd,0.3,y\n")
    ingest(run, tmp_path, spectra, "--catalogue", tmp_path / "z.csv", "--group", "star")
    train = ("train", "--workspace", tmp_path / "w", "--survey", "s", "--model", "pca", "--n-latent", 1)
    model = Workspace.open(tmp_path / "w").model(run(*train)["model"])
    parts = {part: "".join(sorted(ids)) for part, ids in model.part_ids.items()}
    assert sorted(parts.values()) == ["", "ac", "bd"]
    status, sentence = run("ingest", spectra, "--workspace", tmp_path / "w", "--name", "t", "--group", "planet")
    assert (status, "no column planet to group spectra by" in sentence) == (2, True)
