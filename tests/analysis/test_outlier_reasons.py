"""Reasons, on spectra made for one of them each: they follow from the spectrum, its redshift and its S/N alone."""

import numpy as np
import pandas as pd
import pytest

from specvae_core.analysis.light_fit import OrdinaryLight
from specvae_core.analysis.outlier_reasons import Cause, Explainer
from specvae_core.analysis.stellar_light import lines_at_rest, star_templates
from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import DEFAULT_GRID as GRID
from specvae_core.grid import BandGrid

NOISE = 0.03
A_STAR, M_STAR = 10, 1
LINES = ((3934.8, -0.3), (3969.6, -0.3), (4305.6, -0.15), (5176.6, -0.15), (4862.7, 0.4), (6564.6, 1.5))


def spectrum(flux, z=0.1, sn=30.0, noise=NOISE, unseen=None) -> SpectraSet:
    """One object at rest by its redshift, with noise."""
    rng = np.random.default_rng(5)
    flux = flux / flux.mean() + rng.normal(0, noise, GRID.n_pixel)
    ivar = np.full(GRID.n_pixel, noise**-2)
    if unseen is not None:
        ivar[unseen] = 0.0
    table = pd.DataFrame({"id": ["a"], "z": [z], "sn": [sn]})
    return SpectraSet(GRID, (flux * (ivar > 0))[None].astype("f4"), ivar[None].astype("f4"), table)


def galaxy(colour: float = 0.0) -> np.ndarray:
    """Absorption and emission at rest, on a continuum."""
    wave = GRID.wavelength
    flux = 1 + (0.3 + colour) * (wave - 5500) / 2500 - 0.3 / (1 + np.exp((wave - 4000) / 20))
    for centre, depth in (
        (3934.8, -0.3),
        (3969.6, -0.3),
        (4305.6, -0.15),
        (5176.6, -0.15),
        (4862.7, 0.4),
        (6564.6, 1.5),
    ):
        flux += depth * np.exp(-0.5 * ((wave - centre) / 5) ** 2)
    return flux


def star(number: int, z: float) -> np.ndarray:
    """A star on pixels that were shifted to rest by a redshift which is not its own."""
    return star_templates(GRID.log10_wavelength + np.log10(1 + z))[:, number]


@pytest.fixture(scope="module")
def explainer():
    rng = np.random.default_rng(0)
    flux = np.array([galaxy(colour) for colour in rng.uniform(-0.2, 0.2, 200)])
    flux += rng.normal(0, NOISE, flux.shape)
    table = pd.DataFrame({"id": [str(row) for row in range(200)]})
    ordinary = OrdinaryLight.of(SpectraSet(GRID, flux.astype("f4"), np.full(flux.shape, 1e3, "f4"), table))
    return Explainer(ordinary, np.linspace(10, 50, 200), np.linspace(0.8, 1.2, 200), of_galaxies=True)


def test_an_ordinary_galaxy_is_at_most_unusual(explainer):
    why = explainer.explain(spectrum(galaxy(0.1)), 1.0)
    assert why.reason is Cause.UNUSUAL
    assert "χ² 1.00" in why.evidence


def test_what_fits_badly_without_a_cause_is_not_explained(explainer):
    assert explainer.explain(spectrum(galaxy()), 5.0).reason is Cause.UNEXPLAINED
    assert explainer.explain(spectrum(galaxy()), np.nan).reason is Cause.UNEXPLAINED


@pytest.mark.parametrize(("number", "line"), [(A_STAR, "Hβ"), (M_STAR, "TiO 6190")])
def test_a_star_at_the_redshift_of_a_galaxy(explainer, number, line):
    why = explainer.explain(spectrum(star(number, 0.1)), 8.0)
    assert why.reason is Cause.STAR
    assert line in why.evidence
    assert "z = 0.1000" in why.evidence


