import numpy as np
import pandas as pd
import pytest

from specvae_core.data.spectra import Observation
from specvae_core.data.synthetic import demo_observations, spectrograph, stars
from specvae_core.data.synthetic.nebular import (
    NARROW_LINES,
    kauffmann_2003,
    kewley_2001,
    narrow_line_ratios,
    nucleus_light,
    reddened,
)
from specvae_core.data.synthetic.objects import OUTLIER_KINDS, draw_objects
from specvae_core.data.synthetic.populations import dust_law, stellar_light
from specvae_core.data.synthetic.survey import SyntheticBatch, synthetic_batches
from specvae_core.errors import BadConfig
from specvae_core.grid import SPEED_OF_LIGHT, SpectralGrid
from specvae_core.lines import LINE

CLASSES = ("quiescent", "emission-line", "narrow-line AGN", "broad-line AGN")
N, SEED = 800, 3


@pytest.fixture(scope="module")
def survey() -> list[Observation]:
    return list(demo_observations(N, SEED))


@pytest.fixture(scope="module")
def batches() -> list[SyntheticBatch]:
    return list(synthetic_batches(N, SEED))


@pytest.fixture(scope="module")
def truth(survey: list[Observation]) -> pd.DataFrame:
    return pd.DataFrame([dict(observation.columns, z=observation.redshift) for observation in survey])


@pytest.fixture(scope="module")
def clean(batches: list[SyntheticBatch]) -> np.ndarray:
    """(n, n_pixel) fluxes before noise."""
    return np.concatenate([batch.light.flux for batch in batches])


def area_fits(survey: list[Observation], line: str) -> np.ndarray:
    """(n, 2) area and error of a line in the observations' own fits; NaN where not fitted."""
    fits = [next(fit for fit in observation.line_fits if fit.name == line) for observation in survey]
    return np.array([(fit.area, fit.area_error) if fit.area_error > 0 else (np.nan, np.nan) for fit in fits])


def equivalent_width(wavelength: np.ndarray, flux: np.ndarray, centre: float, half_width: float) -> float:
    """Equivalent width in Angstrom, positive in emission, over a straight continuum on both sides."""
    line = np.abs(wavelength - centre) < half_width
    beside = ~line & (np.abs(wavelength - centre) < 2 * half_width)
    continuum = np.polyval(np.polyfit(wavelength[beside], flux[beside], 1), wavelength[line])
    return float(np.sum((flux[line] / continuum - 1) * np.gradient(wavelength)[line]))


# The survey as a whole


def test_the_same_seed_gives_the_same_bits_and_another_seed_another_survey():
    first, again, other = (list(demo_observations(40, seed)) for seed in (5, 5, 6))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.flux, two.flux)
        np.testing.assert_array_equal(one.ivar, two.ivar)
        assert repr(dict(one.columns)) == repr(dict(two.columns))
        assert one.line_fits == two.line_fits
    assert not np.array_equal(first[0].flux, other[0].flux)


@pytest.mark.parametrize(("n", "seed"), [(0, 0), (-3, 0), (5, -1)])
def test_a_survey_of_nothing_is_refused_at_once(n, seed):
    with pytest.raises(BadConfig, match="at least 1 spectrum"):
        demo_observations(n, seed)


def test_class_fractions_and_outlier_counts():
    kinds = draw_objects(4000, np.random.default_rng(0))["kind"]
    share = kinds.value_counts(normalize=True)
    expected = {"quiescent": 0.60, "emission-line": 0.32, "narrow-line AGN": 0.05, "broad-line AGN": 0.025}
    for name, fraction in expected.items():
        assert share[name] == pytest.approx(fraction, abs=0.01)
    assert share[list(OUTLIER_KINDS)].sum() == pytest.approx(0.01, abs=0.002)
    assert (kinds.value_counts()[list(OUTLIER_KINDS)] >= 4).all()
    assert set(kinds[:60]) >= set(CLASSES[:3])  # shuffled
    assert set(OUTLIER_KINDS) <= set(draw_objects(400, np.random.default_rng(1))["kind"])
    assert len(draw_objects(1, np.random.default_rng(1))) == 1


