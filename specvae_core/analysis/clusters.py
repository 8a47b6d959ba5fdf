"""Groups in latent space, and how well they agree with the classes of a catalogue.

k-means, DBSCAN (Ester et al. 1996) and HDBSCAN (Campello et al. 2013) as scikit-learn has them. The last two take time
and memory that grow faster than the survey, so that above `FITTED` objects an even selection is grouped and every other
object goes where its nearest neighbour in the selection is.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import BadConfig
from ..progress import Progress, Report, ignore
from .lof import check_finite, with_latents

METHODS = ("kmeans", "dbscan", "hdbscan")
FITTED = 20_000
"""Objects at most that DBSCAN and HDBSCAN group themselves."""

NOISE = 0
"""Cluster number of objects that belong to no cluster."""

REACH = 0.9
"""Share of the objects that the automatic radius of DBSCAN makes core objects."""


@dataclass(frozen=True)
class ClusterSettings:
    """Settings of a search for clusters.

    Parameters
    ----------
    method
        One of `METHODS`.
    n
        Number of clusters of k-means.
    min_size
        Smallest cluster of HDBSCAN, and how many neighbours make a core object of DBSCAN.
    radius
        Radius of DBSCAN, in units of the latents; 0 takes the distance within which nine in ten objects have
        ``min_size`` neighbours.
    seed
        Seed of the first guess of k-means.
    """

    method: str = "kmeans"
    n: int = 6
    min_size: int = 20
    radius: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise BadConfig(f"There is no method {self.method!r}: choose one of {', '.join(METHODS)}.")
        for name, least in (("n", 1), ("min_size", 2), ("radius", 0), ("seed", 0)):
            if getattr(self, name) < least:
                raise BadConfig(
                    f"The setting {name} is {getattr(self, name):g}: a number of at least {least} was expected."
                )


def find_clusters(latents: np.ndarray, settings: ClusterSettings, report: Report = ignore) -> np.ndarray:
    """Group objects by their latents.

    Returns
    -------
    clusters
        (n,) int32: 1 for the largest cluster, 2 for the next…; `NOISE` for what belongs to none, or has no latents.

    Raises
    ------
    BadConfig
        More clusters, or a larger smallest one, than there are objects; latents that are not finite.
    """
    known = with_latents(latents)
    if not known.all():
        clusters = np.full(len(latents), NOISE, dtype=np.int32)
        clusters[known] = find_clusters(latents[known], settings, report)
        return clusters
    n = len(latents)
    least = settings.n if settings.method == "kmeans" else settings.min_size
    if least > n:
        raise BadConfig(f"{least} is more than the {n} objects of the survey: choose a smaller number.")
    check_finite(latents)
    report(Progress(None, f"grouping {n:,} objects by {settings.method}"))
    if settings.method == "kmeans":
        return _by_size(_kmeans(latents, settings))
    rows = np.unique(np.linspace(0, n - 1, min(n, FITTED)).astype(int))
    some = np.ascontiguousarray(latents[rows], dtype=float)
    groups = _dbscan(some, settings, report) if settings.method == "dbscan" else _hdbscan(some, settings)
    if len(rows) < n:
        from .nearest import PointTree

        groups = groups[PointTree(some).of(latents, 1, report).rows[:, 0]]
    return _by_size(groups)


def _kmeans(latents: np.ndarray, settings: ClusterSettings) -> np.ndarray:
    from sklearn.cluster import KMeans

    return KMeans(settings.n, n_init=4, random_state=settings.seed).fit_predict(np.asarray(latents, dtype=float))


def _dbscan(latents: np.ndarray, settings: ClusterSettings, report: Report) -> np.ndarray:
    from sklearn.cluster import DBSCAN

    from .nearest import PointTree

    radius = settings.radius
    if not radius:
        k = min(settings.min_size - 1, len(latents) - 1)  # scikit-learn counts an object among its own neighbours
        radius = float(np.quantile(PointTree(latents).among_themselves(k, report).distance[:, -1], REACH))
    return DBSCAN(eps=max(radius, 1e-12), min_samples=settings.min_size).fit_predict(latents)


def _hdbscan(latents: np.ndarray, settings: ClusterSettings) -> np.ndarray:
    from sklearn.cluster import HDBSCAN

    return HDBSCAN(min_cluster_size=settings.min_size, copy=True).fit_predict(latents)


def _by_size(groups: np.ndarray) -> np.ndarray:
    """Number groups (-1 for none) from the largest on."""
    names, counts = np.unique(groups[groups >= 0], return_counts=True)
    numbers = np.full(len(names) + 1, NOISE, dtype=np.int32)
    numbers[np.argsort(-counts, kind="stable")] = np.arange(1, len(names) + 1)
    return numbers[np.searchsorted(names, groups) * (groups >= 0) + len(names) * (groups < 0)]


@dataclass(frozen=True)
class Agreement:
    """Agreement of clusters with classes; objects without a class are left out.

    Parameters
    ----------
    adjusted_rand
        1 for the same partition, 0 for chance (Hubert & Arabie 1985).
    mutual_information
        Normalised by the mean of the entropies: 1 for the same partition, 0 for independent ones.
    purity
        Share of the objects whose class is the commonest one of their cluster.
    n
        Objects compared.
    """

    adjusted_rand: float
    mutual_information: float
    purity: float
    n: int


def agreement(clusters: np.ndarray, classes: np.ndarray) -> Agreement | None:
    """Compare clusters (n,) with classes (n,), strings, empty where unknown; ``None`` without at least two classes."""
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    known = classes != ""
    clusters, classes = clusters[known], classes[known]
    if len(np.unique(classes)) < 2:
        return None
    return Agreement(
        float(adjusted_rand_score(classes, clusters)),
        float(normalized_mutual_info_score(classes, clusters)),
        float(crosstab(clusters, classes)[2].max(axis=1).sum() / len(classes)),
        len(classes),
    )


def crosstab(clusters: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of the clusters (m,), names of the classes (k,), and how many objects they share (m, k).

    >>> numbers, names, counts = crosstab(np.array([1, 1, 2]), np.array(["star", "galaxy", "star"]))
    >>> numbers.tolist(), names.tolist(), counts.tolist()
    ([1, 2], ['galaxy', 'star'], [[1, 1], [0, 1]])
    """
    numbers, row = np.unique(clusters, return_inverse=True)
    names, column = np.unique(classes, return_inverse=True)
    counts = np.zeros((len(numbers), len(names)), dtype=int)
    np.add.at(counts, (row, column), 1)
    return numbers, names, counts
