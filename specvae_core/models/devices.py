"""Where models compute: on the processor, or on a GPU where there is one with room.

The one place that decides. A model lies on one device; what is asked of it comes from the processor and goes back
there, and tensors on the way are made where the model lies. Random numbers of searches are drawn on the processor, so
that both devices begin at the same places.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

import torch

from ..errors import BadConfig, UserError
from ..torchrun import local_rank

log = logging.getLogger(__name__)

Result = TypeVar("Result")

ROOM = 1 << 30
"""Bytes that a GPU has to have free for work in chunks: with less, the processor is asked to do it."""

SHARE = 0.7
"""Share of the free memory of a GPU that the spectra of a training may take."""

FEWEST = 16
"""Spectra at once below which a GPU that is too small is not tried any more."""


def chosen_device(wish: str, needed: float = ROOM) -> torch.device:
    """The device that ``auto``, ``cpu`` or ``cuda`` stands for.

    Parameters
    ----------
    wish
        ``auto`` takes a GPU if there is one with as much memory free as is ``needed``.
    needed
        Bytes.

    Raises
    ------
    BadConfig
        ``cuda`` is wished for and there is no GPU.
    """
    if wish not in ("auto", "cpu", "cuda"):
        raise BadConfig(f"The device is {wish!r}: auto, cpu or cuda was expected.")
    if wish == "cuda" and not torch.cuda.is_available():
        raise BadConfig("The setting device is 'cuda', but PyTorch finds no GPU here: use cpu or auto.")
    if wish == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", local_rank())
    return device if wish == "cuda" or free_memory(device) >= needed else torch.device("cpu")


def free_memory(device: torch.device) -> float:
    """Bytes that are free on a device; infinite for the processor, whose memory is not counted here."""
    return float(torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else float("inf")


def over_rows(work: Callable[[slice], Result], n: int, size: int) -> list[Result]:
    """Results of some work on all rows, in their order.

    Parameters
    ----------
    work
        Takes a slice of rows; the same row gives the same result in any slice.
    n
        Number of rows; with none the work is done once, on no rows.
    size
        Rows at once; fewer where a GPU has no room for so many.

    Raises
    ------
    UserError
        It has no room for `FEWEST` rows.
    """
    results, start = [], 0
    while start < n or not results:
        try:
            results.append(work(slice(start, min(start + size, n))))
        except torch.OutOfMemoryError as error:
            size = smaller(min(size, n), error)
        else:
            start += size
    return results


def smaller(size: int, error: torch.OutOfMemoryError) -> int:
    """Half as many rows at once, after a GPU had no room for ``size``.

    Raises
    ------
    UserError
        They are as few as they get.
    """
    if size < 2 * FEWEST:
        raise UserError(
            f"The GPU has no room for {size} spectra at once: free its memory, or use the processor (--device cpu)."
        ) from error
    log.warning("the GPU has no room for %d spectra at once: going on with %d", size, size // 2)
    torch.cuda.empty_cache()
    return size // 2
