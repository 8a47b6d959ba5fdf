"""From a catalogue on disk to redshifts on disk, as a user of the command line goes; and each mistake in a sentence."""

import numpy as np
import pandas as pd
import pytest

from specvae_core.__main__ import main
from specvae_core.tasks.photoz import cells_of, photoz, scores_of
from specvae_core.workspace import Workspace

QUICK = ("--hidden", "16", "--n-latent", "3", "--max-epochs", "3", "--learning-rate", "0.005", "--resample", "0")


def catalogue(n: int, seed: int) -> pd.DataFrame:
    """Three bands; a colour is minus log z."""
    random = np.random.default_rng(seed)
    log_z, bright = random.normal(-1.5, 0.4, n), random.normal(20, 1, n)
    clean = {"u": bright, "g": bright - log_z, "r": bright - 1}
    columns = {band: values + random.normal(0, 0.05, n) for band, values in clean.items()}
    errors = {f"{band}_err": np.full(n, 0.05) for band in clean}
    return pd.DataFrame({**columns, **errors, "redshift": np.exp(log_z), "field": random.choice(["A", "B"], n)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A workspace with two surveys of the same bands and a model of the first."""
    folder = tmp_path_factory.mktemp("photoz")
    for name, n, seed in (("near", 500, 0), ("far", 120, 1)):
        catalogue(n, seed).to_csv(folder / f"{name}.csv", index=False)
        ingest = ["ingest", str(folder / f"{name}.csv"), "--bands", "u,g,r", "--name", name]
        assert main([*ingest, "--workspace", str(folder / "w")]) == 0
    train = ["train", "--workspace", str(folder / "w"), "--survey", "near", "--model", "sdgm", "--labelled", "0.6"]
    assert main([*train, *QUICK]) == 0
    return folder


def test_a_photometric_survey_keeps_magnitudes_and_its_catalogue(folder, run) -> None:
    survey = Workspace.open(folder / "w").survey("near")
    table = catalogue(500, 0)
    spectra = survey.read()
    np.testing.assert_allclose(spectra.flux, table[["u", "g", "r"]], rtol=1e-6)
    np.testing.assert_allclose(spectra.ivar, 400, rtol=1e-5)
    np.testing.assert_allclose(survey.table["redshift"], table["redshift"])
    info = run("info", "--workspace", folder / "w")
    assert [entry["grid"] for entry in info["surveys"]] == ["u,g,r", "u,g,r"]
    assert info["models"][0]["model"] == "sdgm-3"


def test_rows_of_one_object_stay_together_where_a_column_names_it(folder, run, tmp_path) -> None:
    catalogue(60, 2).assign(object=np.arange(60) // 4).to_csv(tmp_path / "twice.csv", index=False)
    ingest = ("ingest", tmp_path / "twice.csv", "--bands", "u,g,r", "--workspace", tmp_path / "w", "--name", "s")
    status, sentence = run(*ingest, "--group", "planet")
    assert (status, "no column planet to group spectra by" in sentence) == (2, True)
    run(*ingest, "--group", "object")
    train = ("train", "--workspace", tmp_path / "w", "--survey", "s", "--model", "pca", "--n-latent", 2)
    workspace = Workspace.open(tmp_path / "w")
    model, table = workspace.model(run(*train)["model"]), workspace.survey("s").table
    objects = [set(table["object"][table["id"].isin(ids)]) for ids in model.part_ids.values()]
    assert sum(map(len, objects)) == len(set.union(*objects)) == 15


def test_training_tells_how_many_steps_were_skipped(folder, run) -> None:
    steep = ("--max-epochs", "1", "--max-gradient", "0.001", "--hidden", "8", "--n-latent", "4")
    found = run("train", "--workspace", folder / "w", "--survey", "far", "--model", "sdgm", *steep)
    assert found["skipped"] == 1.0


def test_evaluation_on_another_survey_tells_all_metrics(folder, run) -> None:
    found = run("evaluate", "--workspace", folder / "w", "--model", "sdgm-3", "--survey", "far")
    assert found["n"] == found["n_redshift"] == 120
    assert {"bias", "nmad", "outliers_015", "outliers_3sigma", "pit_ks", "pit_cvm", "pit_ad", "cde_loss", "crps"} < set(
        found
    )
    assert found["rms"] < 0.8 * catalogue(120, 1)["redshift"].std()
    assert "unlabelled" not in found
    same = run("evaluate", "--workspace", folder / "w", "--model", "sdgm-3", "--survey", "near")
    assert (same["part"], same["n_redshift"]) == ("test", 50)
    assert 140 < same["unlabelled"]["n"] < 180  # the training objects among the 200 whose redshift was not used


def test_predictions_go_to_a_table_and_densities_to_a_file_for_qp(folder, run) -> None:
    where = ("--workspace", folder / "w", "--model", "sdgm-3", "--survey", "far")
    run("predict", *where, "--out", folder / "z.csv")
    table = pd.read_csv(folder / "z.csv")
    assert {"id", "z_phot", "z_median", "z_mode", "z_low", "z_high", "log_density"} <= set(table)
    assert (table["z_low"] < table["z_high"]).all()
    assert run("predict", *where, "--out", folder / "z.hdf5")["n"] == 120
    import qp

    ensemble = qp.read(str(folder / "z.hdf5"))
    assert ensemble.npdf == 120
    np.testing.assert_allclose(ensemble.ancil["z_phot"], table["z_phot"], rtol=1e-5)
    model = Workspace.open(folder / "w").model("sdgm-3")
    density = model.redshift_pdf(Workspace.open(folder / "w").survey("far").read())
    np.testing.assert_allclose(ensemble.pdf(model.redshift_grid), density, rtol=1e-5, atol=1e-8)


def test_the_job_keeps_the_scores_of_both_densities(folder) -> None:
    workspace = Workspace.open(folder / "w")
    told = []
    result = workspace.results.load("photoz", photoz(workspace, told.append, folder, model="sdgm-3", survey="far"))
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    truth = catalogue(120, 1)["redshift"].to_numpy()
    for estimator in ("marginal", "importance"):
        scores = scores_of(result, estimator)
        cells = cells_of(result, estimator)
        assert sum(one.n for one in cells.bins(cells.edges(3))) == 120
        np.testing.assert_allclose(scores.z_spec, truth)
        assert scores.take(truth < 0.2).metrics()["n"] == (truth < 0.2).sum()


def test_redshift_distributions_of_tomographic_bins(folder, run) -> None:
    where = ("--workspace", folder / "w", "--model", "sdgm-3", "--survey", "far")
    found = run("nz", *where, "--bins", "3", "--out", folder / "nz.csv")
    assert sum(row["n"] for row in found["rows"]) == 120
    assert sum(row["n_spec"] for row in found["rows"]) == 120
    table = pd.read_csv(folder / "nz.csv")
    np.testing.assert_allclose(np.trapezoid(table["bin_1"], table["z"]), 1, rtol=1e-3)
    run("nz", *where, "--edges", "0.1,0.2,0.4", "--out", folder / "nz.hdf5")
    import qp

    assert qp.read(str(folder / "nz.hdf5")).npdf == 2
    status, sentence = run("nz", *where, "--edges", "0.4,0.2", "--out", folder / "nz.csv")
    assert (status, "have to rise" in sentence) == (2, True)


def test_mistakes_are_told_with_status_2(folder, run) -> None:
    where = ("--workspace", folder / "w")
    status, sentence = run("ingest", folder / "near.csv", "--bands", "u,q", "--name", "x", *where)
    assert (status, "no column q" in sentence) == (2, True)
    status, sentence = run("ingest", folder / "near.csv", "--bands", "u,g", "--name", "near", *where)
    assert (status, "survey named near" in sentence) == (2, True)
    status, sentence = run("train", "--survey", "near", "--model", "sdgm", "--redshift", "zspec", *where)
    assert (status, "no column zspec" in sentence) == (2, True)
    status, sentence = run("train", "--survey", "near", "--model", "sdgm", "--labelled", "field", *where)
    assert (status, "holds words" in sentence) == (2, True)
    catalogue(20, 0).drop(columns=["r", "r_err"]).to_csv(folder / "two.csv", index=False)
    run("ingest", folder / "two.csv", "--bands", "u,g", "--name", "two", *where)
    status, sentence = run("evaluate", "--model", "sdgm-3", "--survey", "two", *where)
    assert (status, "--bands u,g,r" in sentence) == (2, True)
