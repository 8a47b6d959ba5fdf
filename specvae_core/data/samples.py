"""Public spectra that can be fetched by name: where each file lies in its archive, and how lists of objects are read.

The addresses follow the data models that the archives publish:

- SDSS, https://www.sdss4.org/dr17/spectro/spectro_access/: ``spectra/lite/PLATE/spec-PLATE-MJD-FIBER.fits`` under the
  reduction of the plate. Plates below `FIRST_BOSS_PLATE` were reduced as 26 (SDSS-I, II), 103 or 104 (SEGUE), later
  ones by the eBOSS pipeline.
- DESI, https://desidatamodel.readthedocs.io: ``tiles/cumulative/TILE/NIGHT/coadd-PETAL-TILE-thruNIGHT.fits`` and the
  redshifts, ``redrock-…``, beside it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..errors import NotFound, Reason, Refused, UserError
from .fetch import ALGORITHMS, Remote
from .uploads import safe_name

SDSS_ARCHIVE = "https://data.sdss.org/sas/dr17"
DESI_ARCHIVE = "https://data.desi.lbl.gov/public"
DESI_RELEASES = {"edr": "fuji", "dr1": "iron"}
"""Releases and the names of their reductions."""

FIRST_BOSS_PLATE = 3510
PETALS = range(10)
SPEC4000 = Remote(
    urls=("https://github.com/astroML/astroML-data/raw/main/datasets/spec4000.npz",),
    filename="spec4000.npz",
    checksum="git:96c744774999b5323336fb6248058a037d6515be",
)
_LENGTHS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_SDSS = re.compile(r"(?:spec-)?(\d{1,5})[^\d]+(\d{5})[^\d]+(\d{1,4})(?!\d)")
_TILE = re.compile(r"(\d{1,6})(?:[^\d]+(20\d{6}))?(?:[^\d]+(\d))?")


@dataclass(frozen=True)
class Sample:
    """Something that ``specvae download`` offers.

    Parameters
    ----------
    title
        Its name, and behind a colon what it is.
    lists
        What the lines of the list say that has to be given; empty where none is needed.
    cite
        Whom to cite.
    """

    title: str
    lists: str = ""
    cite: str = ""


SAMPLES: dict[str, Sample] = {
    "spec4000": Sample(
        title="astroML's SDSS Corrected Spectra: 4000 galaxies at rest on 1000 pixels",
        cite="Vanderplas et al. 2012",
    ),
    "sdss": Sample(
        title="SDSS spectra by plate, MJD and fibre: SDSS, BOSS and eBOSS, release 17",
        lists="PLATE-MJD-FIBER, as in 0266-51602-0013, or a CSV with columns plate, mjd, fiberid",
        cite="Abdurro'uf et al. 2022",
    ),
    "desi": Sample(
        title="DESI spectra by tile: coadded spectra and redshifts",
        lists="TILE, TILE-NIGHT or TILE-NIGHT-PETAL, as in 80605-20210205-0",
        cite="DESI Collaboration 2024",
    ),
    "urls": Sample(
        title="Files on the web: any addresses", lists="an address, and behind it its checksum where one is known"
    ),
}


def check_list(sample: str, items: Sequence[str]) -> None:
    """Check that a list is what a sample needs, before anything is fetched.

    Raises
    ------
    NotFound
        There is no such sample.
    UserError
        There is no list where one is needed, one where none is, it names nothing, or a line cannot be understood.
    """
    if sample not in SAMPLES:
        raise NotFound(f"There is no public sample {sample!r}: the names are {', '.join(SAMPLES)}.")
    needs = SAMPLES[sample].lists
    if bool(items) != bool(needs):
        needed = f"give a list of {needs}" if needs else "it needs no list"
        raise UserError(f"The sample {sample} came {'with' if items else 'without'} a list: {needed}.")
    read = {"sdss": sdss_files, "desi": desi_tiles, "urls": url_files}.get(sample)
    if read is not None and not read(items):
        raise UserError("The list names nothing: give one line for each object.")


def sdss_files(lines: Iterable[str], archive: str = "") -> list[Remote]:
    """The spectra that a list names, each once.

    Parameters
    ----------
    lines
        ``PLATE-MJD-FIBER`` in any spelling with something between the numbers, the name of an SDSS file, or a table
        with commas whose first line names the columns plate, mjd and fiberid. Empty lines and comments are skipped.
    archive
        A mirror of release 17, in the place of `SDSS_ARCHIVE`.
    """
    root, found = (archive or SDSS_ARCHIVE).rstrip("/"), {}
    for plate, mjd, fibre in _sdss_numbers(lines):
        name = f"spec-{plate:04d}-{mjd}-{fibre:04d}.fits"
        reductions = [f"sdss/spectro/redux/{run}" for run in (26, 103, 104)]
        if plate >= FIRST_BOSS_PLATE:
            reductions = ["eboss/spectro/redux/v5_13_2"]
        urls = tuple(f"{root}/{reduction}/spectra/lite/{plate:04d}/{name}" for reduction in reductions)
        found[name] = Remote(urls, name)
    return list(found.values())


def _sdss_numbers(lines: Iterable[str]) -> Iterable[tuple[int, int, int]]:
    columns: list[int] = []
    for number, line in _numbered_lines(lines):
        names = [field.strip().strip('"').lower() for field in re.split(r"[,;\t]", line)]
        if {"plate", "mjd"} <= set(names):
            fibre = next((names.index(name) for name in ("fiberid", "fiber", "fibre") if name in names), None)
            if fibre is None:
                raise UserError(f"The list has columns {', '.join(names)} and none named fiberid: add it.")
            columns = [names.index("plate"), names.index("mjd"), fibre]
            continue
        fields = [names[i] for i in columns if i < len(names)]
        found = _SDSS.search("-".join(fields) if columns else line)
        if not found:
            raise UserError(
                f"Line {number} of the list is {line[:60]!r}: plate-MJD-fibre was expected, as in 0266-51602-0013."
            )
        yield int(found[1]), int(found[2]), int(found[3])


def desi_tiles(lines: Iterable[str]) -> list[tuple[int, int | None, int | None]]:
    """(tile, last night or ``None``, petal or ``None`` for all) of each line of a list."""
    tiles = []
    for number, line in _numbered_lines(lines):
        found = _TILE.fullmatch(line.strip().strip(",;"))
        if not found:
            raise UserError(
                f"Line {number} of the list is {line[:60]!r}: a DESI tile was expected: 80605 or 80605-20210205-0."
            )
        tiles.append((int(found[1]), *(int(text) if text else None for text in (found[2], found[3]))))
    return list(dict.fromkeys(tiles))


def desi_table(release: str, archive: str = "") -> Remote:
    """The release's table of tiles, which knows the last night of each."""
    name = f"tiles-{_reduction(release)}.fits"
    return Remote((f"{_desi_root(release, archive)}/{name}",), name)


