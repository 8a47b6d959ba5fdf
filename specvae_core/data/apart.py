"""Reading in a process of its own, with a budget of memory and time, so that no file can stop the program.

A file that is small and read by code of this package alone is read where it is asked for, which costs nothing
(`Source.is_plain`). All others are read by a worker process (`worker`): what is compressed, large, or read by a
library. Where such a file takes more memory than `MEMORY`, more time than `SECONDS`, or crashes its library, the worker
dies and the file is refused with that reason.

The worker gets JSON lines (`FileHints` and a path) and answers with pickles. They hold arrays, words and numbers of the
classes in `_KNOWN` and nothing else can be made from them; nothing of a user's file is unpickled.
"""

import atexit
import json
import os
import pickle
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from ..errors import NotFound, Reason, Refused
from ..names import printable

MEMORY = 850_000_000
"""Bytes of data that a worker may take; with the code of its libraries it stays below 1 GB."""

SECONDS = 15.0
"""Time for a file; each spectrum that it has given adds `SECONDS_A_SPECTRUM`."""
SECONDS_A_SPECTRUM = 0.002

SECONDS_AGAIN = 2.0
"""Seconds: where a worker that has read other files dies sooner, a new one tries the file again."""

SECONDS_TO_DIE = 5.0
"""Time that a worker gets to end after it has closed its answers."""

IDLE = 60.0
"""Seconds after which a worker without work ends."""

