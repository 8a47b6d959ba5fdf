"""What files are understood as before anything is stored: a look at a sample of them."""

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import NotFound, Reason, Refused, UserError
from ..grid import PixelGrid
from .apart import read_apart
from .data_kind import Columns, kind_of, look_at_catalogue
from .file_lists import list_files
from .readers import read_file
from .spectra import Observation
from .suggest import N_OBJECTS, grid_of_ranges, rest_range
from .tally import FACTS, facts, kind_to_json
from .understanding import NO_HINTS, FileHints, Understanding

FILES = 64
"""Files that are read, shared out among groups of files with names alike; at least one of each of `GROUPS` groups."""
GROUPS = 20
SECONDS = 1.0
"""After this much reading only one file of each further group is read, or five times this much where all are read."""
OBJECTS_A_FILE = 1000
"""Objects that are counted in one file."""
EXAMPLES = 2
TABLE_FILES = 3
"""Files without spectra that are searched for photometry and for vectors of an embedding."""

_LIKE = re.compile(r"[A-Za-z]*")


@dataclass
class Kind:
    """Spectra that were understood in the same way.

    Parameters
    ----------
    understood
        Interpretation of the files.
    """

    understood: Understanding
    files: list[str] = field(default_factory=list)
    n: int = 0
    facts: Counter = field(default_factory=Counter)
    low: float = np.inf
    high: float = -np.inf
    rest_ranges: list[tuple[float, float, float]] = field(default_factory=list)
    examples: list[Observation] = field(default_factory=list)

    def add(self, path: str, observation: Observation) -> None:
        """Count one spectrum and keep the first ones as examples."""
        if path not in self.files[-1:]:
            self.files.append(path)
        self.n += 1
        self.facts.update(name for name, there in facts(observation).items() if there)
        if len(observation.wavelength):
            self.low = min(self.low, float(observation.wavelength[0]))
            self.high = max(self.high, float(observation.wavelength[-1]))
        if len(self.rest_ranges) < N_OBJECTS and not observation.is_sky:
            self.rest_ranges.append(rest_range(observation))
        if len(self.examples) < EXAMPLES:
            self.examples.append(observation)

    def grid(self) -> str:
        """The grid that suits it as ``start:stop:n``, or ``pixels:n`` without wavelengths; empty where none does."""
        if self.examples[0].on_pixels:
            return str(PixelGrid(len(self.examples[0].flux)))
        try:
            return str(grid_of_ranges(self.rest_ranges))
        except UserError:
            return ""

    def to_json(self) -> dict[str, object]:
        """All of it by name; the wavelengths in Angstrom, in the medium of the file."""
        return {
            **kind_to_json(self.understood),
            "files": len(self.files),
            "first_file": self.files[0],
            "objects": self.n,
            "wavelength_range": [self.low, self.high] if self.low <= self.high else [],
            "grid": self.grid(),
            "with": {name: self.facts[name] for name in FACTS},
            "kept_flux_unit": self.examples[0].flux_unit,
            "examples": [_example(observation) for observation in self.examples],
        }


def look(paths: Sequence[Path], hints: FileHints = NO_HINTS, root: str = "", catalogue: str = "") -> dict[str, object]:
    """What is in files and folders, by kind, and what has to be asked.

    Files with names alike (same ending, same letters in front) are one group; of each group some files are read,
    spread over its list, so that a folder of a hundred thousand files takes two seconds.

    Parameters
    ----------
    paths
        Files and folders; folders are searched with all their subfolders.
    hints
        The user's hints.
    root
        Folder that no link may leave, see `find_files`.
    catalogue
        A table of objects that an ingest joins with the spectra; empty for none.

    Returns
    -------
    seen
        ``kind``, the `DataKind` that they most likely are; ``files`` found, ``read`` and ``sampled`` (whether not all
        were read or not all of a file was counted); ``kinds``, each with reader, columns, units, medium,
        ``wavelength_range``, ``with`` (objects with redshift, errors, mask, position) and two ``examples`` as arrays;
        ``refused``, each with reason, message, count, ``answer`` (the hint that would let it in), ``choices`` of
        columns for it, and ``groups`` (patterns of file names, as `FileHints.files` takes them); ``vectors`` of an
        embedding in files without spectra, each as `vectors.peek` gives it and with its ``file``; ``catalogues`` of
        photometry among those files, as `look_at_catalogue` gives them; columns of the objects, as `Columns.to_json`;
        ``grid``, what suits the kind with most objects, empty where none does.

    Raises
    ------
    NotFound
        There is no such file, or a folder without files.
    """
    files = list_files(paths, root)
    kinds: dict[Understanding, Kind] = {}
    refused: dict[tuple[str, str], dict[str, object]] = {}
    n_read, cut, tables, columns = 0, False, _Tables(), Columns()
    if catalogue:
        columns.join(Path(catalogue))
    for path, group in _sample(files):
        n_read += 1
        for number, item in enumerate(_items(path, hints)):
            if number == OBJECTS_A_FILE:
                cut = True
                break
            if isinstance(item, Refused):
                if item.reason is Reason.FOREIGN and number == 0 and tables.take(path):
                    continue
                key = item.reason.value, item.answer
                entry = {
                    "reason": key[0],
                    "explanation": item.reason.explanation,
                    "answer": key[1],
                    "choices": list(item.choices),
                }
                known = refused.setdefault(key, entry | {"message": str(item), "count": 0, "groups": set()})
                known["count"] += 1
                known["groups"].add(group)
            else:
                understood = item.understood or Understanding("unknown")
                kinds.setdefault(understood, Kind(understood)).add(path, item)
                columns.add(item.columns)
    seen = {
        "files": len(files),
        "read": n_read,
        "sampled": n_read < len(files) or cut,
        "kinds": [kind.to_json() for kind in kinds.values()],
        "refused": [{**entry, "groups": sorted(entry["groups"])} for entry in refused.values()],
        "vectors": tables.vectors,
        "catalogues": tables.catalogues,
        **columns.to_json(),
        "grid": max(kinds.values(), key=lambda kind: kind.n).grid() if kinds else "",
    }
    return {"kind": kind_of(seen).value, **seen}


