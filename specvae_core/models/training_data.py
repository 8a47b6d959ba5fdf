"""The spectra of one part of a survey as a training passes them: from memory, or from a file through a shuffle buffer.

From memory each pass has its rows in a new order. From a file, `BLOCK` neighbouring rows at a time are read, the blocks
in a new order; the rows of as many blocks as `BUFFER` holds are mixed with each other. The
system reads the next ones from the disk while these are learnt from.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from itertools import zip_longest

import numpy as np
import torch
from torch import Tensor

from ..data.spectra import SpectraSet
from ..data.split import Split
from ..data.spool import Spool
from ..errors import UserError
from .config import MOST_PASSES
from .spectra_tensors import CHUNK

BLOCK = 256
"""Neighbouring rows that are read together."""

BUFFER = 1 << 27
"""Bytes of spectra that are mixed with each other."""

SAMPLE = 16_384
"""Spectra from which a model takes its first weights and scales where not all are in memory."""

Batch = dict[str, Tensor]


class TrainingData(ABC):
    """Rows of one part of a survey, in batches: tensors by name, with a row for each spectrum."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def shuffled(self, batch_size: int, least: int, generator: torch.Generator) -> Iterator[Batch]:
        """Batches of one epoch: every row equally often, in random order.

        Parameters
        ----------
        batch_size
            Rows of a batch.
        least
            Batches of an epoch: a small survey is passed several times, `MOST_PASSES` at most.
        generator
            Source of the order.
        """

    @abstractmethod
    def chunks(self) -> Iterator[Batch]:
        """All rows once, in their order, `CHUNK` at most at a time."""

    @abstractmethod
    def sample(self) -> Batch:
        """Rows that stand for all of them."""


class InMemory(TrainingData):
    """All rows as tensors.

    Parameters
    ----------
    data
        Tensors, where the batches are computed with, or on the processor where a GPU has no room for all.
    device
        Where batches are computed with.
    """

    def __init__(self, data: Batch, device: torch.device) -> None:
        self.data, self.device = data, device

    def __len__(self) -> int:
        return len(next(iter(self.data.values())))

    def shuffled(self, batch_size: int, least: int, generator: torch.Generator) -> Iterator[Batch]:
        """See `TrainingData`."""
        return shuffled(self.data, batch_size, least, generator)

    def chunks(self) -> Iterator[Batch]:
        """See `TrainingData`."""
        for start in range(0, len(self), CHUNK):
            yield {name: values[start : start + CHUNK].to(self.device) for name, values in self.data.items()}

    def sample(self) -> Batch:
        """See `TrainingData`; evenly some of the rows, where not all are on the device."""
        if next(iter(self.data.values())).device == self.device:
            return self.data
        return {name: values[:: -(-len(self) // SAMPLE)].to(self.device) for name, values in self.data.items()}


class Streamed(TrainingData):
    """Flux and ivar of rows of a file, and what stands beside them.

    Parameters
    ----------
    spool
        The file.
    rows
        Rising row numbers.
    device
        Where batches are computed with.
    beside
        Small tensors with a row for each spectrum of the file, as columns of the catalogue.
    """

    def __init__(self, spool: Spool, rows: np.ndarray, device: torch.device, beside: Mapping[str, Tensor]) -> None:
        self._spool, self._rows, self._device, self._beside = spool, rows, device, beside

    def __len__(self) -> int:
        return len(self._rows)

    def shuffled(self, batch_size: int, least: int, generator: torch.Generator) -> Iterator[Batch]:
        """See `TrainingData`."""
        blocks = torch.cat(_orders(-(-len(self) // BLOCK), _passes(len(self), batch_size, least), generator))
        held = max(2, BUFFER // (8 * BLOCK * self._spool.grid.n_pixel))
        groups = [self._rows_of(group) for group in blocks.cpu().split(held)]
        for rows, following in zip_longest(groups, groups[1:]):
            buffer = self._read(rows)
            if following is not None:
                self._spool.read_ahead(following)
            (mixed,) = _orders(len(rows), 1, generator)
            for some in mixed.split(batch_size):
                yield {name: values[some] for name, values in buffer.items()}

    def _rows_of(self, blocks: Tensor) -> np.ndarray:
        return np.concatenate([self._rows[BLOCK * i : BLOCK * (i + 1)] for i in sorted(blocks.tolist())])

    def _read(self, rows: np.ndarray) -> Batch:
        flux, ivar = (torch.from_numpy(part) for part in self._spool.read(rows))
        beside = {name: values[torch.from_numpy(rows)] for name, values in self._beside.items()}
        return {name: values.to(self._device) for name, values in {"flux": flux, "ivar": ivar, **beside}.items()}

    def chunks(self) -> Iterator[Batch]:
        """See `TrainingData`."""
        for start in range(0, len(self), CHUNK):
            yield self._read(self._rows[start : start + CHUNK])

    def sample(self) -> Batch:
        """See `TrainingData`; evenly over the survey."""
        return self._read(self._rows[:: -(-len(self) // SAMPLE)])


def parts_in_memory(data: Batch, split: Split, home: torch.device, device: torch.device) -> tuple[InMemory, InMemory]:
    """The training part and the validation part of the data of all spectra.

    Parameters
    ----------
    data
        Tensors with a row for each spectrum; the training part gets ``row``, the number of each of its rows.
    split
        Rows of the parts.
    home, device
        Where the parts lie, and where their batches are computed with.

    Raises
    ------
    UserError
        The GPU has no room for them.
    """
    try:
        training, validation = (
            {name: values[torch.from_numpy(rows)].to(home) for name, values in data.items()}
            for rows in (split.training, split.validation)
        )
    except torch.OutOfMemoryError as error:
        raise UserError(
            f"The GPU has no room for {len(next(iter(data.values()))):,} spectra, which this model learns from all at "
            "once: use the processor (--device cpu), or a part of the survey."
        ) from error
    training["row"] = torch.arange(len(split.training), device=home)  # for parameters of each training spectrum
    return InMemory(training, device), InMemory(validation, device)


def size_of(spectra: SpectraSet | Spool) -> float:
    """Bytes of flux and inverse variance in single precision."""
    return 8.0 * len(spectra.ids) * spectra.grid.n_pixel


def shuffled(data: Batch, batch_size: int, least: int, generator: torch.Generator) -> Iterator[Batch]:
    """Batches of one epoch from memory, on the generator's device; arguments as in `TrainingData.shuffled`."""
    first = next(iter(data.values()))
    order = torch.cat(_orders(len(first), _passes(len(first), batch_size, least), generator))
    for rows in order.to(first.device).split(batch_size):
        yield {name: values[rows].to(generator.device) for name, values in data.items()}


def _passes(n: int, batch_size: int, least: int) -> int:
    return min(-(-least * batch_size // n), MOST_PASSES)


def _orders(n: int, passes: int, generator: torch.Generator) -> list[Tensor]:
    return [torch.randperm(n, generator=generator, device=generator.device) for _ in range(passes)]
