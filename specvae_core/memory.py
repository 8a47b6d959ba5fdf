"""How much memory this machine has left for the program, and how the program keeps it."""

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

from . import torchrun

try:
    import resource
except ImportError:  # not a Unix system
    resource = None

MEMINFO = Path("/proc/meminfo")
GROUP = Path("/sys/fs/cgroup")

HEAPS = 2
"""Heaps of all threads together."""

_M_ARENA_MAX = -8  # glibc, malloc.h


def share_heaps() -> None:
    """Let all threads share `HEAPS` heaps; called before there are threads, and without effect but under glibc.

    Otherwise each of the first eight threads for every core has one of its own, which holds 64 MB of addresses and
    keeps for itself what the thread has freed: a training with 1000 pixels took 0.9 GB more addresses and 0.1 GB more
    memory.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, HEAPS)


def available_memory() -> float:
    """Bytes that the program may still take: what the machine has, or what a limit leaves, whichever is less.

    Limits are those of the control group and of the address space (``ulimit -v``). Infinite where nothing is known.
    Processes of one training, as ``torchrun`` starts them, all have the same: half of what a machine was built with,
    divided by the number of those on it.
    """
    if (processes := torchrun.local_size()) > 1:
        return 0.5 * _of_the_machine() / processes
    return min(_free_in_machine(), _left_in_group(), _left_in_address_space())


def _free_in_machine() -> float:
    with suppress(OSError, StopIteration, ValueError):
        lines = MEMINFO.read_text().splitlines()
        return 1024.0 * int(next(line for line in lines if line.startswith("MemAvailable")).split()[1])
    return _of_the_machine()


def _of_the_machine() -> float:
    with suppress(ValueError, AttributeError, OSError):
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return float("inf")


def _left_in_group() -> float:
    with suppress(OSError, ValueError):  # ValueError: the limit is "max"
        return float(int((GROUP / "memory.max").read_text()) - int((GROUP / "memory.current").read_text()))
    return float("inf")


def _left_in_address_space() -> float:
    if resource is None:
        return float("inf")
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return float("inf")
    with suppress(OSError, ValueError):
        return limit - float(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return float(limit)
