"""Real spectra on the way that users take: the command line, from files to a survey."""

import csv
import json
from collections import Counter

import numpy as np
import pytest

from specvae_core.__main__ import main
from specvae_core.workspace import Workspace

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("real") / "workspace"


@pytest.fixture
def ingest(folder, capsys):
    def ingest(name, *arguments):
        assert main(["ingest", *map(str, arguments), "--workspace", str(folder), "--name", name, "--json"]) == 0
        return json.loads(capsys.readouterr().out), Workspace.open(folder).survey(name)

    return ingest


def test_sdss_folders_in_one_call(ingest, real_data):
    report, survey = ingest("sdss", *(real_data / name for name in ("sdss", "sdss_sky", "sdss_nonconforming")))
    with (survey.folder / "refused.csv").open(newline="") as file:
        refused = list(csv.DictReader(file))
    by_folder = Counter((row["source"].split("/")[-2], row["reason"]) for row in refused)
    for name in ("sdss_sky", "sdss_nonconforming"):
        n_files = len(list((real_data / name).iterdir()))
        reason = {"sdss_sky": "sky", "sdss_nonconforming": "foreign"}[name]
        assert by_folder.pop((name, reason)) == n_files
    assert set(by_folder) == {("sdss", "coverage")}
    assert report["ingested"] + report["skipped"] == report["files"]
    # what is left out for its coverage are quasars whose rest frame lies elsewhere
    assert report["ingested"] == len(list((real_data / "sdss").iterdir())) - by_folder["sdss", "coverage"]
    assert (survey.table["coverage"] >= 0.5).all()
    galaxies = survey.table[survey.table["catalogue_class"].str.upper() == "GALAXY"]
    assert set(galaxies["class"]) <= {"quiescent", "emission-line", "narrow-line AGN", "broad-line AGN"}
    spectra = survey.read()
    assert np.isfinite(spectra.infilled).all()
    np.testing.assert_allclose(spectra.infilled.mean(axis=1), 1, atol=1e-3)


def test_lamost_files_and_arrays_agree(ingest, real_data):
    _, files = ingest("lamost-files", real_data / "lamost_fits")
    _, arrays = ingest("lamost", real_data / "lamost.npz")
    assert files.n == len(list((real_data / "lamost_fits").iterdir()))
    assert np.isfinite(arrays.table["teff"]).sum() > 50
    rows = {name.removeprefix("spec-").removesuffix(".fits"): row for row, name in enumerate(arrays.table["id"])}
    at_rest = np.flatnonzero(files.table["z"].abs() < 1e-4)  # the array file has no redshifts, so only those compare
    assert len(at_rest) >= 3
    for row in at_rest:
        one, other = files.row(row), arrays.row(rows[files.table["id"][row]])
        both = one.seen & other.seen
        assert both.mean() > 0.7
        ratio = one.flux[both].mean() / other.flux[both].mean()  # what the two surveys make of unseen pixels differs
        assert np.median(np.abs(one.flux / ratio - other.flux)[both]) < 0.004


@pytest.mark.parametrize(
    ("name", "grid", "options", "share"),
    [
        ("miles", "3600:7300:1000", ["--air"], 1.0),
        ("vandels", "1200:1900:500", [], 0.95),
        ("sdss_stars_noerr", "3850:9000:1000", [], 1.0),
        ("minerals", "4500:24500:400", [], 1.0),
        ("asteroids", "4500:24500:400", [], 1.0),
    ],
)
def test_arrays_of_every_kind(ingest, real_data, name, grid, options, share):
    n = len(np.load(real_data / f"{name}.npz")["reflectance" if name in ("minerals", "asteroids") else "flux"])
    report, survey = ingest(name, real_data / f"{name}.npz", "--grid", grid, *options)
    assert share * n <= report["ingested"] == survey.n <= n
    assert str(survey.grid) == grid
    assert np.isfinite(survey.read().infilled).all()
