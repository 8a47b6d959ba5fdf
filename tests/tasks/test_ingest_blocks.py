"""Spectra that share their pixels travel as blocks of arrays: the survey is the one of spectra that come one by one."""

import numpy as np
import pandas as pd
import pytest

from specvae_core.data.block import Block
from specvae_core.data.preprocess_options import PreprocessOptions
from specvae_core.data.readers import read_blocks, read_file
from specvae_core.data.refused import read_refused
from specvae_core.data.store import SurveyWriter
from specvae_core.errors import Cancelled
from specvae_core.progress import Progress, ignore
from specvae_core.tasks.ingest import ingest
from specvae_core.tasks.ingest_run import Ingest
from specvae_core.workspace import Workspace

N = 700


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Spectra of which some are refused, and some ids come twice, one of them first as a refused spectrum."""
    rng = np.random.default_rng(3)
    wave = np.geomspace(3700, 9300, 400)
    flux = 1 + rng.normal(0, 0.1, (N, 400))
    flux[::97] = -1.0
    z = rng.uniform(0, 0.1, N)
    z[5::83] = np.nan
    names = np.arange(N)
    names[600:640] = names[90:130]
    columns = {
        "plate": names // 10,
        "kind": np.array(["a", "bb"])[names % 2],
        "star": np.array([f"g{i}" for i in names]),
    }
    path = tmp_path_factory.mktemp("blocks") / "many.npz"
    np.savez(path, wave=wave, flux=flux, ivar=np.full_like(flux, 100), z=z, id=names, **columns)
    return path


def ingested(file, folder, **more):
    workspace, job = Workspace.open(folder / "w"), folder / "job"
    job.mkdir(exist_ok=True)
    ingest(workspace, more.pop("report", ignore), job, paths=[str(file)], name="s", options={}, **more)
    return workspace.survey("s")


def assert_same(one, other):
    for a, b in zip((one, other), (other, one), strict=True):
        assert a.header["understood"] == b.header["understood"]
        assert read_refused(a.folder) == read_refused(b.folder)
    a, b = one.read(), other.read()
    np.testing.assert_array_equal(a.flux, b.flux)
    np.testing.assert_array_equal(a.ivar, b.ivar)
    np.testing.assert_array_equal(a.infilled, b.infilled)
    pd.testing.assert_frame_equal(a.table, b.table, rtol=1e-9)


def test_the_survey_is_that_of_spectra_one_by_one(file, tmp_path):
    assert [len(item) for item in read_blocks(file) if isinstance(item, Block)] == [512, N - 512]
    found = ingested(file, tmp_path, group="star")
    assert 0 < len(read_refused(found.folder)) < N / 2
    options = PreprocessOptions()
    writer = SurveyWriter.create(tmp_path / "one", "one", options.grid, {"group": "star"}, options.scale)
    expected = Ingest(writer, options, ignore).run(((str(file), item) for item in read_file(file)), 1)
    assert_same(found, expected)
    assert found.header["group"] == "star"


def test_an_ingest_that_stopped_inside_a_file_goes_on(file, tmp_path, monkeypatch):
    monkeypatch.setattr("specvae_core.tasks.ingest_commit.SECONDS_BETWEEN_COMMITS", 0.0)

    def stop(progress: Progress) -> None:
        if progress.message.startswith(("4", "5")):  # the first block is in
            raise Cancelled

    with pytest.raises(Cancelled):
        ingested(file, tmp_path, report=stop)
    (tmp_path / "whole").mkdir()
    assert_same(ingested(file, tmp_path, resume=True), ingested(file, tmp_path / "whole"))


def test_a_file_whose_first_spectra_were_refused_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("specvae_core.tasks.ingest_commit.SECONDS_BETWEEN_COMMITS", 0.0)
    wave, flux = np.geomspace(3700, 9300, 400), 1 + np.random.default_rng(0).normal(0, 0.1, (N, 400))
    flux[:512] = -1.0
    np.savez(tmp_path / "late.npz", wave=wave, flux=flux, ivar=np.full_like(flux, 100), id=np.arange(N))

    def stop(progress: Progress) -> None:
        if progress.message.startswith("0 in, 512 refused"):
            raise Cancelled

    with pytest.raises(Cancelled):
        ingested(tmp_path / "late.npz", tmp_path, report=stop)
    found = ingested(tmp_path / "late.npz", tmp_path, resume=True)
    assert len(found) == N - 512
    assert len(read_refused(found.folder)) == 512
