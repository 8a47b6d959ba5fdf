"""Noise test, second infill and heads, as jobs and as commands."""

import json

import numpy as np
import pytest
from survey_of_slopes import GRID, Listener, write_survey

from specvae_core.__main__ import main
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.store import SurveyWriter
from specvae_core.errors import BadConfig, Cancelled, NameTaken, NotFound
from specvae_core.tasks.heads import evaluate_heads
from specvae_core.tasks.infill import infill
from specvae_core.tasks.noise import noise
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace

QUICK = {"n_latent": 2, "max_epochs": 15, "epoch_steps": 100}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    folder = tmp_path_factory.mktemp("noise")
    made = Workspace.open(folder / "w")
    write_survey(made, n=200)
    write_holes(made)
    for name, config in (("infovae", QUICK), ("pca", {"n_latent": 2}), ("multitask", {**QUICK, "classify": "class"})):
        job = folder / name
        job.mkdir()
        train(made, Listener(), job, survey="slopes", model=name, config=config)
    return made


def write_holes(workspace: Workspace) -> None:
    """The same spectra, a stretch of each unseen and filled with nonsense."""
    whole = workspace.survey("slopes").read()
    seen = np.ones(whole.flux.shape, dtype=bool)
    seen[:, 20:35] = False
    writer = SurveyWriter.create(workspace.survey_folder("holes"), "holes", GRID, {"options": {}})
    writer.append(
        SpectraSet(GRID, np.where(seen, whole.flux, 0), np.where(seen, whole.ivar, np.float32(0)), whole.table)
    )
    writer.write_infilled(slice(0, len(whole)), np.full_like(whole.flux, 3.0))
    writer.finish(report={}, infill={})


@pytest.fixture
def run(workspace: Workspace, capsys):
    def run(*arguments: str):
        try:
            status = main([*arguments, "--workspace", str(workspace.folder), "--json"])
        except SystemExit as leave:
            status = leave.code
        out, err = capsys.readouterr()
        return json.loads(out) if status == 0 else (status, err.strip().splitlines()[-1].strip())

    return run


def test_rows_for_each_snr_and_latent_are_kept_and_printed(run, workspace: Workspace) -> None:
    arguments = ("--model", "infovae-2", "--survey", "slopes", "--ids", "s-003,s-001", "--snr", "10,40")
    printed = run("noise", *arguments, "--realisations", "50")
    assert [(row["snr"], row["latent"]) for row in printed["rows"]] == [(10, 1), (10, 2), (40, 1), (40, 2)]
    assert all(0.3 < row["variance_ratio"] < 3 for row in printed["rows"])
    kept = workspace.results.load("noise", printed["result"])
    assert kept.header["ids"] == printed["ids"] == ["s-003", "s-001"]
    assert kept.header["posterior"] == printed["posterior"] == "likelihood"
    assert kept.arrays["scattered"].shape == (2, 2, 2)


def test_the_encoder_alone_can_be_tested_and_its_width_does_not_follow_the_noise(
    workspace: Workspace, tmp_path
) -> None:
    ratios = {}
    for posterior in ("encoder", "likelihood"):
        arguments = {"model": "infovae-2", "survey": "slopes", "snr": [5, 80], "realisations": 100}
        result = workspace.results.load(
            "noise", noise(workspace, Listener(), tmp_path, posterior=posterior, **arguments)
        )
        reported = result.arrays["reported"].mean(axis=(0, 2))
        ratios[posterior] = reported[0] / reported[1]
    assert ratios["encoder"] < 10
    assert ratios["likelihood"] > 50


def test_mistakes_are_sentences(run) -> None:
    status, sentence = run("noise", "--model", "infovae-2", "--survey", "slopes", "--ids", "s-1")
    assert (status, "has no object s-1" in sentence) == (2, True)
    status, sentence = run("noise", "--model", "infovae-2", "--survey", "slopes", "--snr", "five")
    assert (status, "numbers with commas" in sentence) == (2, True)
    status, sentence = run("noise", "--model", "pca-2", "--survey", "slopes")
    assert (status, "one that reports widths of its latents is needed" in sentence) == (2, True)
    status, sentence = run("noise", "--model", "pca-2", "--survey", "slopes", "--posterior", "encoder")
    assert (status, "one that encodes with or without the likelihood is needed" in sentence) == (2, True)
    status, sentence = run("infill", "--model", "infovae-2", "--survey", "holes", "--name", "slopes")
    assert (status, "already" in sentence) == (2, True)


def test_the_second_infill_comes_nearer_to_the_truth_and_leaves_the_rest(run, workspace: Workspace) -> None:
    printed = run("infill", "--model", "infovae-2", "--survey", "holes", "--name", "filled")
    truth, old, new = (workspace.survey(name).read() for name in ("slopes", "holes", "filled"))
    holes = ~old.seen
    np.testing.assert_array_equal(new.flux, old.flux)
    np.testing.assert_array_equal(new.ivar, old.ivar)
    assert new.table.equals(old.table)
    np.testing.assert_array_equal(new.infilled[old.seen], old.infilled[old.seen])
    assert np.abs(new.infilled - truth.flux)[holes].mean() < 0.1
    assert printed["n_filled"] == holes.sum()
    assert printed["rms_change"] == pytest.approx(np.sqrt(np.mean((new.infilled - old.infilled)[holes] ** 2)), rel=1e-3)
    assert printed["n_spectra_with_holes"] == 200
    assert workspace.survey("filled").header["infill"]["model"] == "infovae-2"


def test_a_stopped_infill_leaves_nothing(workspace: Workspace, tmp_path) -> None:
    arguments = {"model": "infovae-2", "survey": "holes", "name": "stopped"}
    with pytest.raises(Cancelled):
        infill(workspace, Listener(stop_at="filling"), tmp_path, **arguments)
    with pytest.raises(NotFound):
        workspace.survey("stopped")
    with pytest.raises(NameTaken):
        infill(workspace, Listener(), tmp_path, **(arguments | {"name": "holes"}))
    assert workspace.survey("holes").n == 200


def test_evaluate_compares_heads_with_those_trained_afterwards(run, workspace: Workspace) -> None:
    heads = run("evaluate", "--model", "multitask-2", "--survey", "slopes", "--baseline", "infovae-2")["heads"]
    assert set(heads) == {"class"}
    assert heads["class"]["measure"] == "accuracy"
    assert heads["class"]["n"] == 20
    assert 0 <= heads["class"]["together"] <= 1
    assert heads["class"]["gain"] == pytest.approx(heads["class"]["together"] - heads["class"]["afterwards"])
    assert "heads" not in run("evaluate", "--model", "infovae-2", "--survey", "slopes")
    with pytest.raises(BadConfig, match="one that predicts classes and numbers by heads is needed"):
        evaluate_heads(workspace, "pca-2", "slopes")
