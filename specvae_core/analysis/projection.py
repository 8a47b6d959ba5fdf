"""A second view of latents: a map of two or three axes that keeps neighbours together.

UMAP (McInnes, Healy & Melville 2018) and t-SNE (van der Maaten & Hinton 2008) keep near objects near; what lies far
apart, and how dense a place is, means little on such a map. Principal components keep distances as well as two or three
axes can.
"""

import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from ..errors import BadConfig
from ..progress import Progress, Report, ignore
from .agreement import neighbours

METHODS = ("umap", "tsne", "pca")
AXES = (2, 3)

MOST_FITTED = 20_000
"""Objects, evenly taken, that the map is made of; the others are placed by the `PLACED_BY` nearest of these."""
PLACED_BY = 5


@dataclass(frozen=True)
class ProjectionSettings:
    """Settings of a projection.

    Parameters
    ----------
    method
        One of `METHODS`.
    axes
        2 or 3.
    neighbours
        How many nearest objects are kept together: of UMAP, and the perplexity of t-SNE. Few show small groups, many
        the large-scale order.
    seed
        Seed of all random numbers.
    """

    method: str = "tsne"
    axes: int = 2
    neighbours: int = 15
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise BadConfig(f"There is no projection {self.method!r}: choose {', '.join(METHODS)}.")
        if self.axes not in AXES:
            raise BadConfig(f"A projection has 2 or 3 axes, but {self.axes} were asked for.")
        if not 2 <= self.neighbours <= 500:
            raise BadConfig(f"The number of neighbours is {self.neighbours}: 2 to 500 were expected.")
        if self.method == "umap" and find_spec("umap") is None:
            raise BadConfig("UMAP is not installed: `pip install 'specvae[umap]'`, or choose tsne or pca.")


def project(latents: np.ndarray, settings: ProjectionSettings, report: Report = ignore) -> np.ndarray:
    """Coordinates on a map, (n, axes) float32; NaN for objects whose latents are not finite.

    Parameters
    ----------
    latents
        (n, d).

    Raises
    ------
    BadConfig
        Fewer objects have latents than neighbours are asked for.
    """
    finite = np.flatnonzero(np.isfinite(latents).all(axis=1))
    if len(finite) <= 3 * settings.neighbours:
        raise BadConfig(
            f"{len(finite)} objects have latents: more than three times the {settings.neighbours} neighbours are "
            "needed."
        )
    fitted = finite[np.linspace(0, len(finite) - 1, min(len(finite), MOST_FITTED)).astype(int)]
    report(Progress(0.1, f"{settings.method} of {len(fitted):,} objects"))
    places = _FITS[settings.method](np.asarray(latents[fitted], dtype=np.float64), settings)
    found = np.full((len(latents), settings.axes), np.nan, np.float32)
    found[fitted] = places
    others = np.setdiff1d(finite, fitted)
    for first in range(0, len(others), MOST_FITTED):
        report(Progress(0.7 + 0.3 * first / len(others), f"placing {first:,} of {len(others):,} more objects"))
        some = others[first : first + MOST_FITTED]
        found[some] = places[neighbours(latents[fitted], latents[some], PLACED_BY)].mean(axis=1)
    return found


def _umap(points: np.ndarray, settings: ProjectionSettings) -> np.ndarray:
    import warnings

    with warnings.catch_warnings(action="ignore"):  # of what it can do without, and of settings that it changes itself
        from umap import UMAP

        _keep_what_umap_compiles()
        made = UMAP(settings.neighbours, settings.axes, random_state=settings.seed, n_jobs=1)
        return made.fit_transform(points)


def _keep_what_umap_compiles() -> None:
    """Let Numba keep UMAP's compiled functions on disk, which UMAP leaves out: 20 s of each process without them."""
    from numba.core.registry import CPUDispatcher

    for name in [name for name in sys.modules if name.split(".")[0] == "umap"]:
        for function in vars(sys.modules[name]).values():
            if isinstance(function, CPUDispatcher) and not function.stats.cache_path:
                with suppress(RuntimeError):  # no folder can be written to
                    function.enable_caching()


def _tsne(points: np.ndarray, settings: ProjectionSettings) -> np.ndarray:
    from sklearn.manifold import TSNE

    made = TSNE(settings.axes, perplexity=settings.neighbours, random_state=settings.seed, init="pca", n_jobs=1)
    return made.fit_transform(points.astype(np.float32))


def _pca(points: np.ndarray, settings: ProjectionSettings) -> np.ndarray:
    centred = points - points.mean(axis=0)
    axes = np.linalg.eigh(centred.T @ centred).eigenvectors[:, ::-1][:, : settings.axes]
    known = centred @ axes
    return np.pad(known, ((0, 0), (0, settings.axes - known.shape[1])))


_FITS = {"umap": _umap, "tsne": _tsne, "pca": _pca}
