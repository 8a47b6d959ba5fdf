"""What several people say of the same objects."""

import numpy as np
import pytest

from specvae_core.analysis.verdicts import agreements, cohens_kappa, merged
from specvae_core.annotation_record import Annotation


def test_a_majority_counts_and_the_median_where_there_is_none():
    def mark(*marks):
        return merged({str(i): Annotation(one) for i, one in enumerate(marks)}).annotation.mark

    assert mark(5, 5, 0) == 5
    assert mark(0, 2, 5) == 2
    assert mark(1, 4) == 1
    assert mark(None, 4) == 4


def test_the_surest_redshift_counts_and_a_disagreement_is_kept():
    said = {"anna": Annotation(redshift=0.2, quality=4), "ben": Annotation(redshift=0.9, quality=1, note="noisy")}
    verdict = merged(said)
    assert (verdict.annotation.redshift, verdict.annotation.quality) == (0.2, 4)
    assert verdict.annotation.note == "ben: noisy"
    assert verdict.disagree
    near = merged({"anna": Annotation(redshift=0.2), "ben": Annotation(redshift=0.203)})
    assert not near.disagree


def test_kappa_of_a_textbook_table():
    """Two raters, 50 proposals: both yes 20, both no 15, 5 and 10 apart; kappa is 0.4."""
    a = np.array([1] * 25 + [0] * 25)
    b = np.array([1] * 20 + [0] * 5 + [1] * 10 + [0] * 15)
    assert cohens_kappa(a, b) == pytest.approx(0.4)


def test_kappa_is_near_0_for_independent_people_and_unknown_where_nothing_varies():
    random = np.random.default_rng(0)
    assert abs(cohens_kappa(random.integers(0, 6, 20_000), random.integers(0, 6, 20_000))) < 0.02
    assert np.isnan(cohens_kappa(np.full(9, 3), np.full(9, 3)))


def test_pairs_count_only_what_both_have_marked():
    said = {
        "anna": {"a": Annotation(1), "b": Annotation(2), "c": Annotation(note="odd")},
        "ben": {"a": Annotation(1, redshift=0.1), "c": Annotation(3)},
        "caro": {},
    }
    found = {(one.a, one.b): one for one in agreements(said)}
    assert found["anna", "ben"].n == 1
    assert found["anna", "ben"].equal == 1.0
    assert found["anna", "caro"].n == 0
    assert np.isnan(found["anna", "caro"].equal)
