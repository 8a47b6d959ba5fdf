"""Ingest and encoding on several processes make what one process makes, bit by bit, whatever dies meanwhile."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from specvae_core.compute import SETTINGS
from specvae_core.data.refused import read_refused
from specvae_core.data.survey_files import read_header
from specvae_core.encodings import ENCODED
from specvae_core.errors import Cancelled
from specvae_core.models import PCA, InfoVAE
from specvae_core.progress import Progress, ignore
from specvae_core.tasks.encode import encode
from specvae_core.tasks.ingest import ingest
from specvae_core.workspace import Workspace

pytest.importorskip("distributed")
psutil = pytest.importorskip("psutil")  # comes with it

pytestmark = pytest.mark.usefixtures("small_pieces")
OPTIONS = {"grid": "4000:8000:200"}
N = 3000


@pytest.fixture(scope="module")
def small_pieces():
    """Files of a survey hold 512 spectra, and the first file of spectra counts as a large one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("specvae_core.data.survey_files.CHUNKS_PER_SHARD", 2)
        patch.setattr("specvae_core.tasks.file_group.SMALL", 10_000_000)
        yield


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """Spectra of a line in two files; some cannot be used, and some come twice."""
    folder = tmp_path_factory.mktemp("files")
    random, wave = np.random.default_rng(0), np.linspace(3800.0, 9000.0, 500)
    flux = 1 + random.uniform(0, 2, (N, 1)) * np.exp(-0.5 * ((wave - 6800) / 20) ** 2)
    flux += random.normal(0, 0.05, flux.shape)
    flux[::100] = -1
    ids = np.array([f"s-{number:04d}" for number in range(N)])
    for name, rows in (("a", slice(0, 2000)), ("b", slice(1900, N))):
        columns = {"z": random.uniform(0.01, 0.1, N)[rows], "id": ids[rows]}
        np.savez(folder / f"{name}.npz", wave=wave, flux=flux[rows], ivar=np.full_like(flux[rows], 400), **columns)
    return folder


@pytest.fixture(scope="module")
def workers() -> Iterator[dict[str, str]]:
    """Two workers, started once for the checks that ask only for several; others have the work start its own."""
    import dask
    from distributed import LocalCluster

    with dask.config.set(SETTINGS), LocalCluster(2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        yield {"scheduler": cluster.scheduler_address}


def made(folder: Path, files: Path, report=ignore, **machines: int | str) -> Workspace:
    workspace = Workspace.open(folder)
    job = folder / "jobs" / "one"
    job.mkdir(exist_ok=True)
    ingest(workspace, report, job, paths=[str(files)], name="lines", options=OPTIONS, **machines)
    return workspace


@pytest.fixture(scope="module")
def alone(files, small_pieces, tmp_path_factory) -> Workspace:
    return made(tmp_path_factory.mktemp("alone") / "w", files, workers=1)


def worker_processes() -> list[int]:
    """Workers of Dask that this process has started."""
    return [child.pid for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


class KillsAWorker:
    """A report that kills a worker, of those that are started from now on, once a batch is in."""

    def __init__(self) -> None:
        self.killed, self._spared = False, set(worker_processes())

    def __call__(self, progress: Progress) -> None:
        if not self.killed and re.match("[1-9].* in, ", progress.message):
            os.kill(next(one for one in worker_processes() if one not in self._spared), signal.SIGKILL)
            self.killed = True


def assert_same(alone: Workspace, several: Workspace) -> None:
    """The survey is that of one process: spectra, catalogue, what was refused, and what it was understood as."""
    one, other = alone.survey("lines"), several.survey("lines")
    for array in ("flux", "ivar", "fill", "factor"):
        kinds = [sorted((survey.folder / "arrays.zarr" / array).rglob("c/**/*")) for survey in (one, other)]
        files_of = [[path.read_bytes() for path in paths if path.is_file()] for paths in kinds]
        assert files_of[0] == files_of[1]
    for name in ("flux", "ivar", "infilled"):
        np.testing.assert_array_equal(getattr(other.read(), name), getattr(one.read(), name))
    assert other.table.equals(one.table)
    assert 2900 < one.n < N
    assert read_refused(other.folder) == read_refused(one.folder)
    assert other.header["understood"] == one.header["understood"]
    told, expected = other.header["report"], one.header["report"]
    assert told["reasons"] == expected["reasons"] == {"duplicate": 99, "coverage": 31}


def test_the_survey_is_the_same_though_a_worker_was_killed(alone, files, tmp_path):
    report = KillsAWorker()
    several = made(tmp_path / "w", files, workers=2, report=report)
    assert report.killed
    assert_same(alone, several)


@pytest.mark.parametrize("by_one", [True, False])
def test_what_several_workers_began_goes_on(alone, files, workers, tmp_path, by_one):
    def stop(progress: Progress) -> None:
        if Workspace.open(tmp_path / "w").survey_summary("lines").n:
            raise Cancelled

    with pytest.raises(Cancelled):
        made(tmp_path / "w", files, report=stop, **workers)
    n = read_header(tmp_path / "w" / "surveys" / "lines")["n"]
    assert n
    assert n % 512 == 0
    assert_same(alone, made(tmp_path / "w", files, **({"workers": 1} if by_one else workers)))


@pytest.mark.parametrize(
    ("kind", "settings", "own"),
    [(PCA, {}, True), (InfoVAE, {"max_epochs": 2, "epoch_steps": 50, "posterior": "likelihood"}, False)],
    ids=["pca", "infovae"],
)
def test_the_encoding_is_the_same(alone, workers, kind, settings, own):
    spectra = alone.survey("lines").read()
    model = kind(spectra.grid, kind.Config(n_latent=2, **settings)).fit(spectra)
    alone.save_model(model, kind.name, survey_id="lines", seconds=1, seed=0)
    found = []
    for machines in ({"workers": 1}, {"workers": 2} if own else workers):
        encode(alone, ignore, alone.folder, model=kind.name, survey="lines", **machines)
        found.append(alone.encoding(kind.name, "lines"))
    for array in ENCODED:
        np.testing.assert_array_equal(getattr(found[0], array), getattr(found[1], array))
