"""A strip of small spectra, to go through by click or key."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import param
from panel.custom import JSComponent

from dashboard.theme import ASSETS
from specvae_core.data.spectra import SpectraSet

_PIXELS = 140  # of a small spectrum


@dataclass(frozen=True)
class Tile:
    """One object of a strip.

    Parameters
    ----------
    id
        The object.
    head, note, why
        Words above, below, and below that.
    points
        Its spectrum as points of an SVG of 100 by 40.
    other
        A second curve behind it, or empty.
    residual
        A curve below it about a line of zero, points of an SVG of 100 by 40, or empty.
    """

    id: str
    head: str
    note: str
    why: str
    points: str
    other: str = ""
    residual: str = ""


class Strip(JSComponent):
    """Shows tiles given to `show`; its half in the browser is ``assets/strip.js``.

    Parameters
    ----------
    on_open
        Called with the id of the tile that was clicked.
    """

    items = param.List([], doc="The tiles.")
    active = param.String("", doc="Id of the tile that is marked.")

    _esm = (ASSETS / "strip.js").read_text(encoding="utf-8")

    def __init__(self, on_open: Callable[[str], object], **params: object) -> None:
        super().__init__(css_classes=["strip"], sizing_mode="stretch_both", margin=0, **params)
        self._on_open = on_open

    def show(self, tiles: Sequence[Tile]) -> None:
        """Show other tiles."""
        self.items = [asdict(tile) for tile in tiles]

    @property
    def ids(self) -> list[str]:
        """Ids of the tiles."""
        return [item["id"] for item in self.items]

    def beside(self, object_id: str, by: int) -> str:
        """The id so many tiles on; the first where the object has no tile."""
        ids = self.ids
        return ids[(ids.index(object_id) + by) % len(ids)] if object_id in ids else ids[0]

    def open(self, object_id: str) -> None:
        """Open a tile."""
        if object_id in self.ids:
            self._on_open(object_id)

    def _handle_msg(self, data: dict) -> None:
        self.open(str(data.get("open", "")))


def small_curves(spectra: SpectraSet) -> list[str]:
    """Points of the spectra, one text each, from their 0.5th to their 99.5th percentile; empty without a spectrum."""
    flux = np.where(spectra.seen, spectra.flux, spectra.complete)
    return [curve(row) if seen else "" for row, seen in zip(flux, spectra.seen.any(axis=1), strict=True)]


def curve(flux: np.ndarray, limits: tuple[float, float] | None = None) -> str:
    """Points of one spectrum (n_pixel,), averaged to few pixels."""
    means = np.array([part.mean() for part in np.array_split(flux, min(_PIXELS, len(flux)))])
    low, high = limits or np.percentile(means, [0.5, 99.5])
    y = 38 - 36 * np.clip((means - low) / ((high - low) or 1.0), -0.05, 1.05)
    return " ".join(f"{x:.1f},{value:.1f}" for x, value in zip(np.linspace(0, 100, len(means)), y, strict=True))


def residual_curve(example: SpectraSet, spectra: SpectraSet, row: int) -> tuple[str, float]:
    """Difference of a spectrum and an example (one row) in units of both errors, and its root mean square.

    Returns
    -------
    points
        Of the means of stretches of pixels, from -5 to 5 σ of a pixel; empty where nothing is seen in both.
    rms
        Of all pixels seen in both, σ; NaN where there are none.
    """
    both = example.seen[0] & spectra.seen[row]
    if not both.any():
        return "", float("nan")
    variance = np.zeros(len(both))
    variance[both] = 1 / example.ivar[0][both].astype(float) + 1 / spectra.ivar[row][both].astype(float)
    sigma = np.zeros(len(both))
    sigma[both] = (spectra.flux[row][both] - example.flux[0][both]) / np.sqrt(variance[both])
    return curve(sigma, (-5.0, 5.0)), float(np.sqrt(np.mean(sigma[both] ** 2)))