def _items(path: str, hints: FileHints) -> Iterator[Observation | Refused]:
    try:
        yield from read_file(Path(path), hints, most=OBJECTS_A_FILE + 1)
    except Refused as refusal:
        yield refusal
    except NotFound as error:  # it was there when the folder was listed
        yield Refused(Reason.UNREADABLE, str(error))


class _Tables:
    """Photometry and vectors in the first `TABLE_FILES` files without spectra."""

    def __init__(self) -> None:
        self.vectors: list[dict[str, object]] = []
        self.catalogues: list[dict[str, object]] = []
        self._tried = 0

    def take(self, path: str) -> bool:
        """Whether a file holds either, which then is among the ones found."""
        self._tried += 1
        if self._tried > TABLE_FILES:
            return False
        catalogue = look_at_catalogue(Path(path))
        if catalogue is not None:
            self.catalogues.append(catalogue)
        try:
            seen = list(read_apart("vectors", Path(path)))
        except (Refused, NotFound):
            seen = []
        self.vectors += [{"file": path.rpartition("/")[2], **one} for one in seen]
        return catalogue is not None or bool(seen)


def _sample(files: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Some files of each group, spread over it, and the pattern of the group; one of each once `SECONDS` are over."""
    groups: dict[str, list[str]] = {}
    for path in files:
        name = path.rpartition("/")[2]
        start, end = _LIKE.match(name)[0], name[name.find(".") :] if "." in name else ""
        groups.setdefault(f"{start}*{end}", []).append(path)
    named = [(paths[0].rpartition("/")[2] if len(paths) == 1 else name, paths) for name, paths in groups.items()]
    few = len(files) <= FILES
    chosen = named if few else _spread(named, GROUPS)
    each, limit = (FILES, 5 * SECONDS) if few else (max(1, FILES // len(chosen)), SECONDS)
    start = time.perf_counter()
    for name, paths in chosen:
        yield paths[0], name
    for name, paths in chosen:
        for path in _spread(paths, each)[1:]:
            if time.perf_counter() - start > limit:
                return
            yield path, name


def _spread(items: list, n: int) -> list:
    """At most n of the items, the first among them, evenly spread."""
    return items if len(items) <= n else [items[round(i)] for i in np.linspace(0, len(items) - 1, n)]


def _example(observation: Observation) -> dict[str, object]:
    """One spectrum as lists: wavelength in Angstrom, flux, 1-sigma error and which pixels are bad.

    ``None`` stands for a flux or an error that is missing, and in the place of all errors where the file has none.
    """
    flux, ivar = np.asarray(observation.flux, float), observation.ivar
    bad = ~np.isfinite(flux) if ivar is None else (ivar == 0) | ~np.isfinite(flux)
    redshift = observation.redshift
    return {
        "id": observation.id,
        "redshift": redshift if redshift is not None and np.isfinite(redshift) else None,
        "in_air": observation.in_air,
        "wavelength": np.asarray(observation.wavelength, float).tolist(),
        "flux": _listed(flux),
        "error": None if ivar is None else _listed(np.where(bad, np.nan, np.where(bad, 1.0, ivar) ** -0.5)),
        "bad": bad.tolist(),
    }


def _listed(values: np.ndarray) -> list[float | None]:
    """Numbers for JSON, ``None`` where there is none."""
    return [value if np.isfinite(value) else None for value in values.tolist()]


BARS = "▁▂▃▄▅▆▇█"


def sparkline(example: Mapping, width: int = 48) -> str:
    """A spectrum as a line of bars, a terminal's plot; pixels that are bad or missing are blank."""
    flux = np.where(example["bad"], np.nan, np.asarray(example["flux"], float))
    parts = [part[np.isfinite(part)] for part in np.array_split(flux, min(width, len(flux)))]
    values = np.array([part.mean() if len(part) else np.nan for part in parts])
    if not np.isfinite(values).any():
        return " " * len(values)
    low, high = np.nanmin(values), np.nanmax(values)
    level = (values - low) / max(high - low, 1e-300) * (len(BARS) - 1)
    return "".join(BARS[round(value)] if np.isfinite(value) else " " for value in level)
