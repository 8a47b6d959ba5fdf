"""Emission lines of a spectrum as observed and as reconstructed, with errors from draws."""

import numpy as np

from ..grid import SpectralGrid
from ..inverse.problem import UNKNOWN_NOISE
from .track_lines import measure_lines

NAMES = {
    "ew_h_alpha": "EW Hα (Å)",
    "ew_h_beta": "EW Hβ (Å)",
    "ew_oii_3727": "EW [O II] 3727 (Å)",
    "ew_oiii_5007": "EW [O III] 5007 (Å)",
    "ew_nii_6584": "EW [N II] 6584 (Å)",
    "ew_sii": "EW [S II] (Å)",
    "log_oiii_hb": "log [O III] / Hβ",
    "log_nii_ha": "log [N II] / Hα",
    "fwhm_h_alpha": "FWHM Hα (km/s)",
    "d4000": "break at 4000 Å",
}
"""Names of the measured quantities; equivalent widths are positive in emission."""

Measured = dict[str, tuple[float | None, float | None]]
"""Value and 1-sigma error by the keys of `NAMES`; ``None`` where it could not be measured or has no error."""


def measure_reconstruction(
    grid: SpectralGrid, flux: np.ndarray, ivar: np.ndarray, spectrum: np.ndarray, draws: np.ndarray, seed: int = 0
) -> dict[str, Measured]:
    """Lines of one spectrum as observed and as reconstructed.

    Parameters
    ----------
    grid
        Grid of the model.
    flux, ivar
        (n_pixel,) the observed spectrum; its holes (ivar 0) are filled with the reconstruction.
    spectrum
        (n_pixel,) the reconstruction.
    draws
        (n_draw, n_pixel) whole spectra from its posterior.
    seed
        Seed of the noise that gives the errors of lines of the observed spectrum.

    Returns
    -------
    ``observed`` and ``found`` (the reconstruction): value in the spectrum itself, and half the range from the 16th to
    the 84th percentile of the values in draws. Quantities that neither has are left out.
    """
    seen, known = ivar > 0, (ivar > 0) & (ivar < UNKNOWN_NOISE)
    whole = np.where(seen, flux, spectrum)
    sigma = np.divide(1.0, np.sqrt(ivar), out=np.zeros(len(ivar)), where=known)
    noisy = whole + sigma * np.random.default_rng(seed).standard_normal(draws.shape)
    lines = measure_lines(grid, np.concatenate([whole[None], noisy, spectrum[None], draws]))
    half = 1 + len(draws)
    measured = {"observed": _measured(lines, slice(0, half)), "found": _measured(lines, slice(half, None))}
    if not known.any():
        measured["observed"] = {name: (value, None) for name, (value, _) in measured["observed"].items()}
    nowhere = [name for name in NAMES if all(one[name][0] is None for one in measured.values())]
    return {which: {name: one[name] for name in NAMES if name not in nowhere} for which, one in measured.items()}


def _measured(lines: dict[str, np.ndarray], rows: slice) -> Measured:
    """Values of the first of some rows, with errors from the others."""
    found: Measured = {}
    for name in NAMES:
        value, *others = lines[name][rows]
        known = np.asarray(others)[np.isfinite(others)]
        error = None
        if 2 * len(known) > len(others):
            error = float(np.diff(np.percentile(known, [15.87, 84.13]))[0] / 2)
        found[name] = (float(value), error) if np.isfinite(value) else (None, None)
    return found
