"""The process that reads files for another one, see `apart`: requests as JSON lines, answers as pickles.

It ends by itself when the one that asks is gone, when it was idle for long, and when a file takes more than its budget.
"""

import json
import os
import pickle
import resource
import select
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from ..errors import Refused
from .apart import IDLE, MEMORY, SECONDS, SECONDS_A_SPECTRUM, End, Failure, become_worker
from .block import Block
from .object_table import table_columns
from .photometry_files import magnitude_columns
from .readers import read_here
from .understanding import FileHints
from .vectors.files import vector_parts
from .vectors.reading import peek


def spectra(path: Path, hints: dict, stem: str) -> Iterator[object]:
    """The items of `read_here`."""
    return read_here(path, FileHints.from_mapping(hints), stem)


TASKS: dict[str, Callable[..., Iterator[object]]] = {
    "spectra": spectra,
    "objects": table_columns,
    "magnitudes": magnitude_columns,
    "vectors": peek,
    "embedding": vector_parts,
}
"""What can be asked for: functions of a path and more, which give items."""


class _Clock:
    """Ends this process once the time for a file is used up; paused while the other side takes no answers."""

    def __init__(self) -> None:
        self._left = SECONDS

    def start(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, max(self._left, 1e-3))

    def stop(self, n: int = 1) -> None:
        """Stand still; what was read until now, n spectra or vectors, earns time for more."""
        self._left = signal.setitimer(signal.ITIMER_REAL, 0)[0] + n * SECONDS_A_SPECTRUM


def main() -> None:
    """Answer requests until there are no more."""
    become_worker()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends with the one that asks
    replies = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    os.dup2(2, 1)  # what libraries print is not an answer
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    while select.select([0], [], [], IDLE)[0]:
        line = sys.stdin.buffer.readline()
        if not line:
            return
        try:
            _answer(json.loads(line), replies)
        except BrokenPipeError:
            return


def _answer(request: dict, replies: IO[bytes]) -> None:
    clock = _Clock()

    def send(item: object) -> None:
        clock.stop(len(item) if isinstance(item, np.ndarray | Block) else 1)
        pickle.dump(item, replies, protocol=5)
        replies.flush()
        clock.start()

    os.chdir(request.pop("folder"))
    path, most = Path(request.pop("path")), request.pop("most", None)
    clock.start()
    try:
        n = 0
        for item in TASKS[request.pop("what")](path, **request):
            send(
                Failure((item.reason.value, str(item), item.answer, item.choices, False))
                if isinstance(item, Refused)
                else item
            )
            n += len(item) if isinstance(item, Block) else 1
            if most is not None and n >= most:
                break
    except Refused as refusal:
        send(Failure((refusal.reason.value, str(refusal), refusal.answer, refusal.choices, True)))
        clock.stop()
        return
    clock.stop()
    pickle.dump(End(), replies, protocol=5)
    replies.flush()
