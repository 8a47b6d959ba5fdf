import numpy as np
import pandas as pd
import pytest
from planted_lines import galaxy, gaussian, noisy

from specvae_core.analysis.classify import (
    BROAD,
    CLASSES,
    EMISSION,
    NARROW,
    QUIESCENT,
    assign_classes,
    maximum_starburst,
)
from specvae_core.data.file_lists import find_files
from specvae_core.data.preprocess import PreprocessOptions, collect, preprocess
from specvae_core.data.readers import read_file
from specvae_core.data.spectra import LineFit, SpectraSet
from specvae_core.errors import Refused
from specvae_core.grid import DEFAULT_GRID, SpectralGrid
from specvae_core.lines import LINE

BALMER_ABSORPTION = {"h_alpha": -1.5, "h_beta": -1.7}
"""Equivalent widths (Angstrom) of stars, planted under the narrow lines."""


def planted(kind):
    """The four classes with lines of typical strength."""
    lines = {
        QUIESCENT: {"h_alpha": 0.0, "h_beta": 0.0, "nii_6584": 0.8, "oiii_5007": 0.5},
        EMISSION: {"h_alpha": 25.0, "h_beta": 7.0, "nii_6584": 8.0, "oiii_5007": 4.0},
        NARROW: {"h_alpha": 15.0, "h_beta": 4.0, "nii_6584": 14.0, "oiii_5007": 35.0},
        BROAD: {"h_alpha": 20.0, "h_beta": 6.0, "nii_6584": 12.0, "oiii_5007": 20.0},
    }[kind]
    flux = galaxy(**{key: area + BALMER_ABSORPTION.get(key, 0.0) for key, area in lines.items()})
    if kind == BROAD:
        flux = flux + gaussian(LINE["h_alpha"].wavelength, 150, 2500) + gaussian(LINE["h_beta"].wavelength, 45, 2500)
    return flux


def survey(flux, n=30, z=0.1, **columns):
    spectra = noisy(flux, n=n)
    table = spectra.table.assign(z=z, **columns)
    return SpectraSet(spectra.grid, spectra.flux, spectra.ivar, table)


def fits(h_alpha, h_beta=10.0, nii=5.0, oiii=5.0, error=1.0, sigma=150.0):
    strengths = {"h_alpha": h_alpha, "h_beta": h_beta, "nii_6584": nii, "oiii_5007": oiii}
    return tuple(LineFit(key, LINE[key].wavelength, area, error, sigma, 1.0) for key, area in strengths.items())


def classify(line_fits=(), flux=None, **columns):
    spectra = survey(galaxy() if flux is None else flux, n=1, **columns)
    return assign_classes(spectra, [line_fits]).iloc[0]


@pytest.mark.parametrize("kind", CLASSES)
def test_spectra_alone_tell_the_four_classes(kind):
    found = assign_classes(survey(planted(kind)), [()] * 30)
    assert (found["class"] == kind).mean() >= 0.9
    assert set(found["class_source"]) == {"spectrum"}


def test_evidence_has_the_planted_values():
    found = assign_classes(survey(planted(EMISSION), n=200), [()] * 200)
    continuum = 1 - 5e-5 * (LINE["h_alpha"].wavelength - 5500)
    assert found["ew_h_alpha"].median() == pytest.approx((25 - 1.5) / continuum, rel=0.05)
    assert found["log_nii_ha"].median() == pytest.approx(np.log10(8 / 25), abs=0.03)
    assert found["log_oiii_hb"].median() == pytest.approx(np.log10(4 / 7), abs=0.04)
    assert {"d4000", "hd_a", "mg_b", "na_d", "balmer_fwhm"} <= set(found.columns)
    assert (found["balmer_fwhm"] < 700).all()


@pytest.mark.parametrize(
    ("strengths", "expected"),
    [
        ({"h_alpha": 2.9}, QUIESCENT),
        ({"h_alpha": 3.1, "nii": 0.0}, EMISSION),
        ({"h_alpha": -40.0}, QUIESCENT),
        ({"h_alpha": 100.0, "h_beta": 30.0, "nii": 30.0, "oiii": 30.0}, EMISSION),
        ({"h_alpha": 100.0, "h_beta": 30.0, "nii": 80.0, "oiii": 200.0}, NARROW),
        ({"h_alpha": 10.0, "h_beta": 0.0, "nii": 31.0, "oiii": 0.0}, NARROW),  # [N II]/Hα beyond the curve's end
        ({"h_alpha": 10.0, "h_beta": 0.0, "nii": 8.0, "oiii": 2.0}, EMISSION),  # nothing shows an AGN
        ({"h_alpha": 10.0, "h_beta": 0.5, "nii": 12.0, "oiii": 20.0}, NARROW),  # even at the limit of Hβ
    ],
)
def test_line_fits_decide_by_the_papers_rules(strengths, expected):
    found = classify(fits(**strengths), **{"class": "GALAXY"})
    assert (found["class"], found["class_source"]) == (expected, "line fits")


