"""The planted outliers of the demo survey: each shows what its kind says."""

import numpy as np
import pytest

from specvae_core.data.spectra import Observation
from specvae_core.data.synthetic import demo_observations
from specvae_core.data.synthetic.objects import OUTLIER_KINDS
from specvae_core.data.synthetic.survey import synthetic_batches
from specvae_core.lines import LINE

N, SEED = 1200, 8
Pair = tuple[Observation, np.ndarray]


@pytest.fixture(scope="module")
def by_kind() -> dict[str, list[Pair]]:
    """By ``true_kind``: observations with their flux before noise."""
    found: dict[str, list[Pair]] = {}
    clean = np.concatenate([batch.light.flux for batch in synthetic_batches(N, SEED)])
    for observation, flux in zip(demo_observations(N, SEED), clean, strict=True):
        found.setdefault(str(observation.columns["true_kind"]), []).append((observation, flux))
    return found


def absorption(observation: Observation, flux: np.ndarray, key: str) -> float:
    """Equivalent width (Angstrom, positive in absorption) of what lies at a line's rest wavelength as observed."""
    distance = np.abs(observation.wavelength - LINE[key].wavelength)
    line, beside = distance < 30, (distance > 30) & (distance < 60)
    wavelength = observation.wavelength - LINE[key].wavelength
    continuum = np.polyval(np.polyfit(wavelength[beside], flux[beside], 1), wavelength[line])
    return float(np.sum((1 - flux[line] / continuum) * np.gradient(wavelength)[line]))


def band_head(observation: Observation, flux: np.ndarray) -> float:
    """Flux just redwards of the TiO head at 7055 Angstrom as observed, relative to just bluewards."""
    after, before = (flux[np.abs(observation.wavelength - centre) < 15].mean() for centre in (7085.0, 7030.0))
    return float(after / before)


def step(observation: Observation, flux: np.ndarray) -> float:
    """Jump at the join of the spectrograph's arms, in ln flux."""
    blue, red = (np.median(flux[np.abs(observation.wavelength - centre) < 4]) for centre in (5995.0, 6005.0))
    return abs(float(np.log(red / blue)))


def test_every_kind_is_planted(by_kind):
    assert {kind: len(by_kind[kind]) for kind in OUTLIER_KINDS} == dict.fromkeys(OUTLIER_KINDS, 2)


def test_stars_pass_for_galaxies_and_have_no_galaxy_truth(by_kind):
    for observation, _ in by_kind["A star"] + by_kind["M star"]:
        assert observation.redshift >= 0.02
        assert observation.columns["class"] == "GALAXY"
        assert np.isnan(observation.columns["true_sigma_v"])
        assert np.isnan(observation.columns["true_d4000"])


def test_stars_show_their_lines_at_rest_in_the_observed_frame(by_kind):
    for pair in by_kind["A star"]:
        assert absorption(*pair, "h_beta") > 6
        assert absorption(*pair, "h_gamma") > 6
    assert all(band_head(*pair) < 0.7 for pair in by_kind["M star"])
    galaxies = by_kind["quiescent"] + by_kind["emission-line"]
    assert np.quantile([absorption(*pair, "h_beta") for pair in galaxies], 0.95) < 6
    assert np.quantile([band_head(*pair) for pair in galaxies], 0.02) > 0.75


def test_blends_show_both_a_star_and_a_galaxy(by_kind):
    for pair in by_kind["blend"]:
        assert absorption(*pair, "h_beta") > 2 or band_head(*pair) < 0.88
        assert np.isfinite(pair[0].columns["true_d4000"])


def test_arms_break_only_in_their_kind(by_kind):
    assert all(step(*pair) > 0.3 for pair in by_kind["arm break"])
    ordinary = [step(*pair) for pair in by_kind["quiescent"] + by_kind["emission-line"]]
    assert np.quantile(ordinary, 0.95) < 0.1


def test_missing_ranges(by_kind):
    for observation, _ in by_kind["missing range"]:
        lost = observation.ivar == 0
        assert 0.25 < lost.mean() < 0.45
        assert (observation.flux[lost] == 0).mean() > 0.95
    assert max((observation.ivar == 0).mean() for observation, _ in by_kind["quiescent"]) < 0.06


def test_low_signal_to_noise(by_kind):
    for observation, flux in by_kind["low S/N"]:
        good = observation.ivar > 0
        assert np.median(flux[good] * np.sqrt(observation.ivar[good])) < 2.2
