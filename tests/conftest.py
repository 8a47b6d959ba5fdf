"""What all tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real spectra; a test that asks for it is skipped, in so many words, where there is none."""
    folder = Path(os.environ.get("SPECVAE_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "sdss").is_dir():
        pytest.skip(f"no real spectra at {folder}: set SPECVAE_REAL_DATA to the folder that holds them")
    return folder
