"""Whether a difference is real, on features and circumstances with known truth."""

import numpy as np
import pandas as pd
import pytest

from specvae_core.analysis.explain import is_circumstance, judge
from specvae_core.analysis.matching import match

N = 3000


@pytest.fixture
def random():
    return np.random.default_rng(5)


def split(mask):
    return np.flatnonzero(mask), np.flatnonzero(~mask)


def test_a_difference_of_spectra_is_real(random):
    a = random.random(N) < 0.2
    features = {"line": random.normal(size=N) + a, "other": random.normal(size=N)}
    found = judge(features, pd.DataFrame({"sn": random.normal(size=N)}), *split(a), random)
    assert (found.real, found.cause) == (True, None)
    assert found.features[0][0].name == "line"
    assert found.sentence.startswith("Real: 1 of 2")


def test_a_difference_that_a_circumstance_makes_is_not(random):
    sn = random.normal(size=N)
    a = random.random(N) < 1 / (1 + np.exp(-2 * sn))  # more often chosen where S/N is high
    features = {"line": sn + 0.5 * random.normal(size=N), "other": random.normal(size=N)}
    circumstances = pd.DataFrame({"sn": sn, "airmass": random.normal(size=N)})
    found = judge(features, circumstances, *split(a), random)
    assert (found.real, found.cause) == (False, "sn")
    assert found.suspects[0].left < 0.3


def test_a_difference_stays_when_a_circumstance_is_matched(random):
    sn = random.normal(size=N)
    a = random.random(N) < 1 / (1 + np.exp(-sn))
    features = {"line": random.normal(size=N) + 0.8 * a}
    found = judge(features, pd.DataFrame({"sn": sn}), *split(a), random)
    assert (found.real, found.cause) == (True, None)
    assert found.suspects[0].left > 0.7
    assert "stays when noise (S/N) is matched" in found.sentence


def test_a_plate_can_be_the_cause(random):
    plate = random.choice(["266", "431", "1678"], N)
    a = (plate == "431") & (random.random(N) < 0.5) | (random.random(N) < 0.05)
    features = {"line": (plate == "431") + 0.3 * random.normal(size=N)}
    found = judge(features, pd.DataFrame({"plate": plate}), *split(a), random)
    assert (found.real, found.cause) == (False, "plate")


def test_two_circumstances_together_can_be_the_cause(random):
    sn, z = random.normal(size=(2, N))
    a = random.random(N) < 1 / (1 + np.exp(-1.5 * (sn + z)))
    found = judge({"line": sn + z}, pd.DataFrame({"sn": sn, "z": z}), *split(a), random)
    assert not found.real
    assert found.cause in ("sn, z", "z, sn", "sn", "z")


def test_groups_without_overlap_cannot_be_told_apart(random):
    sn = random.normal(size=N)
    found = judge({"line": sn + random.normal(size=N)}, pd.DataFrame({"sn": sn}), *split(sn > 1), random)
    assert (found.real, found.cause) == (False, "sn")
    assert np.isnan(found.suspects[0].left)
    assert match(pd.DataFrame({"sn": sn}), *split(sn > 1), random) is None


def test_random_groups_seldom_differ(random):
    alarms = 0
    for _ in range(200):
        features = {f"line {i}": random.normal(size=300) for i in range(10)}
        circumstances = pd.DataFrame({"sn": random.normal(size=300), "z": random.normal(size=300)})
        found = judge(features, circumstances, np.arange(60), np.arange(60, 300), random)
        alarms += found.real or found.cause is not None
    assert alarms <= 10


def test_matched_groups_are_alike(random):
    sn = random.normal(size=N)
    a, b = split(random.random(N) < 1 / (1 + np.exp(-sn)))
    drawn = match(pd.DataFrame({"sn": sn}), a, b, random)
    assert len(drawn[0]) == len(drawn[1]) == len(np.unique(drawn[0]))
    assert abs(np.median(sn[drawn[0]]) - np.median(sn[drawn[1]])) < 0.1 < abs(np.median(sn[a]) - np.median(sn[b]))


def test_names_of_circumstances():
    assert all(
        map(is_circumstance, ("sn", "SN_MEDIAN_ALL", "z", "plate", "airmass", "seeing50", "EXPTIME", "coverage"))
    )
    assert not any(map(is_circumstance, ("class", "ew_h_alpha", "d4000", "true_sn", "brightness", "ra", "zinc")))
