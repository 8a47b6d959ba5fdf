"""The command line, run as a user runs it: each command with --json, and each mistake in a sentence."""

import argparse
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

from specvae_core.__main__ import main
from specvae_core.commands import GROUPS
from specvae_core.workspace import Workspace


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """A workspace with the demo survey, 400 spectra; tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("demo") / "workspace"
    assert main(["demo", "--workspace", str(folder), "--n", "400", "--json"]) == 0
    return folder


@pytest.fixture(scope="session")
def arrays(tmp_path_factory):
    """A file of 60 spectra with a known shape on wavelengths of their own."""
    wave = np.linspace(3900.0, 8100.0, 900)
    rng = np.random.default_rng(1)
    slope = rng.uniform(-1, 1, 60)
    flux = 1 + slope[:, None] * (wave - 6000) / 6000 + rng.normal(0, 0.01, (60, 900))
    path = tmp_path_factory.mktemp("arrays") / "lines.npz"
    np.savez(path, wave=wave, flux=flux, ivar=np.full(flux.shape, 1e4), z=np.zeros(60), slope=slope)
    return path


def test_demo_then_evaluate_encode_and_info(run, demo, tmp_path):
    info = run("info", "--workspace", demo)
    assert [survey["survey"] for survey in info["surveys"]] == ["demo"]
    model = info["models"][0]["model"]
    evaluation = run("evaluate", "--workspace", demo, "--model", model, "--survey", "demo")
    assert 0 < evaluation["n"] < info["surveys"][0]["n"]
    assert sum(entry["n"] for entry in evaluation["per_class"].values()) == evaluation["n"]
    assert 0 < evaluation["mse"] < 0.2
    for name in ("latents.parquet", "latents.fits", "latents.csv"):
        assert (
            run("encode", "--workspace", demo, "--model", model, "--survey", "demo", "--out", tmp_path / name)["n"]
            == 400
        )
    parquet = pd.read_parquet(tmp_path / "latents.parquet")
    csv = pd.read_csv(tmp_path / "latents.csv")
    fits = Table.read(tmp_path / "latents.fits")
    encoding = Workspace.open(demo).encoding(model, "demo")
    for table in (parquet, csv, fits):
        np.testing.assert_allclose(np.asarray(table["latent_3"], float), encoding.latents[:, 2], rtol=1e-5)
        assert list(table["id"]) == list(parquet["id"])


def test_ingest_train_evaluate(run, arrays, tmp_path):
    workspace = tmp_path / "w"
    report = run("ingest", arrays, "--workspace", workspace, "--name", "lines", "--grid", "4000:8000:200")
    assert (report["survey"], report["ingested"], report["skipped"], report["reasons"]) == ("lines", 60, 0, {})
    assert report["files_per_s"] > 0
    trained = run("train", "--workspace", workspace, "--survey", "lines", "--model", "pca", "--n-latent", "1")
    assert trained["model"] == "pca-1"
    assert set(trained) >= {"model", "epochs", "seconds", "val_loss"}
    evaluation = run("evaluate", "--workspace", workspace, "--model", "pca-1", "--survey", "lines")
    assert evaluation["mse"] < 2e-4  # the slope is one component; what is left is noise of 0.01 before rebinning
    encoding = Workspace.open(workspace).encoding("pca-1", "lines")
    table = Workspace.open(workspace).survey("lines").table
    assert abs(np.corrcoef(encoding.latents[:, 0], table["slope"])[0, 1]) > 0.99


def test_every_config_field_is_a_flag(run, arrays, tmp_path):
    workspace = tmp_path / "w"
    run("ingest", arrays, "--workspace", workspace, "--name", "lines", "--grid", "4000:8000:100")
    options = ("--n-latent", "2", "--max-epochs", "2", "--learning-rate", "0.002")
    trained = run("train", "--workspace", workspace, "--survey", "lines", "--model", "ae", *options)
    assert trained["epochs"] == 2
    header = Workspace.open(workspace).models()[0].header
    assert header["config"]["learning_rate"] == 0.002
    status, sentence = run("train", "--workspace", workspace, "--survey", "lines", "--model", "pca", *options)
    assert status == 2
    assert "learning_rate" in sentence


def test_mistakes_before_anything_runs(run, arrays, demo, tmp_path):
    workspace = tmp_path / "w"
    ingest = ("ingest", "--workspace", workspace, "--name")
    assert run(*ingest, "a", arrays, "--grid", "banana")[0] == 2
    for arguments, words in [
        ((*ingest, "a", tmp_path / "missing"), "missing"),
        ((*ingest, "a", arrays, "--grid", "8000:4000:10"), "start:stop:n"),
        ((*ingest, "a/b", arrays), "cannot name a survey"),
        ((*ingest, "a", arrays, "--min-coverage", "7"), "min_coverage"),
        (("train", "--workspace", demo, "--survey", "sloan", "--model", "pca"), "sloan"),
        (("train", "--workspace", demo, "--survey", "demo", "--model", "pca", "--n-latent", "0"), "n_latent"),
        (("evaluate", "--workspace", demo, "--model", "nobody-6", "--survey", "demo"), "nobody-6"),
        (("info", "--workspace", tmp_path / "nowhere"), "no workspace"),
        (("encode", "--workspace", demo, "--model", "infovae-6", "--survey", "demo", "--out", "x.doc"), ".parquet"),
        (("resume", "nothing", "--workspace", demo), "nothing"),
    ]:
        status, sentence = run(*arguments)
        assert status == 2, arguments
        assert words in sentence
        assert "Traceback" not in sentence


def test_empty_folder_and_folder_of_pdfs(run, tmp_path):
    empty, papers = tmp_path / "empty", tmp_path / "papers"
    empty.mkdir(), papers.mkdir()
    for number in range(3):
        (papers / f"{number}.pdf").write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)))
    assert run("ingest", empty, "--workspace", tmp_path / "w", "--name", "a")[0] == 2
    status, sentence = run("ingest", papers, "--workspace", tmp_path / "w", "--name", "a")
    assert status == 2
    assert "3 × not a spectrum in a known format" in sentence
    assert not (tmp_path / "w" / "surveys" / "a").exists()


def test_taken_name_harms_nothing(run, arrays, tmp_path):
    workspace = tmp_path / "w"
    arguments = ("ingest", arrays, "--workspace", workspace, "--name", "lines", "--grid", "4000:8000:200")
    run(*arguments)
    before = Workspace.open(workspace).survey("lines").read()
    status, sentence = run(*arguments)
    assert status == 2
    assert "already" in sentence
    np.testing.assert_array_equal(Workspace.open(workspace).survey("lines").read().flux, before.flux)


def test_wrong_grid_says_how_to_ingest_again(run, arrays, demo, tmp_path):
    workspace = tmp_path / "w"
    shutil.copytree(demo, workspace)
    run("ingest", arrays, "--workspace", workspace, "--name", "lines", "--grid", "4000:8000:200")
    status, sentence = run("evaluate", "--workspace", workspace, "--model", "infovae-6", "--survey", "lines")
    assert status == 2
    assert "--grid 3388:8318:1000" in sentence


def test_mixtures_are_taken_over_the_range_of_their_files(run, tmp_path):
    random, wave = np.random.default_rng(0), np.linspace(5000.0, 20000.0, 300)
    fractions = random.dirichlet(np.ones(3), 20)
    flux = 1 + fractions @ random.random((3, 1)) * np.sin(wave / 900)
    columns = {"labels": fractions, "label_names": ["ol", "opx", "cpx"]}
    np.savez(tmp_path / "mixed.npz", wave=wave, flux=flux, ivar=np.full(flux.shape, 1e4), **columns)
    ingest = ("ingest", tmp_path / "mixed.npz", "--workspace", tmp_path / "w", "--simplex", "0:3", "--name")
    assert run(*ingest, "all")["ingested"] == 20
    assert run(*ingest, "some", "--grid", "6000:9000:50")["ingested"] == 20
    every, some = (Workspace.open(tmp_path / "w").survey(name) for name in ("all", "some"))
    assert every.grid.wavelength[[0, -1]] == pytest.approx([5000, 20000])
    assert every.read().seen.all()
    assert every.header["simplex"] == ["ol", "opx", "cpx"]
    assert str(some.grid) == "6000:9000:50"


def test_files_off_the_grid_are_told_one_that_suits_them(run, tmp_path):
    wave, folder = np.linspace(1300.0, 2400.0, 500), tmp_path / "files"
    folder.mkdir()
    for number in range(41):  # more foreign files than are looked at for a grid
        (folder / f"a{number:02}.txt").write_text("no spectrum")
    np.savez(folder / "uv.npz", wave=wave, flux=np.ones((3, 500)), ivar=np.full((3, 500), 100.0))
    ingest = ("ingest", folder, "--workspace", tmp_path / "w", "--name", "uv")
    status, sentence = run(*ingest)
    assert status == 2
    grid = sentence.split("These files suit --grid ")[1].strip().rstrip(".")
    assert run(*ingest, "--grid", grid)["ingested"] == 3


def test_a_catalogue_of_photometry_without_its_bands_is_told_them(run, tmp_path):
    rng = np.random.default_rng(3)
    table = {"u": rng.normal(21, 1, 30), "MAG_R": rng.normal(20, 1, 30), "redshift": rng.uniform(0, 1, 30)}
    table |= {"u_err": np.full(30, 0.1), "MAGERR_R": np.full(30, 0.1)}
    pd.DataFrame(table).to_csv(tmp_path / "sky.csv", index=False)
    ingest = ("ingest", tmp_path / "sky.csv", "--workspace", tmp_path / "w", "--name", "sky")
    status, sentence = run(*ingest)
    assert status == 2
    assert "sky.csv is a catalogue of photometry" in sentence
    bands = sentence.split("--bands ")[1].split(", or")[0]
    assert run(*ingest, "--bands", bands)["ingested"] == 30


def test_bad_rows_are_counted_and_the_rest_goes_on(run, tmp_path):
    wave = np.linspace(3900.0, 8100.0, 500)
    flux = np.ones((6, 500))
    ivar = np.full((6, 500), 100.0)
    redshift = np.zeros(6)
    flux[0] = np.nan
    ivar[1] = 0
    redshift[2], redshift[3] = np.nan, -0.9
    files = tmp_path / "files"
    files.mkdir()
    np.savez(files / "bad.npz", wave=wave, flux=flux, ivar=ivar, z=redshift, id=["a", "b", "c", "d", "e", "f"])
    np.savez(files / "more.npz", wave=wave, flux=flux[4:], ivar=ivar[4:], z=redshift[4:], id=["f", "g"])
    report = run("ingest", files, "--workspace", tmp_path / "w", "--name", "bad", "--grid", "4000:8000:100")
    assert report["ingested"] == 3
    assert report["reasons"] == {"no_good_pixels": 2, "redshift": 2, "duplicate": 1}
    assert list(Workspace.open(tmp_path / "w").survey("bad").table["id"]) == ["e", "f", "g"]


def test_interrupted_ingest_is_named_and_resumed(run, tmp_path):
    """A real process is killed while it writes; what it had committed stays, the rest is added."""
    wave = np.linspace(3900.0, 8100.0, 600)
    rng = np.random.default_rng(0)
    files = tmp_path / "files"
    files.mkdir()
    for number in range(40):
        flux = rng.normal(1, 0.05, (100, 600))
        np.savez(files / f"part{number:02}.npz", wave=wave, flux=flux, ivar=np.full(flux.shape, 400.0))
    workspace = tmp_path / "w"
    arguments = ["ingest", str(files), "--workspace", str(workspace), "--name", "killed", "--grid", "4000:8000:300"]
    process = subprocess.Popen(
        [sys.executable, "-m", "specvae_core", *arguments], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    header = workspace / "surveys" / "killed" / "survey.json"
    deadline = time.monotonic() + 120
    while not (header.exists() and json.loads(header.read_text())["n"] > 0):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    committed = json.loads(header.read_text())["n"]
    assert 0 < committed < 4000
    status, sentence = run("train", "--workspace", workspace, "--survey", "killed", "--model", "pca")
    assert status == 2
    assert f"interrupted after {committed} spectra" in sentence
    assert run(*arguments)[0] == 2
    job = run("info", "--workspace", workspace)["jobs"][-1]
    assert job["state"] == "interrupted"
    assert run("resume", job["job"], "--workspace", workspace)["result"] == "killed"
    survey = Workspace.open(workspace).survey("killed")
    assert survey.n == 4000
    assert survey.table["id"].is_unique
    assert (survey.read().seen.sum(axis=1) > 250).all()


@pytest.mark.parametrize("group", GROUPS)
def test_the_commands_of_a_group_are_those_it_adds(group):
    choices = argparse.ArgumentParser().add_subparsers()
    importlib.import_module(f"specvae_core.commands.{group}").add(choices)
    assert tuple(choices.choices) == tuple(GROUPS[group])


def test_the_console_prints_one_object(demo):
    command = [sys.executable, "-m", "specvae_core", "info", "--workspace", str(demo), "--json"]
    output = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONWARNINGS": "error"}
    )
    assert json.loads(output.stdout)["surveys"][0]["survey"] == "demo"
