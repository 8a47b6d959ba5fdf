"""Arrays in chunks whose damage is seen: a checksum (CRC-32C) on each chunk, and no chunk that is missing unseen.

Chunks are what is read at once; some of them lie together in one file, a shard, which has an index with a checksum of
its own. A shard is replaced in one step, so that adding rows to one that is not full never harms those in it.
"""

import asyncio
import errno
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import zarr
from zarr.abc.store import ByteRequest
from zarr.codecs import BloscCodec, Crc32cCodec
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.core.sync import sync
from zarr.storage import LocalStore

from ..errors import NotWritable, UserError

UNWRITTEN = float(np.finfo(np.float32).min)
"""Fill value: no chunk of data consists of it, so that each one is written, and one that is missing was lost."""

SECONDS = 5.0
"""Seconds to wait for reads of other chunks after one was found damaged."""

BLOSC_HEADER, CRC = 16, 4


def create_array(
    group: zarr.Group, name: str, shape: tuple[int, ...], chunks: tuple[int, ...], shards: tuple[int, ...] | None = None
) -> None:
    """Add an array of float32 to a group; the checksum is checked before anything is decompressed.

    Parameters
    ----------
    group
        Takes the array.
    name, shape
        Name and shape of the array.
    chunks, shards
        Shapes of what is read at once, and of a file; without shards each chunk is a file.
    """
    group.create_array(
        name,
        shape=shape,
        chunks=chunks,
        shards=shards,
        dtype="float32",
        compressors=[BloscCodec(cname="zstd", clevel=1, shuffle="shuffle"), Crc32cCodec()],
        fill_value=UNWRITTEN,
    )


class CheckedStore(LocalStore):
    """Chunks on disk, each looked at before it is decompressed, since Blosc crashes on one that was cut.

    Parameters
    ----------
    root
        Folder of the arrays.
    whole
        Whether every chunk was written, so that one that is missing was lost. In surveys of version 0.1, chunks of
        zeros are left out.
    blosc
        Names of the arrays of which each file is a chunk that Blosc compressed; chunks in shards have checksums.
    known
        CRC-32 by path of files that carry no checksum of their own.
    """

    def __init__(self, root: Path, whole: bool, blosc: tuple[str, ...], known: Mapping[str, int]) -> None:
        super().__init__(root, read_only=True)
        self._whole, self._blosc, self._known = whole, blosc, known

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Content of a file, as of the base class."""
        return self._checked(key, await super().get(key, prototype, byte_range))

    def get_sync(
        self, key: str, *, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Content of a file, as of the base class."""
        return self._checked(key, super().get_sync(key, prototype=prototype, byte_range=byte_range))

    def _checked(self, key: str, content: Buffer | None) -> Buffer | None:
        name, _, chunk = key.partition("/c/")
        if key in self._known and (content is None or zlib.crc32(content.to_bytes()) != self._known[key]):
            what = f"chunk {chunk} of {name}" if chunk else key
            raise ValueError(f"{what} is missing" if content is None else f"{what} is not as it was written")
        if not chunk:
            return content
        if content is None:
            if self._whole:
                raise ValueError(f"chunk {chunk} of {name} is missing")
        elif name in self._blosc:
            stored = content.to_bytes()
            claimed = int.from_bytes(stored[12:BLOSC_HEADER], "little")
            if len(stored) < BLOSC_HEADER or len(stored) - claimed not in (0, CRC):
                raise ValueError(f"chunk {chunk} of {name} has {len(stored)} bytes in place of {claimed}")
        return content


async def _others_done() -> None:
    """Wait for the chunks that Zarr still reads after one has failed: Python complains of unfinished ones."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait(others, timeout=SECONDS) if others else None
    for task in others:
        if task.done() and not task.cancelled():
            task.exception()  # seen, so that nobody reports it


@contextmanager
def naming_damage(survey: str, what: str) -> Iterator[None]:
    """Turn what a damaged file leads to into one sentence; the rest of the survey can still be read."""
    try:
        yield
    except (ValueError, RuntimeError, OSError, KeyError, TypeError) as error:
        sync(_others_done(), timeout=2 * SECONDS)
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(
            f"Survey {survey} is damaged: {what} cannot be read ({reason}). Restore it from a copy, or delete it and "
            "ingest it again."
        ) from error


@contextmanager
def naming_full_disk(survey: str) -> Iterator[None]:
    """Turn a full disk into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise NotWritable(
            f"The disk is full: survey {survey} keeps what it has so far. Free some space, then go on with --resume."
        ) from None
