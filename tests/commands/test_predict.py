"""Labels on the command line: ingest, train, evaluate, predict, each mistake in a sentence."""

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table


def _file(path, *, negative: bool = False, names: bool = False, n: int = 80):
    wave = np.linspace(3900.0, 8100.0, 500)
    rng = np.random.default_rng(1)
    labels = np.column_stack([rng.uniform(4000, 6000, n), rng.uniform(-1, 1, n)])
    flux = (
        1
        + (labels[:, :1] - 5000) / 2e4 * (wave - 6000) / 1000
        - (0.3 + 0.1 * labels[:, 1:]) * (np.abs(wave - 5500) < 100)
    )
    labels_err = np.full(labels.shape, 0.01)
    labels_err[3, 1] = -1 if negative else 0.01
    labels[5, 1] = np.nan
    identity = {"id": np.array([f"star-{i}" for i in range(n)])} if names else {}
    np.savez(
        path,
        wave=wave,
        flux=flux + rng.normal(0, 0.01, flux.shape),
        ivar=np.full(flux.shape, 1e4),
        labels=labels,
        labels_err=labels_err,
        label_names=np.array(["teff", "feh"]),
        **identity,
    )
    return path


def test_labels_go_all_the_way_from_file_to_prediction(run, tmp_path) -> None:
    workspace = tmp_path / "workspace"
    file = _file(tmp_path / "stars.npz")
    common = ("--workspace", workspace, "--survey", "stars")
    assert run("ingest", file, *common[:2], "--name", "stars", "--labels", "teff,feh")["ingested"] == 80
    trained = run("train", *common, "--model", "lux", "--n-latent", 4)  # the survey says which labels it has
    assert np.isfinite(trained["val_loss"])
    model = ("--model", trained["model"])
    labels = run("evaluate", *common, *model)["labels"]
    assert set(labels) == {"teff", "feh"}
    assert labels["teff"]["n"] == 8  # a tenth is the test part
    assert labels["teff"]["rmse"] < 100
    assert labels["feh"]["catalogue_error"] == pytest.approx(0.01)
    for name in ("out.csv", "out.fits", "out.parquet", "out.ecsv"):
        told = run("predict", *common, *model, "--out", tmp_path / name)
        assert told["n"] == 80
    table = pd.read_csv(tmp_path / "out.csv")
    labels = [f"{name}{end}" for name in ("teff", "feh") for end in ("", "_err", "_err95")]
    catalogue = [f"catalogue_{name}{end}" for name in ("teff", "feh") for end in ("", "_err")]
    assert list(table) == ["id", *labels, "teff_feh_corr", "fit_chi2", "label_flag", *catalogue]
    assert (table["teff_err95"] > 1.9 * table["teff_err"]).all()
    assert told["errors"] == dict.fromkeys(("teff", "feh"), "errors of the catalogue are not included")
    assert sum(told["flagged"].values()) < 20
    assert told["shift"] == ""
    assert np.std(table["teff"] - table["catalogue_teff"]) < 100
    assert (table["teff_err"] > 0).all()
    np.testing.assert_allclose(Table.read(tmp_path / "out.fits")["teff"], table["teff"])
    precision = run("precision", *common, *model, "--sn", "20,100", "--draws", 3)["precision"]
    assert precision["teff"][0] > precision["teff"][1] > 0
    chosen = run(
        "crossvalidate", *common, "--labels", "teff,feh", "--latents", "2,4", "--regularisations", "1", "--folds", 2
    )
    assert len(chosen["trials"]) == 2
    assert chosen["best"] == chosen["trials"][0]


def test_labels_are_lent_by_another_survey(run, tmp_path) -> None:
    workspace = ("--workspace", tmp_path / "workspace")
    run("ingest", _file(tmp_path / "a.npz", names=True), *workspace, "--name", "a", "--labels", "teff")
    bare = dict(np.load(_file(tmp_path / "b.npz", names=True)))
    del bare["labels"], bare["labels_err"]
    np.savez(tmp_path / "b.npz", **bare)
    run("ingest", tmp_path / "b.npz", *workspace, "--name", "b")
    train = ("train", *workspace, "--survey", "b", "--model", "lux", "--labels", "teff", "--n-latent", 4)
    assert run(*train)[0] == 2
    model = run(*train, "--labels-from", "a")["model"]
    assert model == "lux-4"  # the training that failed left no name behind
    assert run("evaluate", *workspace, "--survey", "a", "--model", model)["labels"]["teff"]["rmse"] < 100


def test_each_mistake_is_a_sentence(run, tmp_path) -> None:
    workspace = ("--workspace", tmp_path / "workspace")
    file = _file(tmp_path / "stars.npz", negative=True)
    status, said = run("ingest", file, *workspace, "--name", "stars", "--labels", "teff,feh")
    assert (status, "feh_err is negative for 1" in said) == (2, True)
    status, said = run("ingest", file, *workspace, "--name", "stars", "--labels", "teff,mass")
    assert (status, "no label column mass" in said) == (2, True)
    assert run("ingest", file, *workspace, "--name", "stars")["ingested"] == 80
    common = (*workspace, "--survey", "stars")
    status, said = run("train", *common, "--model", "lux")
    assert (status, "No labels were named" in said) == (2, True)
    status, said = run("predict", *common, "--model", "lux-4", "--out", tmp_path / "out.xls")
    assert (status, ".parquet" in said) == (2, True)
    model = run("train", *common, "--model", "pca", "--n-latent", 2)["model"]
    status, said = run("predict", *common, "--model", model, "--out", tmp_path / "out.csv")
    assert (status, "predicts nothing beside spectra" in said) == (2, True)
    status, said = run("precision", *common, "--model", model, "--sn", "ten")
    assert (status, "--sn is 'ten'" in said) == (2, True)
