"""The same work for many batches: in this process, in several of this machine, or on a Dask cluster.

Work is a function of one batch that depends on nothing else, so that its results are the same wherever it runs. Results
come in the order of the batches. A worker that dies is replaced, and what it had not delivered is done again; whoever
asked writes the results, so that nothing is written twice.
"""

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

from . import __version__
from .errors import BadConfig, UserError

if TYPE_CHECKING:
    from distributed import Client

Batch = TypeVar("Batch")
Result = TypeVar("Result")

AHEAD = 2
"""Batches for each worker that are under way at once: bounds the memory, and leaves no worker without one."""

PATIENCE = 10.0
"""Seconds that a scheduler has to answer."""

LOST_AT_MOST = 3
"""Workers that a batch may lose before it counts as the reason."""

SETTINGS = {
    "distributed.scheduler.allowed-failures": LOST_AT_MOST,
    "distributed.admin.large-graph-warning-threshold": "1 GiB",  # batches are large by intention
    "distributed.worker.profile.enabled": False,  # it looks at what runs a hundred times a second, and nobody asks
    # Without Dask's MALLOC_TRIM_THRESHOLD_, by which each array comes fresh from the system: that doubles the work.
    "distributed.nanny.pre-spawn-environ": dict.fromkeys(
        ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), 1
    ),
}


@dataclass(frozen=True)
class Machines:
    """Where work runs.

    Parameters
    ----------
    workers
        Processes on this machine; 1 is this process itself, 0 one less than there are cores where the work is heavy.
    scheduler
        Address of a Dask scheduler, as in ``tcp://host:8786``, whose workers are used instead.

    Raises
    ------
    BadConfig
        Both are given, or a negative number of workers.
    """

    workers: int = 0
    scheduler: str = ""

    def __post_init__(self) -> None:
        if self.workers < 0:
            raise BadConfig(f"--workers is {self.workers}: 1 or more were expected, or 0 for one less than the cores.")
        if self.workers and self.scheduler:
            raise BadConfig("--workers are processes of this machine and --scheduler uses others: give one of the two.")

    def count(self, heavy: bool) -> int:
        """Number of processes; 1 is this one. Work that is not ``heavy`` is done here unless workers are asked for."""
        if self.workers or self.scheduler:
            return self.workers
        return max(1, (os.cpu_count() or 1) - 1) if heavy and find_spec("distributed") is not None else 1


AUTOMATIC = Machines()


def map_batches(
    work: Callable[[Batch], Result], batches: Iterable[Batch], machines: Machines = AUTOMATIC, *, heavy: bool = False
) -> Iterator[Result]:
    """Results of some work, in the order of the batches.

    Parameters
    ----------
    work
        A function of a module, or a partial of one, so that other processes can import it.
    batches
        Taken as they are needed, some ahead of the results.
    machines
        Where the work runs.
    heavy
        Whether the work takes so long that processes of their own, which need seconds to start, pay.

    Raises
    ------
    UserError
        There is no scheduler, its workers lack this package, or a batch ended several workers.
    """
    n_workers = machines.count(heavy)
    if n_workers == 1:
        yield from map(work, batches)
        return
    with _client(machines, n_workers) as client:
        n_ahead = AHEAD * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
        pending = deque()
        for batch in batches:
            pending.append(client.submit(work, batch, pure=False))
            if len(pending) >= n_ahead:
                yield _result(pending.popleft())
        while pending:
            yield _result(pending.popleft())


def _result(future) -> object:
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    try:
        return future.result()
    except KilledWorker:
        raise UserError(
            f"A part of the work ended {LOST_AT_MOST + 1} workers, one after the other: they may have too little "
            "memory for it; use fewer workers, or larger machines, and go on with what there is."
        ) from None
    except FutureCancelledError:
        raise UserError("The scheduler went away while it was used: start it again, and go on with --resume.") from None


@contextmanager
def _client(machines: Machines, n_workers: int) -> "Iterator[Client]":
    """A connection to the workers; it and all unfinished work end with the block."""
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError:
        raise BadConfig(
            "Several workers need Dask, which is not installed: pip install 'specvae[scale]', or leave --workers and "
            "--scheduler out."
        ) from None
    logging.getLogger("distributed").setLevel(logging.ERROR)
    with dask.config.set(SETTINGS):
        if not machines.scheduler:
            with (
                LocalCluster(n_workers, threads_per_worker=1, dashboard_address=None) as cluster,
                Client(cluster) as client,
            ):
                yield client
            return
        try:
            client = Client(machines.scheduler, timeout=PATIENCE)
        except (OSError, ValueError) as error:
            raise UserError(
                f"There is no Dask scheduler at {machines.scheduler} ({str(error).splitlines()[0]}): start one by "
                "`dask scheduler`, and workers by `dask worker`."
            ) from None
        with client:
            _check_workers(client, machines.scheduler)
            yield client


def _check_workers(client: "Client", address: str) -> None:
    """Raise `UserError` unless there are workers, all with this version of the package."""

    def version() -> str:  # defined here, so that it is sent as a whole and not by the name of its module
        try:
            from specvae_core import __version__
        except ImportError:
            return ""
        return __version__

    found = client.run(version)
    if not found:
        raise UserError(f"The Dask scheduler at {address} has no workers: start some by `dask worker {address}`.")
    for worker, there in found.items():
        if there != __version__:
            has = f"specvae {there}" if there else "no specvae"
            raise UserError(
                f"The Dask worker {worker} has {has}, and {__version__} runs here: install the same version there."
            )
