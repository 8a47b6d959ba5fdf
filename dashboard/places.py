"""Places of a survey's objects along the axes of its map, and the ends of these axes; of millions, kept on the disk.

::

    maps/MODEL/SURVEY/AXES-STAMP/
      places.npy     (d, n) float32
      limits.npy     (d, 2)

Where many objects are, the places are computed once, when the map is first opened, and lie in the workspace. The stamp
is that of the encoding, so that those of another one are never read; all of ``maps`` may be deleted at any time.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from specvae_core.analysis.basis import Basis
from specvae_core.errors import UserError
from specvae_core.folders import replacing, visible
from specvae_core.jobs import on_all_cores

MOST_IN_MEMORY = 4_000_000
"""Objects whose places are computed at each start, and held."""

PIECE = 1 << 18
"""Objects whose places are computed at once."""

Limits = Callable[[np.ndarray], np.ndarray]


def places_in_memory(latents: np.ndarray, basis: Basis | None) -> np.ndarray:
    """(d, n) float32 places of latents (n, d), each axis contiguous."""
    along = np.empty(latents.shape[::-1], np.float32)
    fill_places(latents, basis, along)
    return along


def fill_places(latents: np.ndarray, basis: Basis | None, along: np.ndarray) -> None:
    """Write the places (d, n) of latents (n, d) piece by piece, so that no more is held."""
    axes, centre = (None, None) if basis is None else (basis.axes.astype(np.float32), basis.centre.astype(np.float32))

    def fill(start: int) -> None:
        some = latents[start : start + PIECE]
        along[:, start : start + PIECE] = some.T if axes is None else axes @ (some - centre).T

    for _ in on_all_cores(fill, range(0, len(latents), PIECE)):
        pass


def kept_places(
    folder: Path, latents: np.ndarray, basis: Basis | None, limits_of: Limits
) -> tuple[np.ndarray, np.ndarray] | None:
    """Places (d, n) as they lie on the disk, and limits (d, 2), made unless they are there; ``None`` without room.

    Parameters
    ----------
    folder
        Where they lie; its neighbours, which are those of former encodings, are removed when it is made.
    limits_of
        Gives the limits (d, 2) of places.
    """
    if not folder.is_dir():
        try:
            _make(folder, latents, basis, limits_of)
        except (OSError, UserError):  # a full or read-only disk: the map is drawn from memory
            return None
    try:
        places = np.load(folder / "places.npy", mmap_mode="c")  # compiled code takes what it could write to
        limits = np.load(folder / "limits.npy")
        if places.shape != latents.shape[::-1] or limits.shape != (len(places), 2):
            raise ValueError("they are of another encoding")
    except (OSError, ValueError, EOFError):
        shutil.rmtree(folder, ignore_errors=True)  # damaged: made again at the next start
        return None
    return np.asarray(places), limits


def _make(folder: Path, latents: np.ndarray, basis: Basis | None, limits_of: Limits) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder.parent).free < 2 * latents.nbytes:
        raise OSError("no room")
    with replacing(folder) as new:
        places = np.lib.format.open_memmap(new / "places.npy", "w+", np.float32, latents.shape[::-1])
        fill_places(latents, basis, places)
        places.flush()
        np.save(new / "limits.npy", limits_of(places))
    axes = folder.name.partition("-")[0]
    for former in visible(folder.parent):
        if former != folder and former.name.partition("-")[0] == axes:
            shutil.rmtree(former, ignore_errors=True)
