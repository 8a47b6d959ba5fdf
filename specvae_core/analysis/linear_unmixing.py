"""Linear unmixing: endmembers as the corners of a cloud of spectra, abundances by constrained least squares.

The classical baselines of hyperspectral imaging, beside which models of mixtures are measured: vertex component
analysis (VCA, Nascimento & Dias 2005), N-FINDR (Winter 1999) and fully constrained least squares (FCLS, Heinz & Chang
2001). VCA and N-FINDR take endmembers from the spectra themselves, so each needs one pure spectrum at least.
"""

import numpy as np

SUM_WEIGHT = 1e3
"""Weight of the equation "fractions sum to 1" in FCLS, relative to the largest flux of an endmember."""

ROUNDS = 20
"""Rounds of N-FINDR in which each endmember may be replaced, at most."""


def fcls(flux: np.ndarray, endmembers: np.ndarray) -> np.ndarray:
    """Abundances (n, k) of spectra (n, n_pixel): least squares, none below 0, each row with the sum 1.

    Parameters
    ----------
    flux
        (n, n_pixel) finite.
    endmembers
        (k, n_pixel).

    Examples
    --------
    >>> fcls(np.array([[1.0, 3.0, 0.0]]), np.array([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]])).round(2).tolist()
    [[0.25, 0.75]]
    """
    from scipy.optimize import nnls

    weight = SUM_WEIGHT * np.abs(endmembers).max()
    matrix = np.vstack([endmembers.T, np.full((1, len(endmembers)), weight)])
    amounts = np.array([nnls(matrix, np.append(row, weight))[0] for row in np.asarray(flux, float)])
    return amounts / amounts.sum(axis=1, keepdims=True)


def vca(flux: np.ndarray, k: int, random: np.random.Generator) -> np.ndarray:
    """Rows of k spectra that are endmembers by VCA, (k,) int.

    Each next one is the spectrum with the largest projection on a random direction orthogonal to those before.

    Parameters
    ----------
    flux
        (n, n_pixel) finite, n ≥ k ≥ 2.
    random
        Draws the directions.
    """
    points = _on_a_plane(flux, k)
    chosen, found = np.zeros((k, k)), np.zeros(k, int)
    chosen[-1, 0] = 1
    for i in range(k):
        direction = random.standard_normal(k)
        direction -= chosen @ (np.linalg.pinv(chosen) @ direction)
        found[i] = np.argmax(np.abs(points @ direction))
        chosen[:, i] = points[found[i]]
    return found


def n_findr(flux: np.ndarray, k: int, random: np.random.Generator) -> np.ndarray:
    """Rows of the k spectra that span the largest simplex, (k,) int, by N-FINDR from a random start.

    Parameters
    ----------
    flux
        (n, n_pixel) finite, n ≥ k ≥ 2.
    random
        Draws the start.
    """
    centred = flux - flux.mean(axis=0)
    axes = np.linalg.svd(centred.T @ centred)[0][:, : k - 1]
    points = np.hstack([np.ones((len(flux), 1)), centred @ axes])
    found = random.choice(len(flux), k, replace=False)
    for _ in range(ROUNDS):
        before = found.copy()
        for i in range(k):
            others = np.delete(points[found], i, axis=0)
            normal = np.linalg.svd(others)[2][-1]  # volume is proportional to the distance from the others' plane
            found[i] = np.argmax(np.abs(points @ normal))
        if (found == before).all():
            break
    return found


def _on_a_plane(flux: np.ndarray, k: int) -> np.ndarray:
    """Spectra (n, n_pixel) in the k directions of most power, scaled onto the plane normal to their mean, (n, k).

    The projection takes out brightness, which a mixture seen under another illumination differs in (section III-B).
    """
    axes = np.linalg.svd(flux.T @ flux)[0][:, :k]
    points = flux @ axes
    along = points @ points.mean(axis=0)
    return points / np.where(np.abs(along) > 1e-12 * np.abs(along).max(), along, np.inf)[:, None]
