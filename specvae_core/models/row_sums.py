"""Checksums of the rows of a matrix: a few rows of a file of some GB are checked without reading the rest."""

import numpy as np

WORDS_AT_ONCE = 2**22
"""Numbers that are added up at a time: bounds the memory."""

GOLDEN = 0x9E3779B97F4A7C15
"""2^64 over the golden ratio (Knuth 1998, The Art of Computer Programming 3, section 6.4), an odd number."""


def row_sums(rows: np.ndarray) -> np.ndarray:
    """Checksum of each row (n,) uint64: the sum modulo 2^64 of its words, each times an odd number of its own.

    A change of a single number changes the sum for certain, any other change but for one in some 10^19.

    Parameters
    ----------
    rows
        (n, d) float32.
    """
    words = np.ascontiguousarray(rows, dtype=np.float32).view(np.uint32)
    n, d = words.shape
    weights = (2 * np.arange(d, dtype=np.uint64) + 1) * np.uint64(GOLDEN)
    sums, step = np.empty(n, np.uint64), max(WORDS_AT_ONCE // d, 1)
    for first in range(0, n, step):
        some = words[first : first + step]
        sums[first : first + step] = np.einsum("nd,d->n", some, weights, dtype=np.uint64, casting="safe")
    return sums
