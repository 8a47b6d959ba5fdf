"""Public spectra into a folder: a named sample, a list of objects, or a list of addresses; a few files at a time."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

from filelock import FileLock, Timeout

from ..atomic import read_json, write_json
from ..data.fetch import Pause, Remote, fetch
from ..data.samples import (
    SAMPLES,
    SPEC4000,
    check_list,
    desi_files,
    desi_nights,
    desi_table,
    desi_tiles,
    sdss_files,
    url_files,
)
from ..errors import BadConfig, Cancelled, UserError
from ..jobs import several_at_once
from ..names import checked
from ..progress import Progress, Report
from ..workspace import Workspace

PARALLEL = 4
MOST_PARALLEL = 8
"""Connections at a time that an archive is asked for at most."""

SECONDS_BETWEEN_REPORTS = 0.3
RECORD = ".download.json"
"""What was asked for, whom to cite, and what is missing; hidden, so that an ingest of the folder passes it by."""


def download(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    sample: str,
    items: Sequence[str] = (),
    name: str = "",
    release: str = "edr",
    archive: str = "",
    parallel: int = PARALLEL,
) -> str:
    """Fetch public spectra into the workspace's ``downloads/NAME``; returns the name.

    Parameters
    ----------
    workspace
        Keeps the files, so that nothing is fetched twice.
    report
        Called with the share of files that are here, about three times a second.
    folder
        The job's own folder, not used: what arrived before an interruption lies beside the files.
    sample
        A name in `SAMPLES`.
    items
        The lines of the list that the sample needs: objects, tiles or addresses.
    name
        Name of the folder; the sample's where it is empty.
    release
        Of DESI: ``edr`` or ``dr1``.
    archive
        Root address of a mirror in the place of the archive's own.
    parallel
        Number of files at a time.
    """
    target = workspace.folder / "downloads" / checked(name or sample, "download")
    download_into(target, report, sample=sample, items=items, release=release, archive=archive, parallel=parallel)
    return target.name


@dataclass
class Fetched:
    """What came of a download.

    Parameters
    ----------
    files
        Paths of the files that are here now.
    failed
        (file name, address, sentence) of each that is not.
    """

    files: list[Path] = field(default_factory=list)
    failed: list[tuple[str, str, str]] = field(default_factory=list)


def download_into(
    target: Path,
    report: Report,
    *,
    sample: str,
    items: Iterable[str] = (),
    release: str = "edr",
    archive: str = "",
    parallel: int = PARALLEL,
    pause: Pause = time.sleep,
) -> Fetched:
    """Fetch public spectra into any folder; parameters as those of `download`.

    A file that cannot be had is listed in the folder's record and does not stop the others. The same call again fetches
    what is missing.

    Raises
    ------
    UserError
        No file could be had at all, the list cannot be understood, or another download into the folder is under way.
    """
    if not 1 <= parallel <= MOST_PARALLEL:
        raise BadConfig(f"{parallel} files at a time were asked for: 1 to {MOST_PARALLEL} were expected.")
    try:
        target.mkdir(parents=True, exist_ok=True)
        with FileLock(target / ".lock", timeout=0):
            remotes = _remotes(target, report, pause, sample, list(items), release, archive)
            result = _fetch_all(remotes, target, report, pause, parallel)
            _keep_record(target, sample, result)
    except Timeout:
        raise UserError(
            f"Another download into {target} is under way: wait for it, or choose another folder."
        ) from None
    except OSError as error:
        raise UserError(f"{target} cannot be written to ({error.strerror}): choose another folder.") from error
    if not result.files:
        raise UserError(f"None of {len(remotes)} files could be fetched. First: {result.failed[0][2]}")
    return result


def _remotes(
    target: Path, report: Report, pause: Pause, sample: str, items: list[str], release: str, archive: str
) -> list[Remote]:
    """The files of a sample."""
    check_list(sample, items)
    if sample == "sdss":
        return sdss_files(items, archive)
    if sample == "urls":
        return url_files(items)
    if sample == "desi":
        tiles = desi_tiles(items)
        known = all(night for _, night, _ in tiles)
        nights = {} if known else desi_nights(fetch(desi_table(release, archive), target, report, pause))
        return desi_files(tiles, nights, release, archive)
    return [SPEC4000]


def _fetch_all(remotes: list[Remote], target: Path, report: Report, pause: Pause, parallel: int) -> Fetched:
    result, lock, stopped = Fetched(), Lock(), Event()
    last = -SECONDS_BETWEEN_REPORTS

    def report_file(progress: Progress) -> None:
        """One file's progress as part of the whole; raises in every thread once the download is to stop."""
        nonlocal last
        with lock:
            if stopped.is_set():
                raise Cancelled
            if time.monotonic() - last < SECONDS_BETWEEN_REPORTS:
                return
            last = time.monotonic()
            done = len(result.files) + len(result.failed)
            share = done / len(remotes) if len(remotes) > 1 else progress.fraction
            try:
                report(Progress(share, f"{done:,} of {len(remotes):,} files · {progress.message}"))
            except Cancelled:
                stopped.set()
                raise

    def one(remote: Remote) -> Path | UserError:
        if stopped.is_set():
            raise Cancelled
        try:
            return fetch(remote, target, report_file, pause)
        except UserError as error:
            return error

    for remote, outcome in several_at_once(one, remotes, parallel):
        if isinstance(outcome, Path):
            result.files.append(outcome)
        else:
            result.failed.append((remote.filename, remote.urls[0], str(outcome)))
    result.files.sort()
    result.failed.sort()
    return result


def _keep_record(target: Path, sample: str, result: Fetched) -> None:
    """What was asked for, whom to cite, and the files that are missing."""
    missing = [dict(zip(("file", "address", "message"), entry, strict=True)) for entry in result.failed]
    record = {"sample": sample, "cite": SAMPLES[sample].cite, "files": len(result.files), "failed": missing}
    write_json(target / RECORD, record)


def read_record(target: Path) -> dict[str, object]:
    """The record of the last download into a folder: sample, whom to cite, number of files, those that failed."""
    return read_json(target / RECORD)