def test_observations_look_like_a_survey(survey, truth):
    assert len({observation.id for observation in survey}) == N
    assert all(observation.id.startswith("demo-") and "synthetic" in observation.source for observation in survey)
    np.testing.assert_allclose(np.diff(np.log10(survey[0].wavelength)), 1e-4, rtol=1e-6)
    for observation in survey:
        assert np.isfinite(observation.flux).all()
        assert np.isfinite(observation.ivar).all()
        assert (observation.ivar >= 0).all()
        assert 0.02 <= observation.redshift <= 0.36
    numbers = truth.select_dtypes("number")
    assert not np.isinf(numbers).any(axis=None)
    assert set(truth["class"]) == {"GALAXY", "QSO"}
    assert set(truth.loc[truth["class"] == "QSO", "true_kind"]) == {"broad-line AGN"}
    ordinary = truth[truth["true_kind"].isin(CLASSES)]
    assert ordinary["true_sn"].median() == pytest.approx(14, abs=2)
    assert ordinary["true_sn"].between(4, 95).all()


def test_noise_is_what_ivar_says(survey, clean):
    flux, ivar = (np.array([getattr(observation, name) for observation in survey]) for name in ("flux", "ivar"))
    pull = (flux - clean) * np.sqrt(ivar)
    quiet = (ivar > 0) & (spectrograph.SKY_NOISE < 0.01)
    assert np.mean(pull[quiet] ** 2) == pytest.approx(1.0, abs=0.01)
    assert np.mean(pull[ivar > 0] ** 2) == pytest.approx(1.0, abs=0.06)  # sky lines are subtracted imperfectly
    good_ends = np.median(ivar[:, 60]) / np.median(ivar[:, 1500])
    assert good_ends < 0.5


# Stars, populations, dust


def test_populations_redden_and_break_with_age():
    young_to_old = stellar_light(np.eye(7), np.zeros(7), np.full(7, 150.0))
    wavelength = stars.WAVELENGTH

    def mean(low, high):
        return young_to_old[:, (wavelength > low) & (wavelength < high)].mean(axis=1)

    assert (np.diff(mean(4050, 4100) / mean(3850, 3900)) > 0).all()
    assert (np.diff(mean(7400, 7600) / mean(4400, 4600)) > 0).all()
    h_delta = np.array([equivalent_width(wavelength, row, LINE["h_delta"].wavelength, 20.0) for row in young_to_old])
    assert h_delta.argmin() in (2, 3)  # absorption is deepest 0.1 to 0.4 Gyr after a burst
    mg_b = np.array([equivalent_width(wavelength, row, LINE["mg_b"].wavelength, 22.0) for row in young_to_old])
    assert (np.diff(mg_b) < 0).all()


def test_dispersion_widens_lines_and_keeps_their_area():
    old = np.tile(np.eye(7)[-1], (2, 1))
    sharp, smooth = stellar_light(old, np.zeros(2), np.array([60.0, 300.0]))
    near = np.abs(stars.WAVELENGTH - LINE["na_d"].wavelength) < 40
    assert sharp[near].min() < smooth[near].min() - 0.03
    assert sharp[near].mean() == pytest.approx(smooth[near].mean(), rel=0.01)


def test_dust_law_and_balmer_decrement():
    assert dust_law(5500.0) == pytest.approx(4.05, abs=0.02)  # R_V, by definition
    low, high = dust_law(np.array([6299.0, 6301.0]))
    assert low == pytest.approx(high, rel=0.01)  # the two branches meet
    names = list(NARROW_LINES)
    excess = np.array([0.0, 0.5])
    lines = reddened(narrow_line_ratios(np.full(2, -0.4), np.full(2, -0.3), np.zeros(2)), excess)
    decrement = lines[:, names.index("H_alpha")] / lines[:, names.index("H_beta")]
    difference = dust_law(LINE["h_beta"].wavelength) - dust_law(LINE["h_alpha"].wavelength)
    np.testing.assert_allclose(decrement, 2.86 * 10 ** (0.4 * excess * difference))


