"""Objects of a survey fitted to the pixels of their files, against redshifts and latents that are known."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from survey_of_slopes import GRID, Listener, write_survey

from specvae_core.errors import Cancelled
from specvae_core.results import Kind
from specvae_core.tasks.fit_raw import fit_raw, fit_rows
from specvae_core.tasks.ingest import ingest
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace

N = 10
WAVELENGTH = np.arange(4500.0, 8600.0, 15.0)
NOISE = 0.02


def averaged(decoded: np.ndarray, z: float) -> tuple[np.ndarray, np.ndarray]:
    """Means over raw pixels of a curve whose means over the grid's pixels are decoded, and which pixels it reaches."""
    total = CubicSpline(np.arange(GRID.n_pixel + 1) - 0.5, np.concatenate([[0.0], np.cumsum(decoded)]))
    step = WAVELENGTH[1] - WAVELENGTH[0]
    low, high = (
        (np.log10((WAVELENGTH + side * step / 2) / (1 + z)) - GRID.log10_start) / GRID.log10_step for side in (-1, 1)
    )
    return (total(high) - total(low)) / (high - low), (low > 0.5) & (high < GRID.n_pixel - 1.5)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A workspace with a PCA and a survey of raw files that its decoder made; truth: redshifts and latents."""
    folder = tmp_path_factory.mktemp("raw")
    workspace, random = Workspace.open(folder / "w"), np.random.default_rng(0)
    write_survey(workspace, n=200)
    for name in ("pca", "ingest", "fit"):
        (folder / name).mkdir()
    model_id = train(workspace, Listener(), folder / "pca", survey="slopes", model="pca", config={"n_latent": 2})
    model = workspace.model(model_id)
    latents = model.encode(workspace.survey("slopes").read(np.arange(N)))
    z = random.uniform(0.08, 0.12, N)
    (folder / "files").mkdir()
    for row in range(N):
        flux, inside = averaged(model.decode(latents[row : row + 1])[0], z[row])
        flux = 5 * (flux + random.normal(0, NOISE, len(flux)))
        ivar = np.where(inside, 1 / (5 * NOISE) ** 2, 0.0)
        told = z[row] + random.normal(0, 3e-4)  # the redshift of the file is a little wrong
        np.savez(
            folder / "files" / f"r-{row:02d}.npz",
            wavelength=WAVELENGTH, flux=flux[None], ivar=ivar[None], redshift=[told], id=[f"r-{row:02d}"],
        )  # fmt: skip
    ingest(
        workspace, Listener(), folder / "ingest", paths=[str(folder / "files")], name="raw",
        options={"grid": "4000:8000:80", "min_coverage": 0.3},
    )  # fmt: skip
    return workspace, model_id, z, latents, folder


def test_redshifts_and_latents_come_back_with_errors_as_large_as_their_scatter(made):
    workspace, model, z, latents, folder = made
    rows = fit_rows(
        workspace.results.load(Kind.RAW_FITS, fit_raw(workspace, Listener(), folder / "fit", model=model, survey="raw"))
    )
    order = [int(row["id"].split("-")[1]) for row in rows]
    assert sorted(order) == list(range(N))
    pulls = [(row["z"] - z[i]) / row["z_error"] for i, row in zip(order, rows, strict=True)]
    assert 0.5 < np.sqrt(np.mean(np.square(pulls))) < 1.6
    for k in range(2):
        pulls = [(r["latents"][k] - latents[i, k]) / r["latent_errors"][k] for i, r in zip(order, rows, strict=True)]
        assert 0.5 < np.sqrt(np.mean(np.square(pulls))) < 1.6


def test_one_object_is_found_again_by_its_id_and_a_lost_file_is_named(made, tmp_path):
    workspace, model, z, _, folder = made
    path = folder / "files" / "r-03.npz"
    lost = path.rename(folder / "away.npz")
    try:
        results = [
            fit_raw(workspace, Listener(), _job(tmp_path, name), model=model, survey="raw", ids=[name])
            for name in ("r-03", "r-04")
        ]
    finally:
        lost.rename(path)
    gone, there = (fit_rows(workspace.results.load(Kind.RAW_FITS, one))[0] for one in results)
    assert "r-03.npz, which is not at hand" in gone["error"]
    assert there["z"] == pytest.approx(z[4], abs=1e-3)
    assert workspace.results.find(Kind.RAW_FITS, model=model, survey="raw", object="r-04").id == results[1]


def test_a_stopped_job_goes_on_where_it_was(made, tmp_path):
    workspace, model, _, _, _ = made
    folder = _job(tmp_path, "stopped")
    with pytest.raises(Cancelled):
        fit_raw(workspace, Listener("fitted 4 of"), folder, model=model, survey="raw")
    heard = Listener()
    result = workspace.results.load(Kind.RAW_FITS, fit_raw(workspace, heard, folder, model=model, survey="raw"))
    assert (result.header["n"], result.header["n_failed"]) == (N, 0)
    assert sum("fitted" in progress.message for progress in heard.heard) == N - 4


def test_the_command_fits_what_a_filter_selects(made, run):
    workspace, model, z, _, _ = made
    told = run("fit", "--workspace", workspace.folder, "--model", model, "--survey", "raw", "--where", "id = 'r-07'")
    assert [row["id"] for row in told["fits"]] == ["r-07"]
    assert told["fits"][0]["z"] == pytest.approx(z[7], abs=1e-3)
    status, sentence = run("fit", "--workspace", workspace.folder, "--model", model)
    assert (status, sentence) == (2, "specvae: There is nothing to fit: give files of spectra, or --survey NAME.")


def _job(folder, name):
    made = folder / name
    made.mkdir()
    return made
