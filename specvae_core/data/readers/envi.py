"""ENVI: a scene in a raw file, described by a header in text beside it (``.hdr``).

Read through its header: ``samples`` (x), ``lines`` (y), ``bands``, ``interleave``, ``data type``, ``byte order``,
``header offset``, ``wavelength`` with ``wavelength units``, ``bbl`` (bad bands), ``data ignore value`` and
``reflectance scale factor``. See NV5 Geospatial, *ENVI Header Files*.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import Reason, Refused
from ..spectra import Observation
from .cube import as_column, read_cube
from .source import Source

READER = "ENVI"
TYPES = {1: "u1", 2: "i2", 3: "i4", 4: "f4", 5: "f8", 12: "u2", 13: "u4", 14: "i8", 15: "u8"}
AXES = {"bsq": (1, 2, 0), "bil": (0, 2, 1), "bip": (0, 1, 2)}
"""Interleave -> axes of the file that are lines, samples and bands."""

ENDINGS = ("", ".img", ".raw", ".dat", ".bin", ".bsq", ".bil", ".bip", ".cube")
NO_UNIT = ("", "unknown", "index")
_ENTRY = re.compile(r"^\s*([\w ]+?)\s*=\s*(\{[^}]*\}|[^\n]*)", re.MULTILINE)


class EnviReader:
    """Reads the pixels of ENVI scenes."""

    def claims(self, source: Source) -> bool:
        """Whether the file is a header of ENVI, or the raw data beside one."""
        return source.head.startswith(b"ENVI") or _header_of(source.path) is not None

    def read(self, source: Source) -> Iterator[Observation | Refused]:
        """One object for each pixel of the scene."""
        header_path = _header_of(source.path)
        if header_path is not None:
            raise Refused(
                Reason.FOREIGN,
                f"{source.name} holds the data that {header_path.name} describes: they are read through it.",
            )
        header = _read_header(source)
        numbers = header.get("wavelength", "")
        values = np.array(re.findall(r"[-+.\deE]+", numbers), dtype=float)
        unit = header.get("wavelength units", "").strip().lower()
        axis = as_column(values, "" if unit in NO_UNIT else unit) if len(values) else None
        bad = np.array(re.findall(r"[\d.]+", header.get("bbl", "")), dtype=float) == 0
        cube = _Scene(_open_raw(source, header), _scale(header), _number(header, "data ignore value"))
        yield from read_cube(cube, axis, {}, source, reader=READER, bad=bad if len(bad) else None)


@dataclass(frozen=True, eq=False)
class _Scene:
    """(lines, samples, bands) on the disk; slices of lines come as numbers, NaN where there are none.

    Parameters
    ----------
    raw
        As stored.
    scale
        What stored values are divided by.
    ignored
        The value that stands for no data; NaN where none does.
    """

    raw: np.ndarray
    scale: float
    ignored: float

    @property
    def shape(self) -> tuple[int, ...]:
        return self.raw.shape

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(float)

    def __getitem__(self, item: slice | tuple) -> np.ndarray:
        stored = np.asarray(self.raw[item], dtype=float)
        return np.where(stored == self.ignored, np.nan, stored / self.scale)


def _header_of(path: Path) -> Path | None:
    """The header that describes a raw file, by their names."""
    if path.suffix.lower() == ".hdr":
        return None
    for candidate in (path.with_suffix(".hdr"), path.with_name(path.name + ".hdr")):
        if candidate.is_file():
            with candidate.open("rb") as file:
                return candidate if file.read(4) == b"ENVI" else None
    return None


def _read_header(source: Source) -> dict[str, str]:
    """Keys in lower case -> words; lists keep their braces."""
    text = "".join(source.text())
    return {match[1].lower(): match[2].strip() for match in _ENTRY.finditer(text)}


def _number(header: dict[str, str], key: str, default: float = float("nan")) -> float:
    try:
        return float(header.get(key, default))
    except ValueError:
        return default


def _scale(header: dict[str, str]) -> float:
    scale = _number(header, "reflectance scale factor", 1.0)
    return scale if scale > 0 else 1.0


def _open_raw(source: Source, header: dict[str, str]) -> np.ndarray:
    """(lines, samples, bands) of the raw file, mapped and not read."""
    counts = {key: _number(header, key, 0.0) for key in ("lines", "samples", "bands")}
    interleave, kind = header.get("interleave", "bsq").lower(), TYPES.get(int(_number(header, "data type", 0)))
    if min(counts.values()) < 1 or interleave not in AXES or kind is None:
        raise Refused(
            Reason.UNREADABLE,
            f"{source.name} does not describe a scene of real numbers (lines, samples, bands, interleave and data type "
            "were expected): write it once more.",
        )
    stem = source.path.with_suffix("")
    path = next((p for p in (stem.with_name(stem.name + ending) for ending in ENDINGS) if p.is_file()), None)
    if path is None:
        raise Refused(
            Reason.UNREADABLE,
            f"{source.name} describes a scene, and its data are not beside it: put {stem.name}.img there.",
        )
    order = ">" if _number(header, "byte order", 0) == 1 else "<"
    sizes = tuple(int(counts[key]) for key in ("lines", "samples", "bands"))
    axes = AXES[interleave]
    stored = tuple(sizes[axes.index(axis)] for axis in range(3))
    offset, n_bytes = int(_number(header, "header offset", 0)), int(np.prod(stored)) * np.dtype(kind).itemsize
    if path.stat().st_size < offset + n_bytes:
        raise Refused(
            Reason.UNREADABLE,
            f"{path.name} is cut short: {source.name} asks for {n_bytes:,} bytes, it has {path.stat().st_size:,}.",
        )
    return np.memmap(path, dtype=order + kind, mode="r", offset=offset, shape=stored).transpose(axes)
