"""Candidates of an ingest that are prepared together, in whatever process, and what becomes of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ..data.block import Block
from ..data.preprocess_options import PreprocessOptions
from ..data.spectra import Observation
from ..data.survey_files import write_spectra
from ..data.tally import Kind
from ..errors import Refused
from .prepare import prepare

BATCH = 512
"""Spectra that are prepared at once."""

FEW = 64
"""Smaller blocks are prepared together with other spectra."""

Candidate = tuple[str, Observation | Block | Refused]
"""Where something came from, and what it was."""


class Batch:
    """Candidates that are prepared together: a block, or observations one by one.

    Parameters
    ----------
    block
        The block, whose ``source`` is where it came from.
    """

    def __init__(self, block: Block | None = None) -> None:
        self.block = block
        self.observations: list[tuple[str, Observation]] = []
        self.refusals: list[tuple[int, str, Refused]] = []

    def __len__(self) -> int:
        return len(self.observations) + len(self.refusals)

    @property
    def names(self) -> list[tuple[str, str]]:
        """Source and id of each spectrum."""
        if self.block is not None:
            return [(self.block.source, id_) for id_ in self.block.ids]
        return [(source, observation.id) for source, observation in self.observations]

    def add(self, source: str, item: Observation | Refused) -> None:
        """Add one."""
        if isinstance(item, Refused):
            self.refusals.append((len(self.observations), source, item))
        else:
            self.observations.append((source, item))

    def kinds(self, passed: Sequence[int]) -> list[Kind]:
        """What is counted of the spectra in some places; one for all of a block, which come with the same."""
        if self.block is not None:
            return [Kind.of(self.block[place]) for place in passed[:1]]
        known: dict[Kind, Kind] = {}
        kinds = [Kind.of(self.observations[place][1]) for place in passed]
        return [known.setdefault(kind, kind) for kind in kinds]


def batches(candidates: Iterable[Candidate]) -> Iterator[Batch]:
    """Candidates in batches of a fixed number, so that surveys do not depend on how fast they are made."""
    batch = Batch()
    for source, item in candidates:
        if isinstance(item, Block) and len(item) >= FEW:
            if len(batch):
                yield batch
            yield Batch(replace(item, source=source))
            batch = Batch()
            continue
        for each in item if isinstance(item, Block) else (item,):
            batch.add(source, each)
            if len(batch) == BATCH:
                yield batch
                batch = Batch()
    if len(batch):
        yield batch


@dataclass(frozen=True, eq=False)
class Outline:
    """What became of a batch, without the spectra.

    Parameters
    ----------
    names
        Source and id of each spectrum.
    refusals
        What was refused when it was read: number of spectra before it, source and refusal.
    refused
        Spectra that were refused as they were prepared, by their place in the batch.
    kinds
        What is counted of the others, m of them, or one for all.
    table
        Their catalogue; ``None`` where there are none.
    """

    names: list[tuple[str, str]]
    refusals: list[tuple[int, str, Refused]]
    refused: dict[int, Refused]
    kinds: list[Kind]
    table: pd.DataFrame | None


@dataclass(frozen=True, eq=False)
class Part:
    """What became of a batch.

    Parameters
    ----------
    outline
        All but the spectra.
    flux, ivar
        (m, n_pixel) of those that passed; ``None`` where none did.
    """

    outline: Outline
    flux: np.ndarray | None
    ivar: np.ndarray | None


def prepare_batch(batch: Batch, options: PreprocessOptions, *, compiled: bool = False) -> list[Part]:
    """Prepare a batch; arguments as of `prepare`. The list has one entry."""
    made = prepare(batch.observations if batch.block is None else batch.block, options, compiled=compiled)
    names, spectra = batch.names, made.spectra
    kinds = batch.kinds([place for place in range(len(names)) if place not in made.refused])
    table = None if spectra is None else spectra.table
    outline = Outline(names, batch.refusals, made.refused, kinds, table)
    return [Part(outline, *((None, None) if spectra is None else (spectra.flux, spectra.ivar)))]


def outlines(parts: Sequence[Part]) -> list[Outline]:
    """What is known of some batches, to be sent to the process that writes the catalogue."""
    return [part.outline for part in parts]


def write_parts(folder: Path, first: int, chosen: Sequence[tuple[int, int, np.ndarray]], *made: list[Part]) -> None:
    """Write spectra of some batches into a survey, from row ``first`` on, see `write_spectra`.

    Parameters
    ----------
    folder
        Folder of the survey.
    first
        Row of the first one.
    chosen
        In order: which of ``made``, which part of it, and which rows of that.
    *made
        What `prepare_batch` or `prepare_files` made.
    """
    parts = [(made[which][number], rows) for which, number, rows in chosen]
    flux, ivar = (np.concatenate([getattr(part, name)[rows] for part, rows in parts]) for name in ("flux", "ivar"))
    write_spectra(folder, first, flux, ivar)
