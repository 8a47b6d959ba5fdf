"""Chunks, catalogues and weights that are damaged: each is named, nothing crashes, the rest stays usable."""

import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from earlier_format import as_version_0_1
from survey_of_slopes import GRID, write_survey

from specvae_core.assets import asset
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.store import SurveyWriter
from specvae_core.errors import UserError
from specvae_core.models import PCA
from specvae_core.workspace import Workspace

READ = """
import sys
from specvae_core.errors import UserError
from specvae_core.workspace import Workspace
try:
    Workspace.open(sys.argv[1]).survey(sys.argv[2]).read()
except UserError as error:
    print(error)
"""


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace, n=4300)
    return workspace


def damaged(path, how) -> None:
    content = bytearray(path.read_bytes())
    if how == "missing":
        path.unlink()
        return
    if how == "cut":
        content = content[: len(content) // 2]
    elif how == "empty":
        content = bytearray()
    else:
        content[int(how * len(content))] ^= 4
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["missing", "cut", "empty", 0.0, 0.3, 0.999])
@pytest.mark.parametrize("array", ["flux", "ivar", "fill"])
def test_a_damaged_file_of_chunks_is_named_and_the_others_are_read(workspace, array, how):
    folder = workspace.survey_folder("slopes") / "arrays.zarr"
    damaged(folder / array / "c" / "1" / "0", how)
    survey = Workspace.open(workspace.folder).survey("slopes")
    with pytest.raises(UserError, match=r"Survey slopes is damaged: spectra 4096 to 4299"):
        survey.read(slice(4096, 4300))
    with pytest.raises(UserError, match="damaged"):
        survey.read(np.array([3, 4270]))
    assert np.isfinite(survey.read(slice(0, 4096)).flux).all()


@pytest.mark.parametrize("array", ["flux", "ivar", "fill"])
def test_a_damaged_chunk_of_a_file_leaves_the_others_readable(workspace, array):
    damaged(workspace.survey_folder("slopes") / "arrays.zarr" / array / "c" / "0" / "0", 0.001)  # in the first chunk
    survey = Workspace.open(workspace.folder).survey("slopes")
    with pytest.raises(UserError, match=r"Survey slopes is damaged: spectra 0 to 255"):
        survey.read(slice(0, 256))
    assert np.isfinite(survey.read(slice(256, 4300)).flux).all()


@pytest.mark.parametrize("how", ["missing", "cut", "empty", 0.3])
def test_damaged_factors_and_catalogues(workspace, how):
    folder = workspace.survey_folder("slopes")
    for path in (folder / "arrays.zarr" / "factor" / "c" / "0", folder / "catalogue.parquet"):
        kept = path.read_bytes()
        damaged(path, how)
        with pytest.raises(UserError, match="Survey slopes is damaged"):
            Workspace.open(workspace.folder).survey("slopes").read()
        path.write_bytes(kept)
    assert Workspace.open(workspace.folder).survey("slopes").read().flux.shape[0] == 4300


@pytest.mark.parametrize("how", ["cut", "empty"])
def test_a_cut_chunk_of_version_0_1_kills_nothing(tmp_path, how):
    """The process that reads it lives on; earlier it ended in Blosc."""
    folder = as_version_0_1(shutil.copytree(asset("demo"), tmp_path / "w") / "surveys" / "demo")
    assert Workspace.open(tmp_path / "w").survey("demo").read(slice(0, 300)).flux.any()
    damaged(folder / "arrays.zarr" / "flux" / "c" / "3" / "0", how)
    command = [sys.executable, "-c", READ, str(tmp_path / "w"), "demo"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0
    assert "chunk 3/0 of flux" in done.stdout


@pytest.mark.parametrize("how", ["missing", "cut", "empty", 0.999])
@pytest.mark.parametrize("name", ["weights.safetensors", "validation_ids.txt"])
def test_damaged_weights_are_named(workspace, name, how):
    spectra = workspace.survey("slopes").read()
    model = PCA(spectra.grid, PCA.Config(n_latent=1)).fit(spectra)
    workspace.save_model(model, "pca-1", survey_id="slopes", seconds=1.0, seed=0)
    assert workspace.model("pca-1").n_latent == 1
    damaged(workspace.model_folder("pca-1") / name, how)
    with pytest.raises(UserError, match=r"model at .* is damaged"):
        Workspace.open(workspace.folder).model("pca-1")


def test_rows_of_zeros_are_data(tmp_path):
    """Labels without a spectrum are rows of zeros, and a chunk of them is written like any other."""
    zeros = np.zeros((300, GRID.n_pixel), np.float32)
    with SurveyWriter.create(tmp_path / "zeros", "zeros", GRID, {}) as writer:
        writer.append(SpectraSet(GRID, zeros, zeros, pd.DataFrame({"id": [str(i) for i in range(300)]})))
        writer.write_infilled(slice(0, 300), np.full_like(zeros, np.nan))
        survey = writer.finish()
    assert not survey.read().flux.any()


def test_after_a_damaged_chunk_the_program_ends_in_silence(tmp_path):
    """Zarr goes on with the other chunks after one has failed, and Python complains of what it has not finished."""
    folder = as_version_0_1(shutil.copytree(asset("demo"), tmp_path / "w") / "surveys" / "demo")
    for path in sorted((folder / "arrays.zarr/flux/c").glob("*/0"))[:3]:
        damaged(path, "cut")
    command = [sys.executable, "-c", READ, str(tmp_path / "w"), "demo"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "is damaged" in done.stdout
