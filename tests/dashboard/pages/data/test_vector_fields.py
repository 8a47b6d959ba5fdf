"""Vectors become an embedding on the Data page."""

import numpy as np
import pandas as pd
import pytest
from data_page import look, save_spectra
from survey_of_lines import wait, write_survey

from specvae_core.data.data_kind import DataKind
from specvae_core.progress import ignore
from specvae_core.tasks.train import train


def save_vectors(path, ids) -> None:
    vectors = np.random.default_rng(0).normal(size=(len(ids), 6)).astype(np.float32)
    np.savez(path, object_id=np.array(ids), embedding=vectors, ra=np.arange(float(len(ids))))


def embed(page, path) -> None:
    look(page, path)
    page.form.start.clicks += 1
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    page.poll()


def test_vectors_are_recognised_and_matched_to_the_survey_that_has_their_objects(page, session, tmp_path, notices):
    write_survey(session.workspace, "lines", n=20)
    ids = session.workspace.survey("lines").ids
    save_vectors(tmp_path / "aion.npz", [*ids[:15], "nobody-1", "nobody-2"])
    page.shown()
    look(page, tmp_path / "aion.npz")
    fields = page.form.vectors
    assert "known as flux" not in page.form.look.view.text
    assert (
        "vectors of 6 components from embedding, ids from column object_id; beside them ra" in page.form.look.view.text
    )
    assert (page.form.kind.chosen, fields.survey.value) == (DataKind.EMBEDDING, "lines")
    assert fields.model.placeholder == "aion"
    assert fields.matches.object == "15 of the first 17 ids are in lines."
    assert (page.form.start.label, page.form.look.fields.shown) == ("Embed", False)  # vectors have no wavelengths
    embed(page, tmp_path / "aion.npz")
    assert notices == [
        "Embedding aion is ready: 15 of 17 vectors belong to objects of lines by id, 5 of its objects have none."
    ]
    assert np.isfinite(session.workspace.encoding("aion", "lines").latents).all(axis=1).sum() == 15
    assert (page.form.start.label, fields.shown, page.form.look.fields.shown) == ("Ingest", False, True)


@pytest.mark.parametrize("index", [False, True])
def test_a_table_of_components_is_recognised_as_vectors(page, session, tmp_path, index):
    write_survey(session.workspace, "lines", n=20)
    ids = session.workspace.survey("lines").ids
    vectors = np.random.default_rng(0).normal(size=(len(ids), 12))
    names = range(12) if index else [f"v{i}" for i in range(12)]
    table = pd.DataFrame(vectors, columns=names, index=pd.Index(ids, name=None if index else "id"))
    table.to_csv(tmp_path / "mine.csv")
    look(page, tmp_path / "mine.csv")
    assert page.form.kind.chosen == DataKind.EMBEDDING
    assert page.form.vectors.matches.object == "20 of the first 20 ids are in lines."
    embed(page, tmp_path / "mine.csv")
    made = session.workspace.encoding("mine", "lines").latents
    np.testing.assert_allclose(made, vectors, rtol=1e-5)


def test_vectors_decode_by_a_model_of_the_grid_of_their_survey(page, session, tmp_path, notices):
    write_survey(session.workspace, "lines", n=40)
    model = train(session.workspace, ignore, tmp_path, survey="lines", model="pca", config={"n_latent": 2})
    save_vectors(tmp_path / "aion.npz", session.workspace.survey("lines").ids)
    look(page, tmp_path / "aion.npz")
    fields = page.form.vectors
    assert (fields.decoder.visible, list(fields.decoder.options.values())) == (True, ["", model])
    fields.decoder.value = model
    embed(page, tmp_path / "aion.npz")
    assert f"by the decoder of {model}" in notices[-1]
    assert session.workspace.model("aion").config.decoder == model
    fields.survey.value = ""
    assert not fields.decoder.visible


def test_vectors_without_a_survey_become_one_of_positions_and_catalogue(page, session, tmp_path, notices):
    save_vectors(tmp_path / "mine.npz", [f"star-{i}" for i in range(12)])
    look(page, tmp_path / "mine.npz")
    assert page.form.vectors.for_new_survey
    assert page.form.chosen_name == "mine"
    embed(page, tmp_path / "mine.npz")
    assert notices[-1].startswith("Embedding mine is ready: 12 of 12 vectors")
    assert session.workspace.survey("mine").table["ra"].tolist() == list(range(12))


def test_a_name_that_is_taken_and_several_files_are_said_at_the_field(page, session, tmp_path):
    (tmp_path / "files").mkdir()
    for name in ("a", "b"):
        save_vectors(tmp_path / "files" / f"{name}.npz", ["x", "y", "z"])
    look(page, tmp_path / "files" / "a.npz")
    page.form.vectors.model.value = "../a"
    page.form.start.clicks += 1
    assert "cannot name a model" in page.form.vectors.error.sentence
    look(page, tmp_path / "files")
    page.form.vectors.model.value = "mine"
    page.form.start.clicks += 1
    assert page.form.vectors.error.sentence.startswith("One file of vectors was expected, and 2 were chosen")
    assert not session.runner.jobs()
    save_spectra(tmp_path / "spectra.npz")
    look(page, tmp_path / "spectra.npz")
    assert not page.form.vectors.shown
    assert page.form.start.label == "Ingest"
    save_spectra(tmp_path / "spectra.npz")
    look(page, tmp_path / "spectra.npz")
    assert not page.form.vectors.shown
    assert page.form.start.label == "Ingest"
