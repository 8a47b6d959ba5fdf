"""Columns beside the spectra on the command line: train, info, evaluate, predict, calibrate."""

import numpy as np
import pandas as pd

N = 600


def _file(path):
    """Spectra with a line, its flux over two decades with an error, and a colour that a tenth of the objects lacks."""
    random = np.random.default_rng(0)
    wave, strength = np.linspace(4000.0, 8000.0, 120), random.uniform(-1, 1, N)
    flux = 1 + (0.5 + 0.4 * strength[:, None]) * np.exp(-0.5 * ((wave - 6564) / 120) ** 2)
    line, colour = 10**strength, 2 + strength + random.normal(0, 0.1, N)
    colour[::10] = np.nan
    errors = np.column_stack([0.05 * line, np.full(N, 0.1)])
    np.savez(
        path,
        wave=wave,
        flux=flux + random.normal(0, 0.02, flux.shape),
        ivar=np.full(flux.shape, 2500.0),
        labels=np.column_stack([line * (1 + 0.05 * random.normal(size=N)), colour]),
        labels_err=errors,
        label_names=np.array(["h_alpha", "colour"]),
    )
    return path


def test_columns_go_all_the_way_from_file_to_prediction(run, tmp_path) -> None:
    common = ("--workspace", tmp_path / "w", "--survey", "s")
    run("ingest", _file(tmp_path / "s.npz"), *common[:2], "--name", "s", "--labels", "h_alpha,colour")
    settings = ("--inputs", "h_alpha,colour", "--n-latent", "2", "--max-epochs", "8", "--epoch-steps", "60")
    model = run("train", *common, "--model", "infovae", *settings)["model"]
    inputs = run("info", *common[:2])["models"][0]["inputs"]
    assert [(one["column"], one["scale"]) for one in inputs] == [("h_alpha", "log10"), ("colour", "linear")]
    found = run("evaluate", *common, "--model", model)["inputs"]
    assert found["colour"]["robust"] < 0.3  # of a range of two, and errors of 0.1 twice
    for column in found.values():  # of some 60 objects, so that 68% scatter by 6
        assert 0.5 < column["coverage"] < 0.95
    run("predict", *common, "--model", model, "--out", tmp_path / "p.csv")
    table = pd.read_csv(tmp_path / "p.csv")
    assert table["colour"].notna().all()
    assert np.isnan(table["catalogue_colour"]).sum() == N // 10
    rows = run("calibrate", *common, "--model", model)["rows"]
    assert {"log10 h_alpha", "colour"} <= {row["quantity"] for row in rows}
