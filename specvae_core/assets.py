"""Files that come with the program: in a clone they lie in ``assets/``, in an installation beside the packages."""

from pathlib import Path

_BESIDE = Path(__file__).resolve().parent.parent


def asset(name: str) -> Path:
    """Path of a file or folder that comes with the program."""
    installed = _BESIDE / "specvae_assets"
    return (installed if installed.is_dir() else _BESIDE / "assets") / name
