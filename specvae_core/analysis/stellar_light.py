"""Stars in the observed frame: templates of their light, and their strongest lines."""

from functools import lru_cache

import numpy as np

from ..data.spectra import SpectraSet
from ..data.synthetic.populations import dust_law
from ..data.synthetic.stars import LOG10_WAVELENGTH, WAVELENGTH, star_spectra
from ..grid import SpectralGrid
from ..lines import Index
from .line_strength import index_strength

TEMPERATURES = (3000, 3250, 3500, 3800, 4200, 4700, 5300, 6000, 6800, 7700, 8700, 10000, 13000, 20000)
"""Effective temperatures of the templates, K: M to B."""

REDDENING = (0.0, 0.3)
"""E(B-V) of the templates: between the two, sums of templates take up the reddening of most stars."""

RESOLUTION = 1.5
"""Gaussian sigma in template pixels (1e-4 dex) to which templates are broadened: R = 1900, as in SDSS."""

STELLAR_LINES: tuple[Index, ...] = (
    Index("k12", "Ca K", (3927.7, 3939.7), (3903.0, 3923.0), (4000.0, 4020.0)),
    Index("hd_a", "Hδ", (4083.500, 4122.250), (4041.600, 4081.500), (4128.500, 4161.000)),
    Index("g4300", "G band", (4281.375, 4316.375), (4266.375, 4282.625), (4317.625, 4335.125)),
    Index("hg_f", "Hγ", (4331.250, 4352.250), (4283.500, 4319.750), (4354.750, 4384.750)),
    Index("h_beta", "Hβ", (4847.875, 4876.625), (4827.875, 4847.875), (4876.625, 4891.625)),
    Index("mg_b", "Mg b", (5160.125, 5192.625), (5117.700, 5142.700), (5191.375, 5206.375)),
    Index("na_d", "Na D", (5876.875, 5909.375), (5860.625, 5875.675), (5922.125, 5948.125)),
    Index("tio_1", "TiO 5940", (5936.625, 5994.125), (5816.625, 5849.125), (6038.625, 6103.625)),
    Index("tio_2", "TiO 6190", (6189.625, 6272.125), (6066.625, 6141.625), (6372.625, 6415.125)),
    Index("h_alpha", "Hα", (6548.0, 6578.0), (6500.0, 6540.0), (6590.0, 6630.0)),
)
"""Lick indices (Worthey & Ottaviani 1997; Trager et al. 1998), K12 (Beers et al. 1999, AJ 117, 981), and Hα."""

DETECTED = 5.0
"""Significance, in sigma, of a detected absorption line."""


@lru_cache(maxsize=1)
def _templates() -> np.ndarray:
    """(n_template, 5270) on `LOG10_WAVELENGTH`, each 1 near 5500 Angstrom."""
    from scipy.ndimage import gaussian_filter1d

    sharp = gaussian_filter1d(star_spectra(np.array(TEMPERATURES, dtype=float)), RESOLUTION, axis=-1, mode="nearest")
    return np.concatenate([sharp * 10 ** (-0.4 * excess * dust_law(WAVELENGTH)) for excess in REDDENING])


def covered(log10_wavelength: np.ndarray) -> np.ndarray:
    """Which wavelengths (log10 of vacuum Angstrom) the templates cover, bool of the same shape."""
    return (log10_wavelength >= LOG10_WAVELENGTH[0]) & (log10_wavelength <= LOG10_WAVELENGTH[-1])


def star_templates(log10_wavelength: np.ndarray) -> np.ndarray:
    """Spectra of stars at observed wavelengths (m,) within the templates' range; (m, n_template), mean 1 each."""
    light = np.stack([np.interp(log10_wavelength, LOG10_WAVELENGTH, template) for template in _templates()], axis=1)
    return light / light.mean(axis=0)


def lines_at_rest(spectra: SpectraSet, redshift: float) -> list[str]:
    """Names of the stellar lines that one spectrum shows at rest in the observed frame, blue to red.

    Parameters
    ----------
    spectra
        One object, at rest by its catalogue's redshift.
    redshift
        That redshift: observed wavelengths are those at rest times 1 + z.
    """
    grid = spectra.grid
    observed = SpectralGrid(grid.log10_start + float(np.log10(1 + redshift)), grid.log10_step, grid.n_pixel)
    seen = SpectraSet(observed, spectra.flux, spectra.ivar, spectra.table)
    return [line.label for line in STELLAR_LINES if index_strength(seen, line).significance[0] > DETECTED]
