"""The embedded demo."""

import shutil
import tempfile
from pathlib import Path

from platformdirs import user_data_path

from specvae_core.assets import asset


def demo_folder() -> Path:
    """The demo's workspace in the user's data folder, or in a temporary one where that cannot be written."""
    folder = user_data_path("specvae", appauthor=False) / "demo"
    if folder.exists():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix="demo-", dir=folder.parent))
    except OSError:
        new = Path(tempfile.mkdtemp(prefix="specvae-demo-"))
        folder = new.with_suffix(".ready")
    shutil.copytree(asset("demo"), new, dirs_exist_ok=True)
    new.rename(folder)  # in one step: a copy that was interrupted is never taken for the demo
    return folder