_KNOWN = {
    "builtins": {"list", "tuple", "dict", "set", "frozenset", "complex", "bytearray"},
    "_codecs": {"encode"},
    "numpy": {"dtype", "ndarray"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "specvae_core.data.spectra": {"Observation", "LineFit"},
    "specvae_core.data.block": {"Block"},
    "specvae_core.data.understanding": {"Understanding"},
    "specvae_core.data.apart": {"Failure", "End"},
}

_START = "import sys; sys.path.insert(0, {root!r}); from specvae_core.data.worker import main; main()"


class ReadApart(Exception):
    """Reading on may take more memory than this process should risk: a worker has to read the file."""


class Failure(tuple):
    """A refusal on its way from a worker: reason, sentence, answer, choices, and whether all of the file is refused."""


class End(tuple):
    """Marks the end of a worker's answer about a file."""


_is_worker = False


def become_worker() -> None:
    """State that this process is a worker."""
    global _is_worker
    _is_worker = True


def is_worker() -> bool:
    """Whether this process may read any file: it is a worker, or the system has no limits of memory."""
    return _is_worker or os.name != "posix"


def need_worker() -> None:
    """Raise `ReadApart` unless this process is a worker; called before a library is let loose on a file."""
    if not is_worker():
        raise ReadApart


def check_regular(path: Path) -> None:
    """Refuse what is not a regular file, before it is opened: a pipe would wait for its writer for ever.

    Raises
    ------
    NotFound
        There is nothing of that name.
    Refused
        There is, and it is a pipe, a socket, a device, a folder, a link to nothing or not to be reached.
    """
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        if os.path.islink(path):
            raise Refused(
                Reason.UNREADABLE, f"{printable(path.name)} is a link to a file that is not there: mend the link."
            ) from None
        raise NotFound(f"There is no file {printable(str(path))}: check the path.") from None
    except OSError as error:
        sentence = f"{printable(path.name)} cannot be reached ({error.strerror}): check its folder and links."
        raise Refused(Reason.UNREADABLE, sentence) from None
    if not stat.S_ISREG(mode):
        kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a folder"}
        kind = kinds.get(stat.S_IFMT(mode), "a device")
        raise Refused(Reason.FOREIGN, f"{printable(path.name)} is {kind}, and files were expected: leave it out.")


def read_apart(what: str, path: Path, **arguments: object) -> Iterator[object]:
    """What a worker makes of a file, item by item.

    Parameters
    ----------
    what
        One of ``worker.TASKS``.
    path
        The file.
    **arguments
        More of that task; JSON.

    Raises
    ------
    Refused
        While iterating, where nothing (more) of the file can be used.
    """
    request = {"what": what, "path": os.fspath(path), "folder": os.getcwd(), **arguments}
    for is_last in (False, True):
        worker, given, start = _take(fresh=is_last), False, time.monotonic()
        try:
            for item in worker.answers(request, printable(path.name)):
                given = True
                yield item
            return
        except Refused:
            # A worker that has read much may have less memory left than a new one.
            worn = worker.is_broken and worker.asked > 1 and time.monotonic() - start < SECONDS_AGAIN
            if is_last or given or not worn:
                raise
        finally:
            _give_back(worker)


class _Worker:
    """A process that reads files, one after the other."""

    def __init__(self) -> None:
        root = str(Path(__file__).parents[2])
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            # -P: a folder of data with a file numpy.py in it is not a place to import from.
            [sys.executable, "-P", "-c", _START.format(root=root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **threads},
            start_new_session=True,  # Ctrl-C is the parent's affair
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests: IO[bytes] = self._process.stdin
        self._replies: IO[bytes] = self._process.stdout
        self.asked, self.is_free, self.is_broken = 0, True, False

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def answers(self, request: Mapping[str, object], name: str) -> Iterator[object]:
        """Items of one request; afterwards the worker is free again, unless it is broken."""
        self.is_free, self.asked = False, self.asked + 1
        try:
            self._requests.write(json.dumps(request).encode() + b"\n")
            self._requests.flush()
            while not isinstance(item := _Items(self._replies).load(), End):
                if not isinstance(item, Failure):
                    yield item
                    continue
                reason, message, answer, choices, whole = item
                refusal = Refused(Reason(reason), message, answer, choices)
                if whole:
                    self.is_broken = refusal.reason is Reason.TOO_LARGE
                    self.is_free = not self.is_broken
                    raise refusal
                yield refusal
            self.is_free = True
        except (EOFError, pickle.UnpicklingError, OSError):
            self.is_broken = True
            raise self._died(name) from None

    def _died(self, name: str) -> Refused:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(SECONDS_TO_DIE)  # it says why only once it is gone
        self.kill()
        code = -(self._process.returncode or 0)
        if code == signal.SIGALRM:
            return Refused(
                Reason.TOO_LARGE,
                f"{name} was not read within {SECONDS:.0f} s, which is all that a file gets: it is damaged, or should "
                "be written in parts or without compression.",
            )
        if code == signal.SIGKILL:
            return too_much_memory(name)
        cause = signal.Signals(code).name if code in set(signal.Signals) else f"status {-code}"
        return Refused(
            Reason.UNREADABLE, f"{name} crashes the library that reads it ({cause}): it is damaged, fetch it again."
        )

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        for pipe in (self._requests, self._replies):
            with suppress(OSError):  # a request that the dead worker never took
                pipe.close()
        self._process.wait()


def too_much_memory(name: str) -> Refused:
    """The refusal of a file that takes more than `MEMORY`."""
    return Refused(
        Reason.TOO_LARGE,
        f"{name} takes more than the {MEMORY / 1e6:.0f} MB of memory that a file gets: it is damaged, or should be "
        "written in parts, or in a format that is read row by row (Parquet, HDF5, .npz without compression).",
    )


class _Items(pickle.Unpickler):
    """Makes nothing but data."""

    def find_class(self, module: str, name: str) -> object:
        if name not in _KNOWN.get(module, ()):
            raise pickle.UnpicklingError(f"{module}.{name}")
        return super().find_class(module, name)


_idle: list[_Worker] = []
_busy: set[_Worker] = set()
"""Held here, so that the garbage collector ends none of them before the generator that uses it."""
_lock = threading.RLock()
"""Re-entrant: the garbage collector may close a reading that nobody finished, and so give its worker back, while this
very thread holds the lock."""


def _take(fresh: bool) -> _Worker:
    """An idle worker, or a new one."""
    with _lock:
        while _idle and not fresh:
            worker = _idle.pop()
            if worker.lives:
                break
            worker.kill()
        else:
            worker = _Worker()
        _busy.add(worker)
    return worker


def _give_back(worker: _Worker) -> None:
    with _lock:
        _busy.discard(worker)
        if worker.is_free:
            _idle.append(worker)
            return
    worker.kill()  # it is in the middle of a file that nobody wants any more


@atexit.register
def _end_all() -> None:
    for worker in (*_idle, *_busy):
        worker.kill()
