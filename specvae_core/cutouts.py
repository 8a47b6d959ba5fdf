"""Images of the sky around objects, from a cutout service that the user names, kept in the workspace.

Nothing is fetched unless it is asked for. An answer counts only if it is a PNG or JPEG of bounded size.
"""

import hashlib
import http.client
import os
import struct
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd

from . import __version__
from .atomic import read_json, write_json, write_with
from .errors import BadConfig, NotFound, UserError

TIMEOUT = 15.0
"""Seconds that the service may be silent."""

LARGEST = 4_000_000
"""Bytes of an image."""

MOST_PIXELS = 4096
"""Width and height of an image."""

KEPT = 2000
"""Images in the cache; the oldest make room."""

SIZES = (1.0, 3600.0)
"""Least and largest width on the sky, arcsec."""

LONGEST_TEMPLATE = 1000

_FIELDS = ("{ra}", "{dec}", "{size}")


@dataclass(frozen=True)
class Image:
    """An image as it came: content type and bytes."""

    kind: str
    content: bytes


class Cutouts:
    """The cutout service of a workspace, and the images that it has sent.

    Parameters
    ----------
    folder
        Holds the template of the service and the images.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def template(self) -> str:
        """Address of the service with ``{ra}``, ``{dec}`` (degrees), ``{size}`` (arcsec); empty where none is set."""
        try:
            return str(read_json(self.folder / "service.json")["template"])
        except (OSError, KeyError, ValueError, UserError):
            return ""

    def set_template(self, template: str) -> None:
        """Keep the address of the service.

        Raises
        ------
        BadConfig
            It is not an address on the web, or has no place for a position.
        """
        template = template.strip()
        if template:
            _check_template(template)
        self.folder.mkdir(exist_ok=True)
        write_json(self.folder / "service.json", {"template": template})

    def image(self, ra: float, dec: float, size: float) -> Image:
        """The image around a position, from the cache or from the service.

        Parameters
        ----------
        ra, dec
            Degrees.
        size
            Width and height, arcsec.

        Raises
        ------
        UserError
            The service does not answer, or not with an image; no service is set; the position is none.
        """
        address = _address(self.template, ra, dec, size)
        path = self.folder / f"{hashlib.sha256(address.encode()).hexdigest()[:32]}.image"
        try:
            content = path.read_bytes()
            os.utime(path)
        except FileNotFoundError:
            content = _fetch(address)
            kind_of(content, address)  # before it is kept
            write_with(path, lambda new: new.write_bytes(content))
            self._make_room()
        return Image(kind_of(content, address), content)

    def _make_room(self) -> None:
        """Delete the images that were looked at least recently, beyond `KEPT`."""
        kept = sorted(self.folder.glob("*.image"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in kept[KEPT:]:
            path.unlink(missing_ok=True)


def position_of(table: pd.DataFrame) -> tuple[float, float]:
    """Right ascension and declination of the first row of a catalogue, degrees.

    Raises
    ------
    NotFound
        The catalogue has no columns ``ra`` and ``dec``.
    """
    names = {str(name).lower(): name for name in table.columns}
    if "ra" not in names or "dec" not in names:
        raise NotFound("The catalogue has no columns ra and dec: the position of the object is not known.")
    ra, dec = (pd.to_numeric(table[names[name]], errors="coerce").iloc[0] for name in ("ra", "dec"))
    return float(ra), float(dec)


def _check_template(template: str) -> None:
    parts = urlsplit(template)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(template) > LONGEST_TEMPLATE:
        raise BadConfig(f"{template[:80]!r} is not an address on the web: one that begins with https:// was expected.")
    if not template.isprintable() or not all(field in template for field in _FIELDS[:2]):
        raise BadConfig("The address of a cutout service has {ra} and {dec} where the position goes, and {size}.")
    if any(field in parts.netloc for field in _FIELDS):
        raise BadConfig("The position belongs behind the name of the server, not into it.")


def _address(template: str, ra: float, dec: float, size: float) -> str:
    if not template:
        raise NotFound("No cutout service is set: give the address of one, with {ra}, {dec} and {size} in it.")
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        raise BadConfig(f"Right ascension {ra:g} and declination {dec:g} are not a position in degrees.")
    if not SIZES[0] <= size <= SIZES[1]:
        raise BadConfig(f"The size is {size:g} arcsec: {SIZES[0]:g} to {SIZES[1]:g} were expected.")
    _check_template(template)  # the file may have been changed by hand
    values = zip(_FIELDS, (f"{ra:.6f}", f"{dec:.6f}", f"{size:g}"), strict=True)
    for field, value in values:
        template = template.replace(field, value)
    return template


class _OnlyTheWeb(urllib.request.HTTPRedirectHandler):
    """Follows redirections to the web alone."""

    def redirect_request(self, request, file, code, message, headers, address):
        """Refuse any other address; a few redirections at most, as the library has it."""
        if urlsplit(address).scheme not in ("http", "https"):
            raise urllib.error.URLError(f"it sends to {address[:80]!r}, which is not on the web")
        return super().redirect_request(request, file, code, message, headers, address)


def _fetch(address: str) -> bytes:
    opener = urllib.request.build_opener(_OnlyTheWeb)
    asked = {"User-Agent": f"specvae/{__version__}", "Accept": "image/png, image/jpeg"}
    host = urlsplit(address).hostname
    try:
        with opener.open(urllib.request.Request(address, headers=asked), timeout=TIMEOUT) as response:
            content = response.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise UserError(f"{host} has no image there: it answers with the status {error.code}.") from None
    except TimeoutError:
        raise UserError(f"{host} was silent for {TIMEOUT:g} s: try again later.") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise UserError(f"No image could be had from {host} ({getattr(error, 'reason', error)}).") from None
    if len(content) > LARGEST:
        raise UserError(f"{host} sends more than {LARGEST / 1e6:.0f} MB: ask for a smaller image.")
    return content


def kind_of(content: bytes, address: str) -> str:
    """Content type of an image.

    Raises
    ------
    UserError
        It is not a PNG or JPEG, or larger than `MOST_PIXELS`.
    """
    kind, shape = "image/png", _png_shape(content)
    if shape is None:
        kind, shape = "image/jpeg", _jpeg_shape(content)
    if shape is None:
        raise UserError(f"What {urlsplit(address).hostname} sends is not a PNG or JPEG image: look at its address.")
    if not all(0 < side <= MOST_PIXELS for side in shape):
        raise UserError(f"The image has {shape[0]} x {shape[1]} pixels: at most {MOST_PIXELS} a side were expected.")
    return kind


def _png_shape(content: bytes) -> tuple[int, int] | None:
    """Width and height; ``None`` for what is not a PNG."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or content[12:16] != b"IHDR" or len(content) < 33:
        return None
    return struct.unpack(">II", content[16:24])


def _jpeg_shape(content: bytes) -> tuple[int, int] | None:
    """Width and height by the first frame header; ``None`` for what is not a JPEG."""
    if not content.startswith(b"\xff\xd8\xff"):
        return None
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4], "big")
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        place += 2 + max(length, 2)
    return None


_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of JPEG frame headers."""
