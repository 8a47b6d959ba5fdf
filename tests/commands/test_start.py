"""What the first second of a command is spent on: it imports what that command needs, and nothing else.

Modules are counted, since seconds differ from machine to machine.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from specvae_core.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]

HEAVY = {"astropy", "h5py", "numba", "optuna", "scipy.optimize", "scipy.sparse", "sklearn", "specutils", "torch"}
"""Packages that take some tenths of a second to import, and seconds together."""


def loaded_by(*arguments: str) -> set[str]:
    """Modules that a process has loaded after one command."""
    code = f"""import contextlib, sys
from specvae_core.__main__ import main
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sys.stderr):
    main({arguments!r})
print(*sys.modules)"""
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_the_help_loads_nothing_but_the_parser():
    loaded = loaded_by("--help")
    assert "specvae_core.commands" in loaded
    assert not loaded & (HEAVY | {"numpy", "pandas", "zarr", "specvae_core.workspace", "specvae_core.commands.surveys"})


def test_a_list_of_what_there_is_loads_no_model():
    assert not loaded_by("info", "--workspace", str(ROOT / "assets" / "demo")) & HEAVY


@pytest.mark.real_data
def test_the_ingest_of_an_sdss_file_loads_no_model(real_data, tmp_path):
    file = real_data / "layouts" / "spec-112359-60086-27021598054114233.fits"
    assert not loaded_by("look", str(file)) & HEAVY
    loaded = loaded_by("ingest", str(file), "--workspace", str(tmp_path / "w"), "--name", "one")
    assert "specvae_core.data.readers.sdss" in loaded
    assert not loaded & HEAVY
    assert Workspace.open(tmp_path / "w").survey("one").n == 1
