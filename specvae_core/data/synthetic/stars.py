"""Synthetic stars: a Planck curve seen through eight kinds of opacity.

The flux of a star of effective temperature T and metallicity [M/H] is ::

    F(wavelength) = B(T_c, wavelength) exp(-sum_g s_g(T, [M/H]) tau_g(wavelength))

where every opacity tau_g is a fixed spectrum (lines, molecular bands, an edge) and its strength s_g a smooth function
of temperature that follows the spectral sequence: helium in B stars, hydrogen in A, ionised calcium in F to K, neutral
metals from F on, CH and CN in G and K, TiO in M. The exponential makes lines saturate as on a curve of growth.

These are not model atmospheres: strengths are chosen so that the indices of whole populations (D4000, Mg b, H delta)
come out as observed. Line strengths of neutral metals are those of the Sun's strongest Fraunhofer lines.
"""

import numpy as np

from ...lines import LINE, air_to_vacuum

LOG10_STEP = 1e-4
"""Pixel width of templates and of the survey: 1e-4 dex, 69 km/s."""

LOG10_WAVELENGTH = 3.4400 + LOG10_STEP * np.arange(5270)
WAVELENGTH = 10.0**LOG10_WAVELENGTH
"""Wavelengths of the templates in vacuum Angstrom, (5270,): 2754 to 9265."""

REFERENCE_WAVELENGTH = 5500.0
"""Wavelength at which template spectra are 1 and to which light fractions refer, Angstrom."""

_SECOND_RADIATION_CONSTANT = 1.438777e8  # h c / k in Angstrom K
_SUN = 5777.0

SUN_GRAVITY = 4.44
"""log10 of the surface gravity of the Sun, cm/s2; strengths hold for it."""

# Air wavelength (Angstrom) and equivalent width in the Sun (Angstrom) of strong lines of neutral metals: mostly Fe I.
_METALS = """
3009.6:0.7 3021.1:1.1 3037.4:0.6 3047.6:0.8 3059.1:0.7 3134.1:0.5 3225.8:0.6 3233.9:0.5 3247.6:0.4 3286.8:0.4
3349.4:0.5 3361.2:0.5 3372.8:0.5 3383.8:0.4 3414.8:0.8 3440.6:1.3 3446.3:0.5 3458.5:0.7 3461.7:0.8 3465.9:0.6
3475.5:0.6 3490.6:0.8 3493.0:0.8 3497.8:0.7 3510.3:0.5 3515.1:0.7 3524.5:1.3 3558.5:0.5 3565.4:1.0 3570.1:1.4
3581.2:2.1 3608.9:1.0 3618.8:1.4 3631.5:1.4 3647.9:1.0 3679.9:0.5 3687.5:0.6 3709.2:0.6 3719.9:1.7 3734.9:3.0
3745.6:1.2 3748.3:0.5 3749.5:1.9 3758.2:1.6 3763.8:0.8 3767.2:0.8 3787.9:0.5 3795.0:0.6 3806.7:0.4 3815.9:1.3
3820.4:1.7 3825.9:1.5 3829.4:0.9 3832.3:1.7 3838.3:1.9 3849.9:0.6 3856.4:0.6 3859.9:1.6 3872.5:0.5 3878.0:0.8
3886.3:0.9 3899.7:0.4 3905.5:0.8 3920.3:0.3 3927.9:0.2 3944.0:0.5 3961.5:0.6 4005.2:0.4 4030.8:0.6 4045.8:1.2
4063.6:0.8 4071.7:0.7 4077.7:0.4 4118.5:0.3 4132.1:0.4 4143.9:0.5 4167.3:0.2 4187.4:0.4 4202.0:0.4 4233.6:0.3
4250.5:0.7 4254.3:0.4 4260.5:0.6 4271.8:0.8 4274.8:0.3 4325.8:0.8 4351.9:0.4 4383.5:1.0 4404.8:0.9 4415.1:0.5
4454.8:0.4 4461.7:0.3 4482.2:0.4 4494.6:0.2 4528.6:0.4 4549.5:0.4 4571.9:0.3 4603.0:0.2 4654.5:0.2 4668.1:0.2
4703.0:0.3 4736.8:0.2 4783.4:0.2 4823.5:0.2 4871.3:0.3 4891.5:0.4 4920.5:0.5 4957.5:0.7 4981.7:0.2 5001.9:0.2
5006.1:0.3 5012.1:0.2 5041.4:0.3 5051.6:0.2 5079.5:0.3 5110.4:0.2 5139.4:0.4 5142.9:0.2 5192.0:0.3 5208.2:0.6
5227.0:0.5 5232.9:0.4 5250.4:0.2 5266.6:0.5 5269.8:1.2 5274.0:0.4 5302.3:0.1 5324.2:0.6 5328.2:0.9 5340.0:0.7
5371.5:0.5 5397.1:0.3 5405.8:0.4 5429.7:0.4 5434.5:0.2 5446.8:0.3 5455.5:0.3 5497.5:0.2 5528.4:0.3 5572.8:0.2
5586.8:0.3 5588.8:0.2 5615.6:0.3 5658.8:0.2 5709.4:0.2 5782.1:0.2 5857.5:0.2 5862.4:0.1 6065.5:0.1 6102.7:0.2
6122.2:0.2 6136.8:0.3 6162.2:0.2 6191.6:0.2 6230.7:0.2 6252.6:0.1 6301.5:0.1 6335.3:0.1 6393.6:0.2 6400.0:0.2
6439.1:0.2 6462.6:0.2 6495.0:0.4 6592.9:0.1 6643.6:0.1 6663.4:0.1 6678.0:0.1 6750.2:0.1 7148.1:0.2 7326.2:0.1
7445.8:0.1 7495.1:0.1 7511.0:0.1 8327.1:0.1 8387.8:0.1 8468.4:0.1 8688.6:0.2
"""
_CALCIUM_II = (
    (LINE["ca_k"].wavelength, 20.0),
    (LINE["ca_h"].wavelength, 15.0),
    (8500.4, 1.4),
    (8544.4, 3.6),
    (8664.5, 2.7),
)
# Lines that grow fastest towards cool stars: Ca I 4227, Mg b, Na D, the Na I doublet near 8190.
_COOL = (
    (4227.9, 1.3),
    (5168.8, 0.9),
    (5174.1, 1.3),
    (5185.0, 1.6),
    (5891.6, 1.4),
    (5897.6, 1.1),
    (8185.5, 0.1),
    (8197.1, 0.1),
)
_HELIUM = (
    (3820.7, 0.6),
    (4027.3, 1.3),
    (4144.9, 0.6),
    (4389.2, 0.7),
    (4472.7, 1.3),
    (4923.3, 0.6),
    (5877.2, 0.7),
    (6680.0, 0.6),
)
# Molecular bands: centre, width (Gaussian sigma), depth: CN 3590, CN 3883, CN 4216, CH (G band), C2 4737.
_CARBON = ((3575.0, 20.0, 0.18), (3863.0, 17.0, 0.45), (4180.0, 30.0, 0.10), (4304.0, 12.0, 0.60), (4676.0, 30.0, 0.10))
# Band heads of TiO, which degrade to the red: head, e-folding length, depth.
_TITANIUM_OXIDE = (
    (4762.0, 90.0, 0.7), (4955.0, 100.0, 0.9), (5168.0, 120.0, 1.0), (5449.0, 100.0, 0.8), (5760.0, 60.0, 0.35),
    (5849.0, 110.0, 0.7), (6160.0, 160.0, 0.9), (6653.0, 120.0, 0.7), (7055.0, 190.0, 1.15), (7591.0, 120.0, 0.7),
    (8207.0, 110.0, 0.2), (8434.0, 80.0, 0.4), (8861.0, 110.0, 0.4),
)  # fmt: skip
_MAGNESIUM_HYDRIDE = ((5120.0, 45.0, 0.06), (4850.0, 60.0, 0.02))
_CALCIUM_HYDRIDE = ((6385.0, 10.0, 0.2), (6850.0, 50.0, 0.35), (6940.0, 25.0, 0.35))


