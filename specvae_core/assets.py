"""Files that come with the program: in a clone they lie in ``assets/``, in an installation beside the packages."""

from importlib.resources import files
from pathlib import Path

_CLONE = Path(__file__).resolve().parent.parent / "assets"


def asset(name: str) -> Path:
    """Path of a file or folder that comes with the program."""
    folder = _CLONE if _CLONE.is_dir() else Path(str(files("specvae_assets")))
    return folder / name
