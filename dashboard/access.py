"""Who may reach the server: requests under its own names only.

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
from tornado.routing import Matcher, Rule
from tornado.web import Application, RequestHandler

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
    """The same names for Bokeh's own list of websocket origins, on any port; `Strangers` stands before it."""
    names = sorted(names)
    everywhere = ["*.*.*.*:*"] if EVERYWHERE.intersection(names) else []
    return [f"[{name}]:*" if ":" in name else f"{name}:*" for name in names] + everywhere


def host_of(netloc: str) -> str:
    """The name in ``name:port`` or ``[::1]:port``, in lower case; empty where there is none."""
    with suppress(ValueError):
        return (urlsplit(f"//{netloc}").hostname or "").lower()
    return ""


class Strangers(Matcher):
    """Matches requests that come under another name, or from a page of another site.

    Parameters
    ----------
    names
        What the server may be called. Where it listens on all addresses (``0.0.0.0``), any address in numbers is its
        own too, since numbers cannot be rebound.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self._everywhere = bool(self.names & EVERYWHERE)

    def match(self, request: HTTPServerRequest) -> dict | None:
        """Empty for a stranger's request, ``None`` for others, as Tornado's routing wants it."""
        origin = request.headers.get("Origin")
        # A page behind a tunnel or on another port of this machine keeps its name; "null" comes from a sandboxed page.
        welcome = self._is_own(request.host) and (origin is None or self._is_own(urlsplit(origin).netloc))
        return None if welcome else {}

    def _is_own(self, netloc: str) -> bool:
        name = host_of(netloc)
        return name in self.names or (self._everywhere and _is_number(name))


class Refusal(RequestHandler):
    """Answers a stranger's request, whatever it asks for, with 403 and one sentence."""

    def prepare(self) -> None:
        """Answer before any method of the request is looked at."""
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(
            "SpecVAE answers only under the names of the machine that it listens on: open the address that serve.py "
            "printed, or start it with --address NAME to be reached under that name.\n"
        )


def refuse_strangers(application: Application, names: Iterable[str]) -> None:
    """Let a Tornado application refuse requests that do not come under one of ``names``, pages and websockets."""
    application.default_router.rules.insert(0, Rule(Strangers(names), Refusal))


def _is_number(name: str) -> bool:
    with suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return False
