"""One file from the network: resumed where it was cut off, retried with patience, checked, put in its place whole."""

import contextlib
import email.message
import hashlib
import os
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from .. import __version__
from ..digits import whole_number
from ..errors import NotFound, NotWritable, UserError
from ..progress import Progress, Report, ignore

CHUNK = 1 << 18
TIMEOUT = 30.0
"""Seconds without an answer after which the server counts as out of reach."""

USER_AGENT = f"specvae/{__version__} (spectra for one user's survey; a few connections at a time)"

ATTEMPTS = 5
"""Tries in a row that bring no byte before a file is given up."""

LONGEST_PAUSE = 60.0
"""Seconds; a server that asks for more by ``Retry-After`` is left alone."""

BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP states that may pass: the request is repeated."""

ALGORITHMS = ("git", "md5", "sha1", "sha256", "sha512")
"""Checksums by name; ``git`` is a blob id, the SHA-1 of ``"blob <size>\\0"`` and the content."""

Pause = Callable[[float], object]
"""Waits for that many seconds."""


@dataclass(frozen=True)
class Remote:
    """One file that a server offers.

    Parameters
    ----------
    urls
        Possible addresses, the most likely first; the next one is tried where a server says that there is no such file.
    filename
        What it is called here.
    checksum
        ``ALGORITHM:HEX`` with an algorithm of `ALGORITHMS`; empty where none is known.
    """

    urls: tuple[str, ...]
    filename: str
    checksum: str = ""

    def __post_init__(self) -> None:
        for url in self.urls:
            if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
                raise UserError(f"{url!r} is not an address on the web: one that begins with https:// was expected.")
        if self.checksum and self.checksum.partition(":")[0] not in ALGORITHMS:
            raise UserError(
                f"{self.checksum!r} is not a checksum: one of {', '.join(ALGORITHMS)} was expected, as in md5:…"
            )


class Changed(Exception):
    """What the server has now is not what was begun: start at the first byte."""


def fetch(remote: Remote, folder: Path, report: Report = ignore, pause: Pause = time.sleep) -> Path:
    """The path of a file in ``folder``, fetched there unless a sound copy lies there already.

    The file appears under its name only once it is complete and its content has been checked. What arrived before an
    interruption is kept beside it, hidden, and the next try asks for the rest only (RFC 9110, section 14).

    Parameters
    ----------
    remote
        What to fetch.
    folder
        Where to; made where it is missing.
    report
        Called with the fraction of bytes that have arrived, about four times a megabyte.
    pause
        Waits between tries.

    Raises
    ------
    NotFound
        No server has the file.
    UserError
        The server cannot be reached, or what it sends is not the file.
    NotWritable
        The folder cannot be written to, or is full.
    """
    target = Path(folder) / remote.filename
    try:
        if target.is_file() and (not remote.checksum or _matches(target, remote.checksum)):
            report(Progress(1.0, f"{remote.filename} is here already"))
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        part = _Part(target)
        for url in remote.urls:
            with contextlib.suppress(NotFound):
                _fill(part, url, report, pause)
                _check(part, remote, url)
                os.replace(part.path, target)
                part.drop()
                return target
            part.drop()
    except OSError as error:
        raise NotWritable(
            f"{target} cannot be written ({error.strerror or error}): give a folder that can be written to."
        ) from error
    raise NotFound(f"{remote.filename} is not at {' nor at '.join(remote.urls)}: check the name, or the release.")


def checksum(path: Path, algorithm: str) -> str:
    """Hexadecimal digits of a file's content under an algorithm of `ALGORITHMS`."""
    digest = hashlib.new("sha1" if algorithm == "git" else algorithm, usedforsecurity=False)
    if algorithm == "git":
        digest.update(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


class _Part:
    """The bytes of a file that have arrived, and the server's name for the version that they belong to."""

    def __init__(self, target: Path) -> None:
        self.name = target.name
        self.path = target.with_name(f".{target.name}.part")
        self._version = target.with_name(f".{target.name}.version")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def version(self) -> str:
        return self._version.read_text("utf-8") if self._version.exists() else ""

    def begin(self, version: str) -> None:
        self.path.write_bytes(b"")
        self._version.write_text(version, "utf-8")

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)
        self._version.unlink(missing_ok=True)


