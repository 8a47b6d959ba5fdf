"""Interest on points with known truth: predicted, unsure where nothing is known, unlearnt by zeros; proposals."""

import numpy as np
import pytest

from specvae_core.analysis.propose import isolation, propose
from specvae_core.analysis.teach import Teacher, features_of
from specvae_core.errors import BadConfig


@pytest.fixture(scope="module")
def points():
    """(n, 3) latents of three populations: 0 and 1 are common, 2 is rare."""
    random = np.random.default_rng(0)
    kinds = np.repeat([0, 1, 2], [900, 900, 30])
    centres = np.array([[0, 0, 0], [4, 0, 0], [2, 4, 0]], float)
    return centres[kinds] + random.normal(0, 0.5, (len(kinds), 3)), kinds


def fitted(features, rows, scores):
    return Teacher.fit(features[rows], np.asarray(scores, float))


def test_interest_is_high_near_what_is_interesting(points):
    latents, kinds = points
    features = features_of(latents, {})
    rows = [0, 1, 2, 900, 901, 902, 1800, 1801]
    teacher = fitted(features, rows, [0, 0, 0, 0, 0, 0, 5, 5])
    interest, sigma = teacher.predict(features)
    assert interest[kinds == 2].mean() > 3 > 1 > interest[kinds != 2].mean()
    assert ((interest >= 0) & (interest <= 5)).all()
    far = features_of(np.vstack([latents, [[50.0, 50.0, 50.0]]]), {})[-1:]
    assert teacher.predict(far)[1][0] > sigma.mean()


def test_a_quantity_beside_the_latents_is_learnt(points):
    latents, _ = points
    random = np.random.default_rng(1)
    sn = np.where(random.random(len(latents)) < 0.1, 2.0, 30.0) * np.exp(random.normal(0, 0.1, len(latents)))
    features = features_of(latents, {"sn": sn})
    rows = random.choice(len(sn), 60, replace=False)
    teacher = fitted(features, rows, 5.0 * (sn[rows] < 5))
    interest = teacher.predict(features)[0]
    assert np.mean((interest > 2.5) == (sn < 5)) > 0.97


def test_artefacts_are_unlearnt_by_a_few_zeros(points):
    latents, kinds = points
    features = features_of(latents, {})
    before = fitted(features, [0, 900, 1800], [0, 0, 5]).predict(features)[0][kinds == 2].mean()
    after = (
        fitted(features, [0, 900, 1800, 1805, 1810, 1815], [0, 0, 5, 0, 0, 0]).predict(features)[0][kinds == 2].mean()
    )
    assert after < 0.5 * before


def test_proposals_find_the_rare_population_and_are_no_twins(points):
    latents, kinds = points
    features, alone = features_of(latents, {}), np.zeros(len(latents))
    scored = np.array([0, 900, 1800])
    names = np.array(["a", "b", "c"])
    found = propose(fitted(features, scored, [0, 0, 5]), features, alone, scored, names, 20)
    rows = [one.row for one in found]
    assert len(set(rows)) == 20
    assert not set(rows) & set(scored.tolist())
    assert (kinds[rows] == 2).sum() >= 15
    assert found[0].why == "like c, scored 5"
    fresh = propose(fitted(features, scored[:2], [0, 0]), features, alone, scored[:2], names[:2], 10)
    spread = np.linalg.norm(latents[[one.row for one in fresh]][:, None] - latents[[one.row for one in fresh]], axis=2)
    assert spread[~np.eye(10, dtype=bool)].min() > 0.3
    assert all("unlike" in one.why for one in fresh)


def test_isolated_objects_come_first_where_nothing_is_known(points):
    latents, kinds = points
    features = features_of(latents, {})
    alone = np.where(kinds == 2, 1.0, 0.0)
    found = propose(fitted(features, [0], [0]), features, alone, np.array([0]), np.array(["a"]), 5)
    assert all(kinds[one.row] == 2 for one in found)
    assert all(one.why.startswith("isolated") for one in found)


def test_isolation_is_a_rank():
    alone = isolation(np.array([1.0, 1.1, 0.9, np.nan, 8.0]))
    assert alone.argmax() == 4
    assert alone[4] == 1
    assert alone[[2, 3]].tolist() == [0, 0]


def test_more_are_asked_for_than_there_are(points):
    latents, _ = points
    features = features_of(latents[:8], {})
    found = propose(fitted(features, [0, 1], [0, 5]), features, np.zeros(8), np.array([0, 1]), np.array(["a", "b"]), 99)
    assert sorted(one.row for one in found) == [2, 3, 4, 5, 6, 7]


def test_what_is_no_score():
    with pytest.raises(BadConfig, match="A score is 7"):
        Teacher.fit(np.zeros((2, 7)), [1, 7])
    with pytest.raises(BadConfig, match="no scores"):
        Teacher.fit(np.zeros((0, 7)), [])


def test_unknown_values_and_latents_do_not_spoil_the_rest():
    latents = np.random.default_rng(2).normal(size=(50, 2))
    latents[3, 1] = np.nan
    features = features_of(latents, {"chi2": np.full(50, np.nan), "sn": np.append(np.nan, np.ones(49))})
    assert np.isfinite(features).all()
