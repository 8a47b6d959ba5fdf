"""Values kept in memory: the few used last, and those of files that have not changed since they were read."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, TypeVar

from .errors import UserError

CACHED = 4
Value = TypeVar("Value")


def file_stamp(path: Path) -> tuple[int, int, int]:
    """Time of change, inode and size of a file: another one once it was changed or replaced, by whatever program."""
    status = path.stat()
    return status.st_mtime_ns, status.st_ino, status.st_size


class Cache(Generic[Value]):
    """The few values used last; several threads may ask at once.

    Parameters
    ----------
    kept
        How many.
    """

    def __init__(self, kept: int = CACHED) -> None:
        self._kept = kept
        self._values: OrderedDict[object, tuple[object, Value]] = OrderedDict()
        self._making: dict[object, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: object, make: Callable[[], Value], stamp: object = None) -> Value:
        """Look ``key`` up, or make and keep its value; the least recently used values are dropped.

        Who asks for a value that another thread is making waits for it; who asks for others does not.

        Parameters
        ----------
        key
            What it is known by.
        make
            Makes the value.
        stamp
            State of what the value is made from, as `file_stamp`; a value kept under another state is made again.
        """
        with self._lock:
            known = self._known(key, stamp)
            making = self._making.setdefault(key, threading.Lock()) if known is None else None
        if making is None:
            return known[1]
        with making:
            with self._lock:
                known = self._known(key, stamp)
            if known is None:
                try:
                    known = stamp, make()
                    with self._lock:
                        if self._making.get(key) is making:  # else it was dropped meanwhile
                            self._keep(key, known)
                finally:
                    with self._lock:
                        if self._making.get(key) is making:
                            del self._making[key]
        return known[1]

    def _known(self, key: object, stamp: object) -> tuple[object, Value] | None:
        """What is kept under a key and a state; now the last one that was used."""
        known = self._values.get(key)
        if known is None or known[0] != stamp:
            return None
        self._values.move_to_end(key)
        return known

    def _keep(self, key: object, known: tuple[object, Value]) -> None:
        self._values[key] = known
        self._values.move_to_end(key)
        while len(self._values) > self._kept:
            self._values.popitem(last=False)

    def drop(self, *keys: object) -> None:
        """Forget these keys."""
        with self._lock:
            for key in keys:
                self._values.pop(key, None)
                self._making.pop(key, None)


class FileCache(Generic[Value]):
    """Values read from files; a file is read again only after it has changed or was replaced.

    A page that polls several times a second then costs one look at each file's time of change. The values are shared
    by all who ask: they are not to be changed.

    Parameters
    ----------
    read
        Makes the value of a file.
    """

    def __init__(self, read: Callable[[Path], Value]) -> None:
        self._read = read
        self._values: dict[Path, tuple[tuple[int, int, int], Value]] = {}

    def get(self, path: Path) -> Value:
        """Value of one file.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        """
        stamp = file_stamp(path)
        known = self._values.get(path)
        if known is None or known[0] != stamp:
            known = self._values[path] = (stamp, self._read(path))
        return known[1]

    def all(self, paths: Iterable[Path]) -> list[Value]:
        """Values of several files, without those that are damaged, or deleted meanwhile."""
        values = []
        for path in paths:
            try:
                values.append(self.get(path))
            except (FileNotFoundError, UserError):
                self._values.pop(path, None)
        return values
