"""Named public data sets: fetched once, checked, kept."""

import hashlib
import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from ..errors import NotFound, NotWritable, UserError
from ..progress import Progress, Report, ignore

CHUNK = 1 << 18
TIMEOUT = 30.0
"""Seconds without an answer after which the server counts as out of reach."""


@dataclass(frozen=True)
class PublicData:
    """One file that anybody may fetch.

    Parameters
    ----------
    url
        Where it lies.
    filename
        What it is called here.
    blob_id
        Its git blob id, SHA-1 of ``"blob <size>\\0"`` and the content: pins the content wherever that is served.
    title
        What it is, and whom to cite.
    """

    url: str
    filename: str
    blob_id: str
    title: str


DATASETS: dict[str, PublicData] = {
    "spec4000": PublicData(
        url="https://github.com/astroML/astroML-data/raw/main/datasets/spec4000.npz",
        filename="spec4000.npz",
        blob_id="96c744774999b5323336fb6248058a037d6515be",
        title="astroML's SDSS Corrected Spectra: 4000 galaxies at rest on 1000 pixels (Vanderplas et al. 2012)",
    ),
}


def download(name: str, folder: Path, report: Report = ignore) -> Path:
    """The path of a named data set in ``folder``, fetched there unless a sound copy lies there already.

    The file appears under its name only once it is complete and its content has been checked.

    Parameters
    ----------
    name
        A key of DATASETS.
    folder
        Where data sets are kept; made where it is missing.
    report
        Told the fraction of bytes that have arrived, about four times a megabyte.

    Raises
    ------
    NotFound
        For an unknown name.
    UserError
        When the server cannot be reached or what it sends is not the data set.
    NotWritable
        When the folder cannot be written to.
    """
    if name not in DATASETS:
        raise NotFound(f"There is no public data set {name!r}: the names are {', '.join(sorted(DATASETS))}.")
    data = DATASETS[name]
    target = Path(folder) / data.filename
    if target.is_file() and blob_id(target) == data.blob_id:
        report(Progress(1.0, f"{data.filename} is here already"))
        return target
    with _placed(target) as file:
        done = 0
        for chunk, total in _chunks(data, target.parent):
            file.write(chunk)
            done += len(chunk)
            report(Progress(done / total if total else None, f"{data.filename}: {done / 1e6:.1f} MB"))
        file.flush()
        found = blob_id(Path(file.name))
        if found != data.blob_id:
            raise UserError(
                f"What {data.url} sent is not {data.filename} (its checksum is {found[:10]}… where "
                f"{data.blob_id[:10]}… was expected): try again later, or put the file into {folder} by other means."
            )
    return target


def blob_id(path: Path) -> str:
    """The git blob id of a file's content, 40 hexadecimal digits."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _placed(target: Path) -> Iterator[BinaryIO]:
    """A new file beside the target that takes its place when all went well, and is gone when not."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            yield file
        os.replace(temporary, target)
    except OSError as error:
        raise NotWritable(
            f"{target} cannot be written ({error.strerror}): give a folder that can be written to."
        ) from error
    finally:
        if temporary.exists():
            temporary.unlink()


def _chunks(data: PublicData, folder: Path) -> Iterator[tuple[bytes, int]]:
    """The server's answer in chunks, each with the bytes to come in all (0 where the server does not say)."""
    try:
        with urllib.request.urlopen(data.url, timeout=TIMEOUT) as response:
            total = int(response.headers.get("Content-Length") or 0)
            while chunk := response.read(CHUNK):
                yield chunk, total
    except (OSError, HTTPException) as error:
        raise UserError(
            f"{data.filename} could not be fetched from {data.url} ({error}): connect to the network, or put the file "
            f"into {folder} by other means."
        ) from error