def _fill(part: _Part, url: str, report: Report, pause: Pause) -> None:
    """Fetch until the part is whole: again and again while bytes arrive, at most `ATTEMPTS` times while none do."""
    barren = 0
    while True:
        before = part.size
        try:
            _receive(part, url, report)
            return
        except Changed:
            part.drop()
            cause, wait = "the file changes on the server", 0.0
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in (404, 410):
                raise NotFound(f"{part.name} is not at {url}.") from error
            wait = _retry_after(error)
            if error.code not in BUSY or wait > LONGEST_PAUSE:
                raise _unreachable(part.name, url, error) from error
            cause = error
        except (ConnectionError, TimeoutError, ssl.SSLError, urllib.error.URLError, HTTPException) as error:
            cause, wait = error, 0.0
        barren = 0 if part.size > before else barren + 1
        if barren == ATTEMPTS:
            raise _unreachable(part.name, url, cause)
        _wait(max(wait, 2.0**barren / 2), f"{part.name}: {cause}, waiting", report, pause)


def _wait(seconds: float, message: str, report: Report, pause: Pause) -> None:
    """Wait in short steps, so that the task can be stopped between them."""
    while seconds > 0:
        report(Progress(None, message))
        pause(min(seconds, 0.5))
        seconds -= 0.5


def _receive(part: _Part, url: str, report: Report) -> None:
    """Append what the server sends behind what is here; returns once that is the whole file."""
    start = part.size if part.version else 0
    asked = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    if start:
        asked |= {"Range": f"bytes={start}-", "If-Range": part.version}
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=asked), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            error.close()
            raise Changed from error
        raise
    with response:
        total = _total(response.headers, start if response.status == 206 else 0)
        if response.status != 206:
            start = 0
            part.begin(_version(response.headers))
        done = start
        with part.path.open("ab") as file:
            while chunk := response.read(CHUNK):
                file.write(chunk)
                done += len(chunk)
                report(Progress(min(1.0, done / total) if total else None, f"{part.name}: {done / 1e6:.1f} MB"))
    if total and done != total:
        raise ConnectionError(f"{done} of {total} bytes came")


def _version(headers: email.message.Message) -> str:
    """What names the version of a file for ``If-Range``; empty where nothing does.

    Weak tags may not be used for it (RFC 9110, section 13.1.5).
    """
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")


def _total(headers: email.message.Message, start: int) -> int:
    """Bytes of the whole file, 0 where the server does not say; `Changed` where the rest begins elsewhere."""
    rest = whole_number(headers.get("Content-Length", "")) or 0
    if not start:
        return rest
    span, _, total = headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    if not span.startswith(f"{start}-"):
        raise Changed
    whole = whole_number(total)
    return start + rest if whole is None else whole


def _check(part: _Part, remote: Remote, url: str) -> None:
    """Refuse, and drop, what is not the file."""
    algorithm, _, expected = remote.checksum.partition(":")
    found = checksum(part.path, algorithm) if expected else ""
    if found != expected.lower():
        part.drop()
        raise UserError(
            f"What {url} sent is not {remote.filename} (its checksum is {found[:10]}… where {expected[:10]}… was "
            f"expected): try again later, or put the file into {part.path.parent} by other means."
        )
    with part.path.open("rb") as file:
        head = file.read(64).lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")) and not remote.filename.lower().endswith((".htm", ".html")):
        part.drop()
        raise UserError(
            f"{url} answers with a web page in the place of {remote.filename}: look at it in a browser, it may ask "
            "for a login."
        )


def _matches(path: Path, expected: str) -> bool:
    algorithm, _, digits = expected.partition(":")
    return checksum(path, algorithm) == digits.lower()


def _retry_after(error: urllib.error.HTTPError) -> float:
    """Seconds that a busy server asks for; 0 where it does not."""
    return float(whole_number(error.headers.get("Retry-After", "") if error.headers else "") or 0)


def _unreachable(name: str, url: str, cause: object) -> UserError:
    return UserError(
        f"{name} could not be fetched from {url} ({cause}): connect to the network and try again, which goes on where "
        "it stopped, or put the file there by other means."
    )