def _lines(table: tuple[tuple[float, float], ...] | np.ndarray, narrowest: float = 1.2) -> np.ndarray:
    """Opacity of lines given by (centre, equivalent width), with Lorentzian wings; (n_pixel,)."""
    opacity = np.zeros_like(WAVELENGTH)
    for centre, width in table:
        half_width = max(narrowest, width / 4.0)  # strong lines are wide rather than deeper
        opacity += width / (np.pi * half_width) / (1 + ((WAVELENGTH - centre) / half_width) ** 2)
    return opacity


def _bands(table: tuple[tuple[float, float, float], ...]) -> np.ndarray:
    """Opacity of Gaussian bands given by (centre, sigma, depth); (n_pixel,)."""
    return sum(depth * np.exp(-0.5 * ((WAVELENGTH - centre) / sigma) ** 2) for centre, sigma, depth in table)


def _heads(table: tuple[tuple[float, float, float], ...]) -> np.ndarray:
    """Opacity of band heads given by (head, e-folding length to the red, depth); (n_pixel,)."""
    opacity = np.zeros_like(WAVELENGTH)
    for head, length, depth in table:
        rise = 1 / (1 + np.exp(-np.clip((WAVELENGTH - head) / 8.0, -50, 50)))
        opacity += depth * rise * np.exp(-np.clip(WAVELENGTH - head, 0, None) / length)
    return opacity


def _haze() -> np.ndarray:
    """The thousands of lines too weak to list: a veil that thickens to the blue, with a step near 4000 Angstrom."""
    step = 1 / (1 + np.exp((WAVELENGTH - 3990.0) / 25.0))
    return 0.07 * np.exp((4300.0 - WAVELENGTH) / 500.0).clip(0, 4) + 0.08 * step


def _balmer_series() -> np.ndarray:
    """Opacity of the Balmer lines, scaled to H gamma of an A0 star; the higher members merge towards the edge."""
    opacity = np.zeros_like(WAVELENGTH)
    for upper in range(3, 41):
        centre = balmer_wavelength(upper)
        depth = {3: 1.0, 4: 1.25}.get(upper, 1.35) * min(1.0, (10.0 / upper) ** 2.5)
        opacity += depth / (1 + ((WAVELENGTH - centre) / 5.0) ** 2)
    return opacity


