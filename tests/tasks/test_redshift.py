"""Redshifts and leaks as jobs and as commands."""

import json

import numpy as np
import pytest
from survey_of_slopes import Listener, write_survey

from specvae_core.__main__ import main
from specvae_core.analysis.leak import CUTS
from specvae_core.errors import BadConfig, Cancelled, NotFound
from specvae_core.tasks.redshift import measure_leak, redshift, redshift_rows
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    folder = tmp_path_factory.mktemp("redshifts")
    made = Workspace.open(folder / "w")
    write_survey(made)
    train(made, Listener(), folder, survey="slopes", model="pca", config={"n_latent": 2})
    return made


def test_redshifts_of_some_objects_in_the_order_asked_for(workspace: Workspace, tmp_path) -> None:
    ids = ["s-017", "s-003"]
    listener = Listener()
    arguments = {"model": "pca-2", "survey": "slopes"}
    result = workspace.results.load("redshifts", redshift(workspace, listener, tmp_path, ids=ids, **arguments))
    rows = redshift_rows(result)
    assert [row["id"] for row in rows] == ids
    table = workspace.survey("slopes").table.set_index("id")
    for row in rows:
        assert row["z_catalogue"] == table.loc[row["id"], "z"]
        assert abs(row["z"] - row["z_catalogue"]) < 0.002
        assert row["n_pixel"] == 80
    assert result.header["n"] == 2
    assert result.header["outliers"] == 0
    assert listener.fractions[-1] == 1


def test_stopped_redshifts_are_kept_and_go_on(workspace: Workspace, tmp_path) -> None:
    arguments = {"model": "pca-2", "survey": "slopes"}
    with pytest.raises(Cancelled):
        redshift(workspace, Listener(stop_at="redshift of 70 "), tmp_path, **arguments)
    kept = (tmp_path / "redshifts").read_text()
    assert len(redshift_rows(workspace.results.load("redshifts", kept))) == 70
    assert redshift(workspace, Listener(), tmp_path, **arguments) == kept
    rows = redshift_rows(workspace.results.load("redshifts", kept))
    assert [row["id"] for row in rows] == [f"s-{i:03d}" for i in range(120)]
    assert np.isfinite([row["chi2"] for row in rows]).all()


def test_a_leak_says_something_of_each_latent(workspace: Workspace, tmp_path) -> None:
    found = measure_leak(workspace, Listener(), tmp_path, model="pca-2", survey="slopes", n=60)
    rows = workspace.results.load("leaks", found).header["rows"]
    assert [row["latent"] for row in rows] == [1, 2]
    assert all(row["noise"] > 0 for row in rows)
    assert all(abs(row["redshift_correlation"]) <= 1 for row in rows)
    header = workspace.results.load("leaks", found).header
    assert [(cut["end"], cut["lost"]) for cut in header["cuts"]] == list(CUTS)
    assert all(0 <= cut["foreign"] <= 1 for cut in header["cuts"])
    assert header["foreign"] < 0.2


def test_mistakes_are_sentences(workspace: Workspace, tmp_path) -> None:
    with pytest.raises(NotFound, match="no object nobody"):
        redshift(workspace, Listener(), tmp_path, model="pca-2", survey="slopes", ids=["nobody"])
    with pytest.raises(NotFound, match="no model pca-9"):
        redshift(workspace, Listener(), tmp_path, model="pca-9", survey="slopes")
    with pytest.raises(BadConfig, match=r"0\.5:0\.1"):
        redshift(workspace, Listener(), tmp_path, model="pca-2", survey="slopes", z_range=[0.5, 0.1])
    with pytest.raises(BadConfig, match="at least 2"):
        measure_leak(workspace, Listener(), tmp_path, model="pca-2", survey="slopes", n=1)


def test_the_commands_print_one_object(workspace: Workspace, capsys) -> None:
    common = ["--workspace", str(workspace.folder), "--survey", "slopes"]

    def run(*arguments: str) -> dict | tuple[int, str]:
        status = main([*arguments, *common, "--json"])
        out, err = capsys.readouterr()
        return json.loads(out) if status == 0 else (status, err.strip().splitlines()[-1].strip())

    found = run("redshift", "--model", "pca-2", "--ids", "s-001,s-002", "--z-range", "0:0.3")
    assert [row["id"] for row in found["rows"]] == ["s-001", "s-002"]
    assert found["nmad"] < 0.002
    assert len(run("leak", "--model", "pca-2", "--n", "40")["rows"]) == 2
    compared = run("compare", "--models", "pca,ae", "--latents", "1,2", "--max-epochs", "1")
    assert [(row["model"], row["n_latent"]) for row in compared["rows"]] == [
        ("pca", 1),
        ("pca", 2),
        ("ae", 1),
        ("ae", 2),
    ]
    assert all(set(row["per_class"]) == {"red", "blue"} for row in compared["rows"])
    searched = run("search", "--model", "ae", "--n-latent", "1", "--trials", "2", "--max-epochs", "1")
    assert len(searched["trials"]) == 2
    assert searched["model"].startswith("ae-1")
    assert run("compare", "--latents", "two")[0] == 2
    assert "whole numbers" in run("compare", "--latents", "two")[1]
    assert "0:0.5" in run("redshift", "--model", "pca-2", "--z-range", "0-1")[1]
    assert "vqvae" in run("compare", "--models", "vqvae")[1]
