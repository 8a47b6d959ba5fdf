"""Under which names the server may be asked, and from which pages.

A browser on this machine also runs the pages of strangers. One of them can let its own name point to this machine (DNS
rebinding) and then read every answer, since for the browser both are one site: only the header ``Host`` differs, for it
holds the stranger's name. Tornado accepts a websocket whose ``Origin`` equals ``Host``, so the name has to be checked
before.
"""

import ipaddress
import socket
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from tornado.httputil import HTTPServerRequest

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine that no other machine can answer to."""

EVERYWHERE = frozenset({"0.0.0.0", "::"})
"""Addresses that mean all addresses of this machine."""


def own_names(address: str) -> frozenset[str]:
    """Names under which a server that listens at ``address`` may be asked: this machine's own, in lower case."""
    if address in LOCAL:
        return LOCAL
    names = {address, socket.gethostname(), socket.getfqdn()}
    with suppress(OSError):
        names |= set(socket.gethostbyname_ex(socket.gethostname())[2])
    return LOCAL | {name.lower() for name in names}


def bokeh_origins(names: Iterable[str]) -> list[str]:
    """The same names for Bokeh's own list of websocket origins, on any port; `Names` stands before it."""
    names = sorted(names)
    everywhere = ["*.*.*.*:*"] if EVERYWHERE.intersection(names) else []
    return [f"[{name}]:*" if ":" in name else f"{name}:*" for name in names] + everywhere


def host_of(netloc: str) -> str:
    """The name in ``name:port`` or ``[::1]:port``, in lower case; empty where there is none."""
    with suppress(ValueError):
        return (urlsplit(f"//{netloc}").hostname or "").lower()
    return ""


class Names:
    """What the server may be called.

    Parameters
    ----------
    names
        In lower case. Where it listens on all addresses (``0.0.0.0``), any address in numbers is its own too, since
        numbers cannot be rebound.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._everywhere = bool(self._names & EVERYWHERE)

    def welcome(self, request: HTTPServerRequest) -> bool:
        """Whether a request comes under an own name, and not from inside a page of another site."""
        headers = request.headers
        # A link on another site may open the dashboard, but no frame, image or script of its pages.
        if headers.get("Sec-Fetch-Site") == "cross-site" and headers.get("Sec-Fetch-Dest") != "document":
            return False
        # A page behind a tunnel or on another port of this machine keeps its name; "null" comes from a sandboxed page.
        origin = headers.get("Origin")
        return self._is_own(request.host) and (origin is None or self._is_own(urlsplit(origin).netloc))

    def _is_own(self, netloc: str) -> bool:
        name = host_of(netloc)
        return name in self._names or (self._everywhere and _is_number(name))


def _is_number(name: str) -> bool:
    with suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return False
