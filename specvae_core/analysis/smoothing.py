"""A spectrum smoothed for the eye, with the errors of what is shown."""

import numpy as np


def smooth(
    flux: np.ndarray, ivar: np.ndarray, model: np.ndarray, width: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted mean over a Gaussian of pixels, weights by inverse variance; the model gets the same weights.

    Unseen pixels count nothing and stay unseen; there the model is smoothed without weights. Errors are those of
    independent pixels; smoothed pixels that are nearer to each other than ``width`` are not independent any more.

    Parameters
    ----------
    flux, ivar
        (n_pixel,) flux and inverse variance, 0 where unseen.
    model
        (n_pixel,) reconstruction.
    width
        Standard deviation of the Gaussian in pixels; 0 changes nothing.

    Returns
    -------
    flux, ivar, model
        (n_pixel,) each.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=4000)
    >>> flux, ivar, _ = smooth(noise, np.ones(4000), noise, 3.0)
    >>> bool(np.isclose(flux[50:-50].std(), ivar[2000] ** -0.5, rtol=0.1))
    True
    """
    if width <= 0:
        return flux, ivar, model
    reach = min(int(np.ceil(4 * width)), (len(flux) - 1) // 2)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    seen = ivar > 0
    weight = np.where(seen, ivar.astype(float), 0.0)
    total = _spread(weight, kernel)
    known = seen & (total > 0)
    safe = np.where(known, total, 1.0)
    plain = _spread(model, kernel) / _spread(np.ones(len(model)), kernel)
    return (
        np.where(known, _spread(weight * flux, kernel) / safe, 0.0),
        np.where(known, safe**2 / np.where(known, _spread(weight, kernel**2), 1.0), 0.0),
        np.where(known, _spread(weight * model, kernel) / safe, plain),
    )


def _spread(values: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return np.convolve(values, kernel, mode="same")
