"""Embed on the command line: vectors of known truth stand beside the models in every command that reads latents."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from specvae_core.workspace import Workspace


def vectors_of(demo, dimensions):
    """(4000, d) vectors that know what the demo's own model knows, without noise."""
    latents = Workspace.open(demo).encoding("infovae-6", "demo").latents
    random = np.random.default_rng(0)
    return np.tanh(latents @ random.normal(size=(6, dimensions)) / 6).astype(np.float32)


@pytest.fixture(scope="module")
def files(demo, tmp_path_factory):
    """Vectors of 300 dimensions for all but 100 objects, in another order, and of one that the demo has not."""
    vectors, ids = vectors_of(demo, 300), Workspace.open(demo).survey("demo").ids
    order = np.random.default_rng(1).permutation(4000)[:3900]
    path = tmp_path_factory.mktemp("vectors") / "aion.parquet"
    table = {
        "object_id": [*ids[order].tolist(), "foreign"],
        "embedding_spectrum": [*vectors[order], vectors[0]],
        "ra": np.linspace(0, 10, 3901),
        "dec": np.zeros(3901),
        "spectype": ["GALAXY"] * 3901,
    }
    pq.write_table(pa.table(table), path)
    return path, order


@pytest.fixture
def run(run, demo):
    return lambda *arguments: run(*arguments, "--workspace", demo)


@pytest.fixture(scope="module")
def embedded():
    return {}


def embed(run, files, embedded):
    """Embed once for the module."""
    if not embedded:
        embedded.update(run("embed", files[0], "--survey", "demo", "--as", "aion"))
    return embedded


def test_what_matches_is_counted(run, files, embedded):
    found = embed(run, files, embedded)
    names = ("model", "n", "matched", "dimensions", "without_vector")
    assert [found[name] for name in names] == ["aion", 3901, 3900, 300, 100]
    assert found["matched_by"] == "id"
    assert 0 < found["decoder_error"] < 0.02


def test_it_stands_beside_the_models(run, files, embedded, demo):
    embed(run, files, embedded)
    where = ("--model", "aion", "--survey", "demo")
    assert run("info")["models"][0]["model"] == "aion"
    top = run("outliers", *where, "--top", 40)["outliers"]
    truth = Workspace.open(demo).survey("demo").table.set_index("id")["true_kind"]
    assert sum(truth[row["id"]] in ("A star", "M star", "blend", "arm break") for row in top) >= 20
    clusters = run("cluster", *where, "--method", "kmeans", "--n", 3)["clusters"]
    assert sum(row["n"] for row in clusters) == 4000
    assert clusters[-1]["n"] == 100  # without vectors, in no cluster
    found = run("explain", *where, "--a", 'class == "emission-line"', "--b", 'class == "quiescent"')
    assert found["real"]
    assert run("select", "--survey", "demo", "--model", "aion", "--where", "missing(latent_1)")["n"] == 100
    evaluation = run("evaluate", *where)
    assert 0 < evaluation["mse"] < 0.02
    track = run("track", *where, "--traverse", "1", "--steps", 5)
    assert len(track["steps"]) == 5


def test_similar_objects_are_those_of_the_whole_vectors(run, files, embedded, demo):
    embed(run, files, embedded)
    order, vectors = files[1], vectors_of(demo, 300).astype(float)
    ids = Workspace.open(demo).survey("demo").ids
    distance = np.linalg.norm(vectors[order] - vectors[order[0]], axis=1)
    expected = order[np.argsort(distance)[1:11]]
    found = run("similar", "--model", "aion", "--survey", "demo", "--ids", ids[order[0]], "--top", 10)["objects"]
    assert [row["id"] for row in found] == ids[expected].tolist()
    assert found[3]["distance"] == pytest.approx(np.sort(distance)[4], rel=1e-4)


def test_an_object_without_a_vector_is_no_example(run, files, embedded, demo):
    embed(run, files, embedded)
    missing = np.setdiff1d(np.arange(4000), files[1])[0]
    name = Workspace.open(demo).survey("demo").ids[missing]
    assert "has no latents" in run("similar", "--model", "aion", "--survey", "demo", "--ids", name)[1]