# Spectra against the truth in the catalogue


def test_d4000_of_noisy_spectra_is_the_true_one_and_falls_with_young_stars(survey, truth):
    measured = []
    for observation in survey:
        wavelength = observation.wavelength / (1 + observation.redshift)
        per_frequency = np.where(observation.ivar > 0, observation.flux, np.nan) * wavelength**2
        windows = [(wavelength > low) & (wavelength < low + 100) for low in (4000, 3850)]
        red, blue = (per_frequency[window] for window in windows)
        whole = np.isfinite(red).mean() > 0.8 and np.isfinite(blue).mean() > 0.8
        measured.append(np.nanmean(red) / np.nanmean(blue) if whole else np.nan)
    quiescent = ((truth["true_kind"] == "quiescent") & (truth["true_sn"] > 15)).to_numpy() & np.isfinite(measured)
    assert quiescent.sum() > 100
    np.testing.assert_allclose(np.array(measured)[quiescent], truth["true_d4000"][quiescent], atol=0.15)
    galaxies = truth[truth["true_kind"].isin(CLASSES[:2])]
    rank = galaxies.select_dtypes("number").corr("spearman")
    assert rank.loc["true_d4000", "true_age_fraction_young"] < -0.7
    assert rank.loc["true_h_alpha_ew", "true_age_fraction_young"] > 0.7


def test_emission_lines_lie_at_their_redshift_with_their_true_strength(truth, clean):
    strong = np.flatnonzero((truth["true_kind"] == "emission-line") & (truth["true_h_alpha_ew"] > 20))[:60]
    ratios = []
    for row in strong:
        one_plus_z = 1 + truth["z"][row]
        wavelength = spectrograph.WAVELENGTH / one_plus_z
        peak = wavelength[np.abs(wavelength - 6564.6) < 10][clean[row][np.abs(wavelength - 6564.6) < 10].argmax()]
        assert peak == pytest.approx(LINE["h_alpha"].wavelength, abs=1.0)
        blend = equivalent_width(wavelength, clean[row], LINE["h_alpha"].wavelength, 40.0)
        expected = truth["true_h_alpha_ew"][row] * (1 + 4 / 3 * 10 ** truth["true_log_nii_ha"][row])
        assert blend == pytest.approx(expected, rel=0.08, abs=6.0)  # Balmer absorption takes some Angstrom
        weak, bright = (equivalent_width(wavelength, clean[row], line, 14.0) for line in (4960.30, 5008.24))
        ratios.append(bright / weak)
    assert np.median(ratios) == pytest.approx(2.98, rel=0.15)


def test_broad_lines_have_their_true_width():
    objects = pd.DataFrame({"slope": 1.5, "broad_fwhm": [1500.0, 3000.0, 8000.0], "broad_ew": 300.0, "iron": 0.0})
    wavelength = np.arange(6000.0, 7200.0, 0.5)
    with_line = nucleus_light(objects, wavelength)
    profile = with_line - nucleus_light(objects.assign(broad_ew=0.0), wavelength)
    width = (profile > 0.5 * profile.max(axis=1, keepdims=True)).sum(axis=1) * 0.5
    resolution = 69.0 * 2.3548
    velocity = width / LINE["h_alpha"].wavelength * SPEED_OF_LIGHT
    np.testing.assert_allclose(np.sqrt(velocity**2 - resolution**2), objects["broad_fwhm"], rtol=0.02)


def test_broad_line_widths_are_continuous():
    objects = draw_objects(4000, np.random.default_rng(0))
    width = np.sort(np.log10(objects.loc[objects["kind"] == "broad-line AGN", "broad_fwhm"]))
    assert 10 ** width[0] < 1700
    assert 10 ** width[-1] > 7000
    assert np.diff(width).max() < 0.08