@pytest.mark.parametrize(("z", "words"), [(0.0002, r"+60 km/s"), (np.nan, "has no redshift")])
def test_a_star_that_the_catalogue_knows_or_says_nothing_of(explainer, z, words):
    why = explainer.explain(spectrum(star(A_STAR, 0.0), z=z), 8.0)
    assert why.reason is Cause.STAR
    assert words in why.evidence


def test_among_stars_to_be_one_is_no_reason(explainer):
    among = Explainer(explainer.ordinary, explainer.sn, explainer.chi2, of_galaxies=False)
    assert among.explain(spectrum(star(A_STAR, 0.0), z=0.0), 1.0).reason is Cause.UNUSUAL


def test_a_star_in_front_of_a_galaxy(explainer):
    blend = 0.5 * galaxy() / galaxy().mean() + 0.5 * star(A_STAR, 0.1)
    why = explainer.explain(spectrum(blend), 4.0)
    assert why.reason is Cause.CONTAMINATION
    share = int(why.evidence.split("%")[0])
    assert 40 <= share <= 60


@pytest.mark.parametrize("factor", [0.6, 1.5])
def test_a_break_where_the_arms_meet(explainer, factor):
    broken = galaxy() * np.where(GRID.wavelength * 1.1 > 6000, factor, 1.0)
    why = explainer.explain(spectrum(broken), 3.0)
    assert why.reason is Cause.ARM_BREAK
    assert "6000 Å observed (5455 Å at rest)" in why.evidence
    percent = int(why.evidence.removeprefix("The flux jumps by ").split("%")[0])
    assert percent == pytest.approx(100 * (factor - 1), abs=4)


def test_a_break_elsewhere_is_no_fault_of_the_arms(explainer):
    broken = galaxy() * np.where(GRID.wavelength * 1.1 > 5400, 1.5, 1.0)
    assert explainer.explain(spectrum(broken), 3.0).reason is not Cause.ARM_BREAK


def test_low_signal_to_noise(explainer):
    why = explainer.explain(spectrum(galaxy(), sn=2.0, noise=0.5), 1.0)
    assert why.reason is Cause.LOW_SN
    assert "2.0 per pixel, percentile 0.0" in why.evidence


def test_a_missing_range_is_located(explainer):
    unseen = (GRID.wavelength > 4500) & (GRID.wavelength < 5500)
    why = explainer.explain(spectrum(galaxy(), unseen=unseen), 1.0)
    assert why.reason is Cause.MISSING
    assert "(4501 to 5496 Å at rest)" in why.evidence
    assert f"{unseen.mean():.0%}" in why.evidence


def test_the_red_end_that_redshift_takes_is_no_missing_range(explainer):
    assert explainer.explain(spectrum(galaxy(), unseen=GRID.wavelength > 7300), 1.0).reason is Cause.UNUSUAL


def test_bands_are_judged_by_what_they_have():
    bands = BandGrid(("u", "g", "r", "i", "z"))
    table = pd.DataFrame({"id": ["a"]})
    magnitudes = SpectraSet(bands, np.ones((1, 5), "f4"), np.array([[1, 0, 0, 1, 1]], "f4"), table)
    why = Explainer(None, np.full(9, np.nan), np.ones(9), of_galaxies=False).explain(magnitudes, 1.0)
    assert why.reason is Cause.MISSING
    assert "g, r" in why.evidence
    whole = SpectraSet(bands, np.ones((1, 5), "f4"), np.ones((1, 5), "f4"), table)
    why = Explainer(None, np.full(9, np.nan), np.ones(9), of_galaxies=False).explain(whole, 1.0)
    assert "χ² 1.00 per band" in why.evidence


def test_lines_are_looked_for_where_they_were_observed():
    shifted = spectrum(star(A_STAR, 0.08), z=0.08)
    assert {"Hδ", "Hγ", "Hβ", "Hα"} <= set(lines_at_rest(shifted, 0.08))
    assert "Hβ" not in lines_at_rest(shifted, 0.0)
