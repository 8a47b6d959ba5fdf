"""Lines of a reconstructed spectrum, with errors from draws of its posterior."""

from collections.abc import Mapping

import numpy as np

from ..grid import SpectralGrid
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
"""What is measured, as people call it; equivalent widths are positive in emission."""

Measured = dict[str, tuple[float, float]]
"""Value and 1-sigma error by name; NaN where it could not be measured or has no error."""


def measure_found(grid: SpectralGrid, arrays: Mapping[str, np.ndarray], row: int = 0) -> tuple[Measured, Measured]:
    """Lines of one spectrum of a reconstruction.

    Parameters
    ----------
    grid
        Of the model.
    arrays
        ``flux, flux_ivar, spectrum, draws`` of a result of kind *reconstructions*; ``draws`` (n, n_draw, n_pixel) are
        whole spectra from the posterior.
    row
        Which spectrum.

    Returns
    -------
    observed, found
        Of the whole spectrum as it came, without errors, holes filled; and of the reconstruction: the measure of the
        best estimate, and half the range from the 16th to the 84th percentile of the measures of draws.
    """
    flux, spectrum = arrays["flux"][row], arrays["spectrum"][row]
    whole = np.where(arrays["flux_ivar"][row] > 0, flux, spectrum)
    draws = arrays.get("draws", _draws(arrays))
    lines = measure_lines(grid, np.concatenate([whole[None], spectrum[None], draws[row]]))
    observed, found = {}, {}
    for key, name in NAMES.items():
        of_draws = lines[key][2:]
        known = of_draws[np.isfinite(of_draws)]
        error = (
            float(np.diff(np.percentile(known, [15.87, 84.13]))[0] / 2) if 2 * len(known) > len(of_draws) else np.nan
        )
        observed[name] = float(lines[key][0]), np.nan
        found[name] = float(lines[key][1]), error
    return observed, found


def _draws(arrays):
    noise = np.random.default_rng(0).standard_normal((1, 32, arrays["sigma"].shape[1]))
    return arrays["spectrum"][:1, None] + noise * arrays["sigma"][:1, None]
