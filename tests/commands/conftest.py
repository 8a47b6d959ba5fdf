"""The embedded demo as a workspace that commands may change."""

import shutil

import pytest

from specvae_core.assets import asset


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Folder of a copy of the demo, one for each module."""
    return shutil.copytree(asset("demo"), tmp_path_factory.mktemp("demo") / "workspace")
