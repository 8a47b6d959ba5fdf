import numpy as np
import pandas as pd
import pytest

from specvae_core.data.split import object_names, split_objects
from specvae_core.errors import NotFound


def test_the_split_depends_on_the_ids_and_not_on_their_order() -> None:
    ids = np.array([f"spec-{i}" for i in range(5000)])
    split = split_objects(ids, 0.2, 0.1)
    assert (len(split.training), len(split.validation), len(split.test)) == (3500, 1000, 500)
    assert sorted([*split.training, *split.validation, *split.test]) == list(range(5000))
    assert 400 < np.count_nonzero(split.validation < 2500) < 600
    mixed = np.random.default_rng(0).permutation(ids)
    again = split_objects(mixed, 0.2, 0.1)
    assert set(mixed[again.test]) == set(ids[split.test])
    assert set(mixed[again.validation]) == set(ids[split.validation])


def test_models_with_other_settings_share_their_test_objects() -> None:
    ids = np.array([f"spec-{i}" for i in range(500)])
    usual = split_objects(ids, 0.1, 0.1)
    assert set(split_objects(ids, 0.4, 0.1).test) == set(usual.test)
    assert set(usual.test) <= set(split_objects(ids, 0.1, 0.3).test)


def test_folds_are_disjoint_and_cover_the_survey() -> None:
    ids = np.array([f"spec-{i}" for i in range(100)])
    folds = [split_objects(ids, 0.1, 0.2, fold) for fold in range(5)]
    assert sorted(row for fold in folds for row in fold.test) == list(range(100))
    for fold in folds:
        assert not set(fold.test) & (set(fold.training) | set(fold.validation))


def test_all_spectra_of_an_object_are_on_one_side() -> None:
    star = np.arange(900) // 3
    table = pd.DataFrame({"id": [f"spec-{i}" for i in range(900)], "star": [f"star {i}" for i in star]})
    split = split_objects(object_names(table, "star"), 0.1, 0.1)
    parts = [set(star[rows]) for rows in (split.training, split.validation, split.test)]
    assert [len(part) for part in parts] == [240, 30, 30]
    assert not parts[0] & parts[1]
    assert not parts[2] & (parts[0] | parts[1])


def test_a_spectrum_whose_object_is_unknown_is_one_of_its_own() -> None:
    table = pd.DataFrame({"id": ["a", "b", "c"], "star": ["x", None, ""]})
    assert list(object_names(table, "star")) == ["x", "b", "c"]
    with pytest.raises(NotFound, match="no column planet"):
        object_names(table, "planet")


@pytest.mark.parametrize(
    ("n", "fraction", "sizes"),
    [(2, 0.1, (1, 0, 1)), (3, 0.9, (1, 0, 2)), (5, 0.1, (3, 1, 1)), (1, 0.1, (1, 0, 0)), (0, 0.1, (0, 0, 0))],
)
def test_one_object_at_least_is_left_to_learn_from(n: int, fraction: float, sizes: tuple[int, int, int]) -> None:
    split = split_objects(np.array([str(i) for i in range(n)]), fraction, fraction)
    assert (len(split.training), len(split.validation), len(split.test)) == sizes


def test_no_fraction_keeps_nothing_out() -> None:
    split = split_objects(np.array(["a", "b"]), 0.0, 0.0)
    assert (len(split.training), len(split.validation), len(split.test)) == (2, 0, 0)