def test_it_decodes_by_the_decoder_of_a_model(run, files, demo, tmp_path):
    # Of few components, since the time that the prior of latents takes grows with them.
    vectors, ids = vectors_of(demo, 16), Workspace.open(demo).survey("demo").ids
    table = {"object_id": ids[files[1]].tolist(), "embedding": [*vectors[files[1]]]}
    pq.write_table(pa.table(table), tmp_path / "some.parquet")
    found = run("embed", tmp_path / "some.parquet", "--survey", "demo", "--as", "lent", "--decoder", "infovae-6")
    assert found["decoder"] == "infovae-6"
    assert found["own_error"] < found["decoder_error"] < found["linear_error"]
    assert 0 < found["latents_error"] < 0.2
    workspace = Workspace.open(demo)
    unseen = workspace.model("lent").unseen(workspace.survey("demo").ids)
    assert unseen.part == "test"
    assert not workspace.model("infovae-6").learnt(workspace.survey("demo").ids)[unseen.rows].any()
    where = ("--model", "lent", "--survey", "demo")
    assert run("evaluate", *where)["mse"] == pytest.approx(found["decoder_error"], rel=0.3)
    hidden = run("invert", *where, "--ids", "demo-00010,demo-00020", "--problem", "hide:4500-5200", "--starts", 2)
    assert hidden["mse_hidden"] < 0.02
    table = workspace.survey("demo").table.iloc[np.sort(files[1])]
    ends = [table["id"][table["class"] == name].iloc[0] for name in ("quiescent", "emission-line")]
    track = run("track", *where, "--between", ",".join(ends), "--steps", 5)
    strength = [step["lines"]["ew_h_alpha"] for step in track["steps"]]
    assert strength[-1] - strength[0] > 5  # Angstrom


def test_a_decoder_is_that_of_a_model(run, files, embedded):
    embed(run, files, embedded)
    asked = ("embed", files[0], "--survey", "demo", "--as", "no", "--decoder")
    assert "There is no model none" in run(*asked, "none")[1]
    assert "has no decoder to lend" in run(*asked, "aion")[1]
    status, said = run("embed", files[0], "--survey", "elsewhere", "--as", "no", "--decoder", "infovae-6")
    assert status == 2
    assert "grid" in said


def test_what_needs_an_encoder_says_so(run, files, embedded):
    embed(run, files, embedded)
    status, said = run("leak", "--model", "aion", "--survey", "demo")
    assert status == 2
    assert "encodes no spectra" in said


def test_a_survey_of_positions_and_catalogue_alone(run, files, demo):
    found = run("embed", files[0], "--survey", "alone", "--as", "aion-alone")
    assert (found["n"], found["matched"], found["without_vector"], found["decoder_error"]) == (3901, 3901, 0, None)
    table = Workspace.open(demo).survey("alone").table
    assert {"id", "ra", "dec", "class"} <= set(table)
    assert run("select", "--survey", "alone", "--where", "cone(0, 0, 36)")["n"] == 4
    where = ("--model", "aion-alone", "--survey", "alone")
    assert len(run("outliers", *where, "--top", 3)["outliers"]) == 3
    assert len(run("similar", *where, "--ids", "foreign", "--top", 2)["objects"]) == 2
    assert not run("explain", *where, "--a", "ra > 5")["real"]


def test_vectors_without_ids_are_matched_by_order(run, demo, tmp_path):
    few = vectors_of(demo, 8)
    np.savez(tmp_path / "few.npz", vectors=few)
    found = run("embed", tmp_path / "few.npz", "--survey", "demo", "--as", "few")
    assert (found["n"], found["matched"], found["dimensions"], found["matched_by"]) == (4000, 4000, 8, "order")
    np.testing.assert_array_equal(Workspace.open(demo).encoding("few", "demo").latents, few)
    np.savez(tmp_path / "fewer.npz", vectors=few[1:])
    assert (
        "name its column of ids by --id-column"
        in run("embed", tmp_path / "fewer.npz", "--survey", "demo", "--as", "fewer")[1]
    )


def test_other_mistakes(run, files, embedded, tmp_path):
    embed(run, files, embedded)
    assert "There is a model named aion" in run("embed", files[0], "--survey", "demo", "--as", "aion")[1]
    pd.DataFrame({"id": ["x", "y"], "e_1": [1, 2], "e_2": [3, 4]}).to_csv(tmp_path / "a.csv", index=False)
    assert (
        "No id of a.csv (x, …) is in the survey demo"
        in run("embed", tmp_path / "a.csv", "--survey", "demo", "--as", "b")[1]
    )
    assert "cannot name a model" in run("embed", files[0], "--survey", "demo", "--as", "../b")[1]