def test_the_curve_of_kewley():
    assert maximum_starburst(np.array(0.0)) == pytest.approx(1.19 - 0.61 / 0.47)
    x = np.array([-1.0, -0.5, 0.0])
    assert (np.diff(maximum_starburst(x)) < 0).all()


@pytest.mark.parametrize(
    ("columns", "line_fits", "expected"),
    [
        ({"class": "QSO"}, (), BROAD),
        ({"class": "QSO", "subclass": "STARBURST"}, fits(50.0), BROAD),
        ({"class": "STAR", "subclass": "G2"}, (), "star"),
        ({"class": "G2"}, (), "G2"),
        ({"class": "emission-line"}, fits(0.0), EMISSION),
        ({"class": "GALAXY", "subclass": "AGN BROADLINE"}, fits(50.0, sigma=1500.0), BROAD),
        ({"class": "GALAXY", "subclass": "AGN BROADLINE"}, (), BROAD),
        ({"class": "GALAXY", "subclass": "STARFORMING BROADLINE"}, fits(50.0, sigma=230.0), EMISSION),
        ({"class": "", "z": np.nan}, (), ""),
        ({"class": "", "z": 1e-4}, (), ""),
        ({"class": "", "z": 0.2}, fits(1.0), QUIESCENT),
    ],
)
def test_the_catalogue_is_heard(columns, line_fits, expected):
    found = classify(line_fits, **columns)
    assert found["class"] == expected
    assert found["catalogue_class"] == columns["class"]


def test_without_balmer_lines_the_catalogue_decides():
    grid = SpectralGrid.from_range(1200, 2000, 300)
    words = ["STARFORMING", "AGN", "", ""]
    table = pd.DataFrame({"id": list("abcd"), "class": ["GALAXY"] * 3 + [""], "subclass": words, "z": 2.0})
    found = assign_classes(SpectraSet(grid, np.ones((4, 300)), np.ones((4, 300)), table), [()] * 4)
    assert list(found["class"]) == [EMISSION, NARROW, "", ""]
    assert list(found.columns) == ["class", "class_source", "catalogue_class"]


def test_coarse_grids_are_not_measured():
    grid = SpectralGrid.from_range(4500, 24500, 41)
    table = pd.DataFrame({"id": ["a"], "class": ["S"]})
    found = assign_classes(SpectraSet(grid, np.ones((1, 41)), np.ones((1, 41)), table), [()])
    assert list(found.columns) == ["class", "class_source", "catalogue_class"]
    assert found["class"][0] == "S"


def test_a_table_without_class_or_redshift_will_do():
    spectra = noisy(galaxy(h_alpha=20.0), n=3)
    found = assign_classes(spectra, [()] * 3)
    assert list(found["class"]) == ["", "", ""]
    assert (found["ew_h_alpha"] > 15).all()
    assert all(np.issubdtype(kind, np.floating) for kind in found.dtypes[3:])


@pytest.fixture(scope="module")
def real(real_data):
    """Real SDSS spectra of galaxies and quasars on the default grid, with their fits."""
    kept, line_fits = [], []
    for path in find_files([real_data / "sdss"]):
        (observation,) = read_file(path)
        try:
            prepared = preprocess(observation, PreprocessOptions())
        except Refused:
            continue
        if prepared.columns["class"] != "STAR":
            kept.append(prepared)
            line_fits.append(observation.line_fits)
    return collect(kept, DEFAULT_GRID), line_fits


@pytest.mark.real_data
def test_real_spectra_alone_agree_with_the_fits_in_their_files(real):
    spectra, line_fits = real
    by_fits = assign_classes(spectra, line_fits)
    blind = SpectraSet(spectra.grid, spectra.flux, spectra.ivar, spectra.table.drop(columns=["class", "subclass"]))
    by_spectrum = assign_classes(blind, [()] * len(spectra))
    galaxies = ((spectra.table["class"] == "GALAXY") & (by_spectrum["class"] != "")).to_numpy()
    assert galaxies.sum() > 80
    assert (by_fits["class"] == by_spectrum["class"])[galaxies].mean() > 0.9
    quasars = ((spectra.table["class"] == "QSO") & (by_spectrum["class"] != "")).to_numpy()
    assert (by_spectrum["class"] == BROAD)[quasars].mean() > 0.5
    assert (by_spectrum["class"] == BROAD)[galaxies].mean() < 0.05


@pytest.mark.real_data
def test_real_classes_fit_the_surveys_own_subclasses(real):
    spectra, line_fits = real
    found = assign_classes(spectra, line_fits)
    subclass = spectra.table["subclass"]
    assert set(found["class"][spectra.table["class"] == "QSO"]) == {BROAD}
    star_forming = subclass.isin(["STARFORMING", "STARBURST"]) & (spectra.table["class"] == "GALAXY")
    assert (found["class"][star_forming] == EMISSION).mean() > 0.95
    assert set(found["class"][subclass == "AGN"]) <= {NARROW}