def _balmer_edge() -> np.ndarray:
    """Bound-free opacity from the second level: falls as wavelength cubed below 3646 Angstrom."""
    edge = balmer_wavelength(np.inf)
    return (np.minimum(WAVELENGTH, edge) / edge) ** 3 / (1 + np.exp(np.clip((WAVELENGTH - edge - 6) / 4.0, -50, 50)))


def balmer_wavelength(upper: float) -> float:
    """Vacuum wavelength (Angstrom) of the hydrogen line from level ``upper`` to level 2."""
    return 911.763 / (1 / 4 - 1 / upper**2)


def _metal_table() -> np.ndarray:
    pairs = np.array([pair.split(":") for pair in _METALS.split()], dtype=float)
    return np.column_stack([air_to_vacuum(pairs[:, 0]), pairs[:, 1]])


_OPACITIES = np.array(
    [
        _balmer_series(),
        _balmer_edge(),
        _lines(_metal_table()) + _haze(),
        _lines(_CALCIUM_II),
        _lines(_COOL) + _bands(_MAGNESIUM_HYDRIDE),
        _bands(_CARBON),
        _heads(_TITANIUM_OXIDE) + _bands(_CALCIUM_HYDRIDE),
        _lines(_HELIUM),
    ]
)


def _bump(temperature: np.ndarray, peak: float, cool_side: float, hot_side: float) -> np.ndarray:
    """1 at the peak temperature, falling as a Gaussian in ln T of different widths on the two sides."""
    distance = np.log(temperature / peak)
    return np.exp(-0.5 * (distance / np.where(distance < 0, cool_side, hot_side)) ** 2)


def _strengths(temperature: np.ndarray, metallicity: np.ndarray, gravity: np.ndarray) -> np.ndarray:
    """Strength of each opacity; (n_star, n_opacity).

    Pressure strengthens the lines and bands of cool dwarfs (Mg b, Na D, MgH, CaH), and weakens those of ions and of CN,
    which are strong in giants.
    """
    pressure = gravity - SUN_GRAVITY
    neutral = 1 / (1 + np.exp((temperature - 6900.0) / 550.0))
    cool = _SUN / temperature
    abundance = 10 ** (0.25 * metallicity)
    return np.stack(
        [
            _bump(temperature, 9000.0, 0.25, 0.55) + 0.03,
            1.15 * _bump(temperature, 9300.0, 0.30, 0.50),
            abundance * np.minimum(cool, 1.6) ** 2.5 * neutral,
            10 ** (-0.06 * pressure) * abundance * np.minimum(cool, 1.4) * (neutral + 0.04),
            10 ** (0.13 * pressure) * abundance * np.minimum(cool, 1.6) ** 3.5 * neutral,
            10 ** (-0.10 * pressure) * abundance**1.3 * np.exp(-0.5 * ((temperature - 4700.0) / 800.0) ** 2),
            np.clip((4150.0 - temperature) / 950.0, 0, None) ** 1.3,
            _bump(temperature, 20000.0, 0.30, 0.30),
        ],
        axis=-1,
    )


def planck(temperature: np.ndarray, wavelength: np.ndarray | float) -> np.ndarray:
    """Planck's law per unit wavelength in arbitrary units; temperatures broadcast against wavelengths (Angstrom)."""
    return 1e18 / (np.power(wavelength, 5.0) * np.expm1(_SECOND_RADIATION_CONSTANT / (wavelength * temperature)))


def star_spectra(
    temperature: np.ndarray, metallicity: np.ndarray | float = 0.0, gravity: np.ndarray | float = SUN_GRAVITY
) -> np.ndarray:
    """Spectra of stars on the template wavelengths, each 1 at 5500 Angstrom on average over 200 Angstrom.

    Parameters
    ----------
    temperature
        (n_star,) effective temperatures, K; sensible from 2900 to 45000.
    metallicity
        [M/H] of all or each, dex.
    gravity
        log10 of the surface gravity in cm/s2 of all or each.

    Returns
    -------
    (n_star, 5270) flux per Angstrom.
    """
    temperature = np.asarray(temperature, dtype=float)
    strength = _strengths(temperature, *(np.broadcast_to(one, temperature.shape) for one in (metallicity, gravity)))
    # What the Balmer edge holds back comes out redwards: the Paschen continuum of an A star is bluer than its
    # effective temperature says.
    colour_temperature = temperature * (1 + 0.45 * strength[:, 1])
    flux = planck(colour_temperature[:, None], WAVELENGTH) * np.exp(-strength @ _OPACITIES)
    return normalised(flux)


def normalised(flux: np.ndarray) -> np.ndarray:
    """(…, 5270) spectra divided by their mean within 100 Angstrom of 5500."""
    near = np.abs(WAVELENGTH - REFERENCE_WAVELENGTH) < 100.0
    return flux / flux[..., near].mean(axis=-1, keepdims=True)
