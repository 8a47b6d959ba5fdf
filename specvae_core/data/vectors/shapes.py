"""What vectors of objects look like: the number of their components, and how those of tokens become one."""

from collections.abc import Iterable

import numpy as np

FEWEST, MOST = 2, 4096
"""Components that a vector may have."""

POOLS = ("mean", "max", "first", "last")
"""What becomes of the vectors of an object's tokens: their mean, largest values, or one of them."""

ROWS_AT_ONCE, BYTES_AT_ONCE = 16_384, 2**25
"""Rows of a file that are read at a time, at most, and their bytes: bound the memory."""


def rows_at_once(row_bytes: float) -> int:
    """Number of rows of so many bytes to read at a time."""
    return int(np.clip(BYTES_AT_ONCE // max(row_bytes, 1), 1, ROWS_AT_ONCE))


def pooled(tokens: np.ndarray, counts: np.ndarray, pool: str) -> np.ndarray:
    """One vector for each object, of the vectors of its tokens.

    Parameters
    ----------
    tokens
        (sum of counts, d), object after object.
    counts
        (n,) tokens of each object.
    pool
        One of `POOLS`.

    Returns
    -------
    vectors
        (n, d) float32; NaN where an object has no tokens.
    """
    result = np.full((len(counts), tokens.shape[1]), np.nan, np.float32)
    some = counts > 0
    starts = np.concatenate([[0], np.cumsum(counts)])[:-1][some]
    if not some.any():
        return result
    if pool == "mean":
        result[some] = np.add.reduceat(tokens, starts, axis=0) / counts[some, None]
    elif pool == "max":
        result[some] = np.maximum.reduceat(tokens, starts, axis=0)
    else:
        result[some] = tokens[starts if pool == "first" else starts + counts[some] - 1]
    return result


def uneven(name: str, file: str, sizes: Iterable[int]) -> str:
    """The sentence about vectors of different lengths."""
    first, last = min(sizes), max(sizes)
    return f"The vectors in {name} of {file} have {first} to {last} components: all need the same number."
