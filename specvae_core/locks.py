"""One lock per folder, held by the living process that writes into it.

::

    PARENT/.locks/NAME.lock     locked by the system (flock) as long as its owner lives
    PARENT/.locks/NAME.owner    the owner's host, process and start, where a network drive has no such locks

Either is free as soon as its owner has died, however it died.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Self

from filelock import FileLock, SoftFileLock, Timeout

from .errors import Locked, NotWritable

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class FolderLock:
    """The right to write into a folder, to replace it or to remove it; the folder need not exist.

    Parameters
    ----------
    folder
        The folder; its lock lies beside it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        base = folder.parent / ".locks"
        self._native = FileLock(base / f"{folder.name}.lock", thread_local=False)
        self._owner = SoftFileLock(base / f"{folder.name}.owner", thread_local=False)

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._native.is_locked or self._owner.is_locked

    def acquire(self, timeout: float = 0) -> Self:
        """Take the lock, after at most ``timeout`` seconds where another one holds it.

        Raises
        ------
        Locked
            Another one holds it still.
        NotWritable
            The folder's parent cannot be written to.
        """
        try:
            Path(self._native.lock_file).parent.mkdir(exist_ok=True)
            try:
                self._native.acquire(timeout=timeout)
            except OSError as error:
                if isinstance(error, Timeout) or error.errno not in NO_LOCKS:
                    raise
                self._owner.acquire(timeout=timeout)
        except Timeout:
            raise Locked(
                f"{self.folder.name} is being written by another program or job: wait until that has ended, or stop it."
            ) from None
        except OSError as error:
            raise NotWritable(
                f"{self.folder.parent} cannot be written to ({error.strerror}): is the disk full or read-only, or the "
                "folder gone?"
            ) from None
        return self

    def release(self) -> None:
        """Give the lock back; nothing happens where it is not held."""
        self._native.release(force=True)
        self._owner.release(force=True)

    def remove(self) -> None:
        """Give the lock back and remove its files; for folders that come only once, as those of jobs."""
        self.release()
        for lock in (self._native, self._owner):
            with suppress(OSError):
                os.unlink(lock.lock_file)

    def __enter__(self) -> Self:
        return self if self.held else self.acquire()

    def __exit__(self, *exception: object) -> None:
        self.release()
