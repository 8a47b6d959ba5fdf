"""The same work for many batches: in this process, in several of this machine, or on a Dask cluster.

Work is a function of one batch that depends on nothing else, so that its results are the same wherever it runs. Results
come in the order of the batches. A worker that dies is replaced, and what it had not delivered is done again; whoever
asked writes the results, so that nothing is written twice.
"""

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

from . import __version__
from .errors import BadConfig, UserError

if TYPE_CHECKING:
    from distributed import Client, Future

Batch = TypeVar("Batch")
Result = TypeVar("Result")

AHEAD = 2
"""Batches for each worker that are under way at once: bounds the memory, and leaves no worker without one."""

PATIENCE = 10.0
"""Seconds that a scheduler has to answer."""

SECONDS_BETWEEN_LOOKS = 0.3

LOST_AT_MOST = 3
"""Workers that a batch may lose before it counts as the reason."""

SETTINGS = {
    "distributed.scheduler.allowed-failures": LOST_AT_MOST,
    "distributed.admin.large-graph-warning-threshold": "1 GiB",  # batches are large by intention
    # Nobody asks for what these would say, many times a second in each process.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "5s",
    "distributed.admin.tick.limit": "1h",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.scheduler.work-stealing-interval": "1s",
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


class Here:
    """Work that is done in this process, as it is handed over."""

    ahead = 1
    """Pieces of work that are handed over before the result of the first one is taken."""
    is_here = True

    def submit(self, work: Callable[..., Result], *given: object, soon: bool = False) -> Result:
        """Do some work; returns its result, which stands for itself in ``given`` of more work.

        Parameters
        ----------
        work
            A function of a module, or a partial of one, so that other processes can import it.
        given
            Its arguments; some may be what `submit` has returned for other work.
        soon
            Whether it goes before what was handed over earlier.
        """
        return work(*given)

    def result(self, task: Result, meanwhile: Callable[[], None] | None = None) -> Result:
        """What became of some work; waits for it, and calls ``meanwhile`` some times a second."""
        return task

    def is_done(self, task: object) -> bool:
        """Whether there is a result, or an error."""
        return True


class Workers:
    """Work that is done by other processes; what one of them loses by dying is done again by another one.

    Parameters
    ----------
    client
        A connection to them.
    """

    is_here = False

    def __init__(self, client: "Client") -> None:
        self._client = client
        self.ahead = AHEAD * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))

    def submit(self, work: Callable[..., Result], *given: object, soon: bool = False) -> "Future":
        """As `Here.submit`; returns what stands for the result, which stays where it was made until it is asked for."""
        return self._client.submit(work, *given, pure=False, priority=int(soon))

    def result(self, task: "Future", meanwhile: Callable[[], None] | None = None) -> object:
        """As `Here.result`.

        Raises
        ------
        UserError
            The work ended several workers, or the scheduler went away.
        """
        from distributed import KilledWorker, wait
        from distributed.client import FutureCancelledError

        try:
            while meanwhile is not None and not task.done():
                with suppress(TimeoutError):
                    wait(task, timeout=SECONDS_BETWEEN_LOOKS)
                meanwhile()
            return task.result()
        except KilledWorker:
            raise UserError(
                f"A part of the work ended {LOST_AT_MOST + 1} workers, one after the other: they may have too little "
                "memory for it; use fewer workers, or larger machines, and go on with what there is."
            ) from None
        except FutureCancelledError:
            raise UserError(
                "The scheduler went away while it was used: start it again, and go on with --resume."
            ) from None

    def is_done(self, task: "Future") -> bool:
        """As `Here.is_done`."""
        return task.done()


@contextmanager
def hands(machines: Machines = AUTOMATIC, *, heavy: bool = False) -> Iterator[Here | Workers]:
    """Where work is done; what is not done by the end of the block is dropped.

    Parameters
    ----------
    machines
        Where the work runs.
    heavy
        Whether the work takes so long that processes of their own, which need seconds to start, pay.

    Raises
    ------
    UserError
        There is no scheduler, or its workers lack this package.
    """
    n_workers = machines.count(heavy)
    if n_workers == 1:
        yield Here()
        return
    with _client(machines, n_workers) as client:
        yield Workers(client)


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
    machines, heavy
        As in `hands`.

    Raises
    ------
    UserError
        There is no scheduler, its workers lack this package, or a batch ended several workers.
    """
    with hands(machines, heavy=heavy) as there:
        pending = deque()
        for batch in batches:
            pending.append(there.submit(work, batch))
            if len(pending) >= there.ahead:
                yield there.result(pending.popleft())
        while pending:
            yield there.result(pending.popleft())


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
            free = {"dashboard_address": "127.0.0.1:0"}  # not 8787, of which a second job warns that it is taken
            with (
                LocalCluster(n_workers, threads_per_worker=1, dashboard_address=None, scheduler_kwargs=free) as cluster,
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