# Line fits


def test_line_fits_scatter_about_the_truth_as_their_errors_say(survey, batches):
    for name in ("H_alpha", "[O_III] 5007", "H_beta", "[N_II] 6583"):
        area, error = area_fits(survey, name).T
        true = np.concatenate([batch.light.line_area[:, list(NARROW_LINES).index(name)] for batch in batches])
        narrow = np.concatenate([batch.light.broad_h_alpha for batch in batches]) == 0
        pull = ((area - true) / error)[narrow & np.isfinite(area)]
        assert np.isfinite(area).mean() > 0.95
        assert pull.std() == pytest.approx(1.0, abs=0.12)
        assert abs(np.median(pull)) < 0.15


def test_classes_follow_from_the_line_fits(survey, truth):
    alpha, beta, nii, oiii = (area_fits(survey, name) for name in ("H_alpha", "H_beta", "[N_II] 6583", "[O_III] 5007"))
    detected = alpha[:, 0] > 3 * alpha[:, 1]
    kind = truth["true_kind"].to_numpy()
    assert detected[kind == "quiescent"].mean() < 0.06
    assert detected[kind == "emission-line"].mean() > 0.95
    significant = np.all([line[:, 0] > 3 * line[:, 1] for line in (alpha, beta, nii, oiii)], axis=0)
    x, y = (np.log10(np.where(significant, upper, 1.0)) for upper in (nii[:, 0] / alpha[:, 0], oiii[:, 0] / beta[:, 0]))
    active = y > kewley_2001(x)
    assert active[significant & (kind == "narrow-line AGN")].mean() > 0.93
    assert active[significant & (kind == "emission-line")].mean() < 0.02


def test_true_line_ratios_keep_to_their_branches():
    objects = draw_objects(4000, np.random.default_rng(2)).groupby("kind")
    agn, emission = (objects.get_group(kind) for kind in ("narrow-line AGN", "emission-line"))
    assert (agn["log_oiii_hb"] > kewley_2001(agn["log_nii_ha"])).all()
    assert (emission["log_oiii_hb"] < kewley_2001(emission["log_nii_ha"])).all()
    pure = emission[emission["active"] == 0]
    assert (pure["log_oiii_hb"] < kauffmann_2003(pure["log_nii_ha"])).all()
    assert pure[["log_nii_ha", "log_oiii_hb"]].corr("spearman").iloc[0, 1] < -0.8
    composite = (emission["log_oiii_hb"] > kauffmann_2003(emission["log_nii_ha"])).mean()
    assert 0.03 < composite < 0.2


# What a model will find


def test_spectra_fill_several_dimensions_and_classes_stand_apart(clean, truth):
    grid = SpectralGrid.from_range(3700.0, 6700.0, 400)
    rest = np.array(
        [
            np.interp(grid.wavelength * (1 + z), spectrograph.WAVELENGTH, row)
            for row, z in zip(clean, truth["z"], strict=True)
        ]
    )
    rest /= rest.mean(axis=1, keepdims=True)
    ordinary = truth["true_kind"].isin(CLASSES).to_numpy() & (truth["z"] < 0.34).to_numpy()
    rest, kind = rest[ordinary], truth["true_kind"].to_numpy()[ordinary]
    centred = rest - rest.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    explained = np.cumsum(singular**2) / np.sum(singular**2)
    assert 4 <= np.searchsorted(explained, 0.99) <= 40  # more than a plane, far less than the pixels
    scores = left[:, :10]
    distance = ((scores[:, None] - scores[None]) ** 2).sum(axis=-1)
    np.fill_diagonal(distance, np.inf)
    neighbours = kind[np.argsort(distance, axis=1)[:, :5]]
    votes = np.array([max(CLASSES, key=list(row).count) for row in neighbours])
    assert (votes == kind).mean() > 0.9
