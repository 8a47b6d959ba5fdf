"""Surveys of version 0.1 in the present format."""

import shutil

import numpy as np
import pandas as pd
import pytest
from earlier_format import as_version_0_1

from specvae_core.assets import asset
from specvae_core.data.repack import repack
from specvae_core.data.survey import Survey
from specvae_core.data.survey_files import ARRAYS, FORMAT, read_header
from specvae_core.errors import UserError
from specvae_core.workspace import Workspace


@pytest.fixture
def folder(tmp_path):
    """The galaxies of the demo, as version 0.1 wrote them."""
    return as_version_0_1(shutil.copytree(asset("demo"), tmp_path / "w") / "surveys" / "demo")


def n_files(folder) -> int:
    """Files of flux, ivar and fill."""
    return sum(
        len([path for path in (folder / "arrays.zarr" / name / "c").rglob("*") if path.is_file()]) for name in ARRAYS
    )


def test_the_spectra_and_the_encodings_are_the_same_in_fewer_files(folder):
    workspace = Workspace.open(folder.parents[1])
    before, encoding = workspace.survey("demo").read(), workspace.encoding("infovae-6", "demo")
    assert n_files(folder) == 3 * 16
    assert repack(folder)
    after = Workspace.open(folder.parents[1]).survey("demo")
    assert after.header["format"] == FORMAT > 1
    assert n_files(folder) == 3
    for name in ("flux", "ivar", "infilled"):
        np.testing.assert_array_equal(getattr(after.read(), name), getattr(before, name))
    pd.testing.assert_frame_equal(after.table, before.table)
    kept = Workspace.open(folder.parents[1]).encoding("infovae-6", "demo")
    np.testing.assert_array_equal(kept.latents, encoding.latents)
    assert not repack(folder)


def test_a_damaged_survey_stays_as_it_was(folder):
    chunk = folder / "arrays.zarr" / "flux" / "c" / "3" / "0"
    chunk.write_bytes(chunk.read_bytes()[:99])
    with pytest.raises(UserError, match="damaged"):
        repack(folder)
    assert read_header(folder)["format"] == 1
    assert Survey.open(folder).read(slice(0, 300)).flux.any()
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".new")] == []


def test_the_command(folder, run):
    told = run("repack", "--workspace", folder.parents[1], "--survey", "demo")
    assert told == {"survey": "demo", "n": 4000, "format": FORMAT, "was": 1}
