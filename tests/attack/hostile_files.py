"""Hostile files of many kinds, made from a seed: ``write_hostile(folder, n, seed)``.

Each function of `KINDS` writes one file (or what is not a file) under a path without ending. Good files of each format
(`GOOD`) are damaged by `mutate`: single bytes, blocks or the end.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from good_files import GOOD, Rng
from hostile_archives import (
    compressed_odd,
    gzip_bomb,
    hdf5_bomb,
    hdf5_elsewhere,
    hdf5_odd,
    hdf5_shape,
    npz_claims,
    npz_header,
    npz_pickle,
    zip_bomb,
    zip_members,
    zip_odd,
)
from hostile_fits import fits_axes, fits_endless, fits_numbers, fits_scale, fits_shape, fits_table, fits_units
from hostile_text import ecsv_odd, envi_odd, names_odd, no_file, odd_name, parquet_odd, text_bytes, text_odd, xml_odd


def mutate(rng: Rng, content: bytes) -> bytes:
    """One of some ways in which disks, networks and people damage files."""
    data = bytearray(content)
    n = len(data)
    way, start = rng.integers(7), int(rng.integers(n))
    if way == 0:
        return bytes(data[:start])
    if way == 1:
        for place in rng.integers(n, size=int(rng.integers(1, 40))):
            data[place] ^= 1 << int(rng.integers(8))
    elif way == 2:
        length = int(rng.integers(1, 3000))
        data[start : start + length] = rng.bytes(len(data[start : start + length]))
    elif way == 3:
        length = int(rng.integers(1, 3000))
        data[start : start + length] = bytes(len(data[start : start + length]))
    elif way == 4:
        data[start:start] = data[: int(rng.integers(1, 6000))]
    elif way == 5:  # the first blocks decide what is believed of the rest
        for place in rng.integers(min(n, 3000), size=int(rng.integers(1, 12))):
            data[place] = int(rng.choice(np.frombuffer(b"0123456789-+.eE'/= \x00\xff", np.uint8)))
    else:
        del data[start : start + int(rng.integers(1, 3000))]
    return bytes(data)


KINDS: tuple[Callable[[Rng, Path], None], ...] = (
    fits_shape,
    fits_axes,
    fits_table,
    fits_endless,
    fits_units,
    fits_scale,
    fits_numbers,
    npz_claims,
    npz_header,
    npz_pickle,
    zip_odd,
    zip_members,
    compressed_odd,
    hdf5_shape,
    hdf5_elsewhere,
    hdf5_odd,
    text_odd,
    text_bytes,
    xml_odd,
    ecsv_odd,
    names_odd,
    envi_odd,
    parquet_odd,
    no_file,
    odd_name,
)
BOMBS = (zip_bomb, gzip_bomb, hdf5_bomb)
"""Large ones, of which a few are enough."""


def write_hostile(folder: Path, n: int, seed: int, bombs: int = 0) -> None:
    """Write n hostile files, half of them of `KINDS` and half good files that were changed, and some bombs."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(n):
        rng = np.random.default_rng([seed, number])
        if number % 2:
            make = GOOD[number // 2 % len(GOOD)]
            path = make(rng, folder / f"{number:05d}-{make.__name__}")
            path.write_bytes(mutate(rng, path.read_bytes()))
        else:
            kind = KINDS[number // 2 % len(KINDS)]
            kind(rng, folder / f"{number:05d}-{kind.__name__}")
    for number in range(bombs):
        kind = BOMBS[number % len(BOMBS)]
        kind(np.random.default_rng([seed, n + number]), folder / f"bomb{number}-{kind.__name__}")
