"""Synthetic reflectance spectra of powders: mixtures of four minerals with known fractions.

Each mineral has absorption bands near those of the real one it is named after. Light scattered by a powder is mixed by
its single-scattering albedo, as in Hapke (1981, J. Geophys. Res. 86, 3039), so reflectance is not linear in the
fractions. Grain size and illumination change spectra as well, and are what a model has to see past.
"""

import numpy as np
from numpy.random import default_rng

MINERALS = {
    "olivine": (0.62, ((860.0, 90.0, 0.35), (1050.0, 170.0, 0.75), (1260.0, 110.0, 0.40))),
    "orthopyroxene": (0.68, ((920.0, 80.0, 1.10), (1880.0, 190.0, 0.85))),
    "clinopyroxene": (0.60, ((1020.0, 110.0, 0.90), (2290.0, 230.0, 0.80))),
    "plagioclase": (0.85, ((1260.0, 170.0, 0.15),)),
}
"""Reflectance of the continuum at 1500 nm, and bands as centre and width (Gaussian sigma) in nm, and optical depth."""

WAVELENGTH = np.linspace(450.0, 2450.0, 240)
"""nm."""

NOISE = 0.004


def mixtures(n: int, seed: int, unlabelled: float = 0.3) -> dict[str, np.ndarray]:
    """``n`` powders as the arrays of a file.

    Returns
    -------
    arrays
        ``wave_nm`` (m,); ``reflectance`` (n, m) with its inverse variance ``ivar``; ``labels`` (n, 4) fractions, NaN
        for the share ``unlabelled``; ``label_names`` (4,); ``id`` (n,). The first 40 are pure minerals, all labelled.
    """
    rng = default_rng(seed)
    fractions = rng.dirichlet(np.full(4, 0.8), n)
    fractions[:40] = np.repeat(np.eye(4), 10, axis=0)[: len(fractions[:40])]
    grain, light = np.exp(rng.normal(0, 0.25, n)), np.exp(rng.normal(0, 0.08, n))
    albedo = sum(fractions[:, [k]] * _albedo(_pure(name, grain)) for k, name in enumerate(MINERALS))
    root = np.sqrt(1 - albedo)
    flux = light[:, None] * (1 - root) / (1 + root)
    flux += rng.normal(0, NOISE, flux.shape)
    labels = fractions.copy()
    labels[40:][rng.random(len(labels[40:])) < unlabelled] = np.nan
    return {
        "wave_nm": WAVELENGTH,
        "reflectance": flux,
        "ivar": np.full(flux.shape, NOISE**-2),
        "labels": labels,
        "label_names": np.array(list(MINERALS)),
        "id": np.array([f"powder-{row:03d}" for row in range(n)]),
    }


def _pure(name: str, grain: np.ndarray) -> np.ndarray:
    """Reflectance of one mineral at the relative grain sizes (n,): larger grains absorb more; (n, m)."""
    bright, bands = MINERALS[name]
    depth = sum(tau * np.exp(-0.5 * ((WAVELENGTH - centre) / sigma) ** 2) for centre, sigma, tau in bands)
    continuum = bright * (1 - 0.25 * np.exp(-(WAVELENGTH - 450.0) / 250.0))
    return continuum * np.exp(-grain[:, None] * depth)


def _albedo(reflectance: np.ndarray) -> np.ndarray:
    """Single-scattering albedo of a powder with that bihemispherical reflectance."""
    root = (1 - reflectance) / (1 + reflectance)
    return 1 - root**2
