"""What lies off the grid of a survey becomes a survey of its own."""

from pathlib import Path

import numpy as np
import pytest

from specvae_core.errors import NotFound
from specvae_core.progress import ignore
from specvae_core.tasks.refused import ingest_refused, off_grid
from specvae_core.workspace import Workspace


def write(path: Path, first: float, last: float, z: float) -> None:
    """Two spectra between two observed wavelengths."""
    wave = np.linspace(first, last, 600)
    flux = 1 + np.array([[0.2], [0.3]]) * np.sin(wave / 200)
    np.savez(
        path, wave=wave, flux=flux, ivar=np.full(flux.shape, 400.0), z=[z, z], id=[f"{path.stem}0", f"{path.stem}1"]
    )


@pytest.fixture
def folder(run, tmp_path: Path) -> Path:
    """A workspace with a survey of near objects, which has refused those at z = 2.3."""
    files = tmp_path / "files"
    files.mkdir()
    write(files / "near.npz", 4000, 8000, 0.0)
    write(files / "far.npz", 4000, 8000, 2.3)
    (files / "empty.npz").write_bytes(b"")
    report = run("ingest", files, "--workspace", tmp_path / "w", "--name", "near", "--grid", "4000:8000:500")
    assert report["ingested"] == 2
    return tmp_path / "w"


def test_the_reason_speaks_of_the_object(folder):
    text = (folder / "surveys" / "near" / "refused.csv").read_text()
    assert "far0 (z = 2.3) spans 1212 to 2424 Å at rest: nothing of it lies on this grid, 4000 to 8000 Å." in text


def test_the_refused_get_a_grid_of_their_own_and_the_other_settings(folder, tmp_path):
    workspace = Workspace.open(folder)
    assert [Path(path).name for path in off_grid(folder / "surveys" / "near")] == ["far.npz"]
    assert ingest_refused(workspace, ignore, tmp_path / "job", survey="near", name="far") == "far"
    survey = workspace.survey("far")
    assert survey.table["id"].tolist() == ["far0", "far1"]
    assert survey.grid.wavelength[[0, -1]] == pytest.approx([1213, 2424])
    begun, before = (workspace.survey(name).header["provenance"]["options"] for name in ("far", "near"))
    assert {**begun, "grid": 0} == {**before, "grid": 0}


def test_without_any_there_is_nothing_to_do(folder, tmp_path):
    workspace = Workspace.open(folder)
    ingest_refused(workspace, ignore, tmp_path / "job", survey="near", name="far")
    with pytest.raises(NotFound, match="has refused no file for its coverage"):
        ingest_refused(workspace, ignore, tmp_path / "job", survey="far", name="further")
