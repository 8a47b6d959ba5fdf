"""Real spectra fitted to their own pixels, with the demo's model."""

import shutil

import pytest

from specvae_core.assets import asset
from specvae_core.tasks.fit_files import fit_files
from specvae_core.workspace import Workspace

GALAXIES = ("spec-0266-51602-0013.fits", "spec-0266-51602-0107.fits")


@pytest.mark.real_data
def test_redshifts_agree_with_the_files_and_others_of_a_batch_go_on(tmp_path, real_data):
    workspace = Workspace.open(shutil.copytree(asset("demo"), tmp_path / "workspace"))
    paths = [real_data / "sdss" / name for name in GALAXIES] + [real_data / "hostile" / "naxis1e9.fits"]
    rows = list(fit_files(workspace, "infovae-6", paths))
    assert "error" in rows[-1]
    fits = [row for row in rows if "error" not in row]
    assert fits
    for row in fits:
        assert abs(row["z"] - row["z_file"]) / (1 + row["z_file"]) < 5e-4
        assert row["inflation"] >= 1
        assert len(row["latents"]) == len(row["latent_errors"]) == 6
