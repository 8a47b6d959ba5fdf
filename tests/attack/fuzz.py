"""Damaged files as Hypothesis makes and shrinks them, for a minute of tests and an hour of benchmarks."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from good_files import GOOD
from hypothesis import strategies as st

from specvae_core.data.preprocess import PreprocessOptions, preprocess
from specvae_core.data.readers import read_file
from specvae_core.errors import Refused
from specvae_core.grid import SpectralGrid

OPTIONS = PreprocessOptions(grid=SpectralGrid.from_range(4000.0, 7000.0, 40))

edits = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 200),
        st.one_of(
            st.binary(max_size=64),
            st.sampled_from(
                [b"", b"\0" * 80, b"\xff" * 8, b"999999999999999999", b"-1", b"nan", b"1e999", b"'", b"/", b"\n"]
            ),
        ),
    ),
    min_size=1,
    max_size=5,
)
"""Each edit: where, as a share of the file; how many bytes are taken out there; what is put in."""

damaged_files = st.tuples(st.integers(0, len(GOOD) - 1), st.sampled_from([0.02, 0.2, 1.0]), edits)
"""Number of a good file, the share of it (from its start) that is edited, and the edits."""


@cache
def good(number: int) -> tuple[str, bytes]:
    """Name and content of a good file."""
    with tempfile.TemporaryDirectory() as folder:
        path = GOOD[number](np.random.default_rng(number), Path(folder) / "good")
        return path.name, path.read_bytes()


def check(folder: Path, case: tuple) -> None:
    """Read a damaged file: each object is refused in a sentence or prepared with finite numbers."""
    number, share, changes = case
    name, content = good(number)
    data = bytearray(content)
    for where, out, put in changes:
        at = int(where * share * len(data))
        data[at : at + out] = put
    path = folder / name
    path.write_bytes(data)
    read_and_check(path)


def read_and_check(path: Path) -> None:
    """Read a file: each object is refused in a sentence or prepared with finite numbers."""
    sentence = "read"
    try:
        for item in read_file(path, most=200):
            prepared = preprocess(item, OPTIONS) if not isinstance(item, Refused) else None
            assert prepared is None or np.isfinite(prepared.flux).all()
    except Refused as refusal:
        sentence = str(refusal)
    assert sentence.strip()
    assert "\n" not in sentence
