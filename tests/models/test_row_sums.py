"""Checksums of rows: any changed number changes that of its row, and of no other."""

import numpy as np

from specvae_core.models.row_sums import WORDS_AT_ONCE, row_sums


def test_a_flipped_bit_changes_the_sum_of_its_row_alone():
    random = np.random.default_rng(0)
    rows = random.normal(size=(200, 37)).astype(np.float32)
    before = row_sums(rows)
    assert len(np.unique(before)) == 200
    for _ in range(100):
        changed, row, column = rows.copy(), random.integers(200), random.integers(37)
        changed.view(np.uint32)[row, column] ^= np.uint32(1) << np.uint32(random.integers(32))
        assert np.flatnonzero(row_sums(changed) != before).tolist() == [row]


def test_two_numbers_that_change_places_change_the_sum():
    rows = np.array([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0]], np.float32)
    assert len(np.unique(row_sums(rows))) == 2


def test_a_row_has_the_same_sum_among_others_and_alone():
    rows = np.random.default_rng(1).normal(size=(3, WORDS_AT_ONCE // 2)).astype(np.float32)
    assert row_sums(rows)[2] == row_sums(rows[2:])[0]
