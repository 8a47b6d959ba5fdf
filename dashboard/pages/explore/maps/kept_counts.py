"""The counts of a whole corner of millions, kept beside the places of its objects and read when it is opened again.

Of a hundred million objects they take three seconds of two cores, and the same ones are asked for at each start: all
objects in colour, by a column of the catalogue. They may be deleted at any time; those of another encoding or
catalogue are never read, since the folder of the places is another one.
"""

import logging
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np

from dashboard.plots.shade import Ink, Pixels
from specvae_core.atomic import write_with
from specvae_core.npz import read_npz, write_npz

from .panel_counts import PanelCounts, Panels, count_panels

log = logging.getLogger(__name__)


def kept_counts(folder: Path, panels: Panels, ink: Ink, colours: str) -> PanelCounts:
    """`count_panels` of all objects in colour, made once.

    Parameters
    ----------
    folder
        Of the places of the objects.
    colours
        Names the colours of the objects among all that they can have.
    """
    said = [colours, len(ink.colours), panels.limits.tolist(), panels.shape]
    path = folder / f"corner-{zlib.crc32(repr(said).encode()):08x}.npz"
    if path.exists():
        try:
            return _counts(read_npz(path))
        except (OSError, ValueError, KeyError) as error:
            log.warning("the counts %s cannot be read (%s): they are made again", path, error)
    counted = count_panels(panels, ink)
    with suppress(OSError):  # a full or read-only disk: they are counted the next time too
        write_with(path, lambda temporary: write_npz(temporary, _arrays(counted)))
    return counted


def _arrays(counted: PanelCounts) -> dict[str, np.ndarray]:
    """Counts and means of all images, and of all bars."""
    found = {}
    for name, pixels in (("images", [*counted.images.values()]), ("bars", counted.bars)):
        found[f"{name}_counts"] = np.stack([one.counts for one in pixels])
        if pixels[0].means is not None:
            found[f"{name}_means"] = np.stack([one.means for one in pixels])
    pairs = np.array([*counted.images], np.int64)
    return {**found, "pairs": pairs}


def _counts(arrays: dict[str, np.ndarray]) -> PanelCounts:
    images, bars = (
        [
            Pixels(counts, None if f"{name}_means" not in arrays else arrays[f"{name}_means"][place])
            for place, counts in enumerate(arrays[f"{name}_counts"])
        ]
        for name in ("images", "bars")
    )
    return PanelCounts({(i, j): one for (i, j), one in zip(arrays["pairs"].tolist(), images, strict=True)}, bars)