def desi_nights(path: Path) -> dict[int, int]:
    """Last night by tile, from the release's table of tiles.

    Raises
    ------
    Refused
        It is no such table, as where a mirror has another file in its place.
    """
    from .photometry_files import read_table  # and pandas with it

    table = read_table(path)
    try:
        return {int(tile): int(night) for tile, night in zip(table["TILEID"], table["LASTNIGHT"], strict=True)}
    except (KeyError, ValueError, TypeError, OverflowError):
        sentence = "has no whole numbers in columns TILEID and LASTNIGHT, as DESI's table of tiles has"
        raise Refused(Reason.FOREIGN, f"{path.name} {sentence}: check the mirror.") from None


def desi_files(
    tiles: Sequence[tuple[int, int | None, int | None]], nights: Mapping[int, int], release: str, archive: str = ""
) -> list[Remote]:
    """Coadded spectra and redshifts of tiles: two files for each petal."""
    files = []
    for tile, night, petal in tiles:
        last = night or nights.get(tile)
        if last is None:
            raise NotFound(f"Tile {tile} is not in DESI's release {release}: give another tile, or its night as well.")
        for number in PETALS if petal is None else (petal,):
            for kind in ("coadd", "redrock"):
                name = f"{kind}-{number}-{tile}-thru{last}.fits"
                url = f"{_desi_root(release, archive)}/tiles/cumulative/{tile}/{last}/{name}"
                files.append(Remote((url,), name))
    return files


def url_files(lines: Iterable[str]) -> list[Remote]:
    """The files that a list of addresses names; a checksum stands behind its address, or before it as md5sum prints.

    Files of the same name at different addresses get a few digits of the address's own hash into their names.
    """
    found: dict[str, Remote] = {}
    for number, line in _numbered_lines(lines):
        words = [word.lstrip("*") for word in line.split()]
        urls = [word for word in words if "://" in word]
        rest = [word for word in words if "://" not in word]
        if len(urls) != 1 or len(rest) > 1:
            raise UserError(
                f"Line {number} of the list is {line[:60]!r}: an address and perhaps a checksum were expected."
            )
        name = safe_name(unquote(urlsplit(urls[0]).path)) or "file"
        if name in found and found[name].urls != (urls[0],):
            stem, dot, ending = name.partition(".")
            name = f"{stem}-{sha1(urls[0].encode(), usedforsecurity=False).hexdigest()[:8]}{dot}{ending}"
        found[name] = Remote((urls[0],), name, _checksum(rest[0], number) if rest else "")
    return list(found.values())


def _checksum(text: str, number: int) -> str:
    algorithm, colon, digits = text.rpartition(":")
    algorithm = algorithm if colon else _LENGTHS.get(len(digits), "")
    if algorithm not in ALGORITHMS or not re.fullmatch(r"[0-9a-fA-F]+", digits):
        raise UserError(f"Line {number} of the list has the checksum {text[:20]!r}: one as in sha256:… was expected.")
    return f"{algorithm}:{digits.lower()}"


def _numbered_lines(lines: Iterable[str]) -> Iterable[tuple[int, str]]:
    """Number and text of lines that say something."""
    for number, line in enumerate(lines, 1):
        text = line.strip().lstrip("\ufeff")
        if text and not text.startswith("#"):
            yield number, text


def _reduction(release: str) -> str:
    if release not in DESI_RELEASES:
        raise NotFound(f"There is no DESI release {release!r}: the releases are {', '.join(DESI_RELEASES)}.")
    return DESI_RELEASES[release]


def _desi_root(release: str, archive: str) -> str:
    return f"{(archive or DESI_ARCHIVE).rstrip('/')}/{release}/spectro/redux/{_reduction(release)}"
