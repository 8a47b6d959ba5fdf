"""The server: the shell of the dashboard behind its door."""

import errno
import logging
import re
from collections.abc import Iterable

import panel as pn
from bokeh.settings import settings
from panel.io.server import Server, get_server
from tornado.websocket import WebSocketClosedError

from specvae_core.errors import UserError

from ..app import Shell
from ..theme import ASSETS
from ..warm_up import WarmUp
from ..workspaces import Workspaces
from .connection import limit_connections
from .defaults import make_defaults_once
from .door import Door
from .given import write_what_was_given
from .lock import Lock
from .names import Names, bokeh_origins, own_names
from .opening import send_openings
from .references import search_quickly
from .sending import send_all

LONGEST_MESSAGE = 10_000_000
"""Bytes of one message from a browser; the longest that are sent are pasted lists of objects."""

LONGEST_BODY = 10_000
"""Bytes of the body of a request; only a token is ever sent in one."""


LEFT = "Failed sending message as connection was closed"
"""What Bokeh and Panel log where a page is left while the server answers it."""

_QUERY = re.compile(r"""(/[^\s?'"]*)\?[^\s'"]*""")


def make_server(
    workspaces: Workspaces,
    *,
    port: int = 5006,
    address: str = "localhost",
    prefix: str = "",
    lock: Lock | None = None,
    allowed: Iterable[str] = (),
    kept: float = 15.0,
) -> Server:
    """Make the server of the dashboard; it listens, and answers once it is started.

    Parameters
    ----------
    workspaces
        What sessions share: workspaces with their jobs, and which files of this machine they may read.
    port, address
        Where to listen; port 0 picks a free one.
    prefix
        Path before all paths, as ``/user/x/proxy/5006``.
    lock
        Asks for a token; ``None`` lets everyone in.
    allowed
        Further names under which it may be asked, as behind a proxy.
    kept
        Seconds for which a session waits for a browser that has lost its connection.

    Raises
    ------
    UserError
        The port is in use, or the address is not this machine's.
    """
    if not 0 <= port < 65536:
        raise UserError(f"There is no port {port}: choose one from 1024 to 65535 with --port.")
    pn.extension()
    settings.perform_document_validation = False  # a check for programmers, made at every opening of the page
    settings.perform_error_diagnostics = False  # another one
    search_quickly()
    write_what_was_given()
    make_defaults_once()
    send_all()
    for name in ("asyncio", "bokeh.server.views.ws", "panel.io.document"):
        logging.getLogger(name).addFilter(is_worth_logging)
    for name in ("access", "application", "general"):
        logging.getLogger(f"tornado.{name}").addFilter(without_query)
    warm_up = WarmUp(workspaces.first.runner)
    warm_up.first_page()
    limit_connections()
    send_openings()
    names = own_names(address) | {name.lower() for name in allowed}
    settings.allowed_ws_origin = bokeh_origins(names)
    try:
        server = get_server(
            {"/": lambda: Shell(workspaces, warm_up).template()},
            port=port, address=address, title="SpecVAE", static_dirs={"assets": str(ASSETS)},
            unused_session_lifetime_milliseconds=round(1000 * kept),
            check_unused_sessions_milliseconds=round(1000 * kept),
            websocket_max_message_size=LONGEST_MESSAGE, http_server_kwargs={"max_body_size": LONGEST_BODY},
        )  # fmt: skip
    except OSError as error:
        raise UserError(_port_sentence(error, port, address)) from error
    application = server._tornado  # Bokeh has no public way to it
    application.default_router = Door(application, Names(names), lock, f"specvae-{server.port}", prefix)
    return server


def is_worth_logging(record: logging.LogRecord) -> bool:
    """Whether a record is not of a browser that left while it was being written to, which is no error."""
    if record.exc_info:
        return not isinstance(record.exc_info[1], WebSocketClosedError)
    return record.msg != LEFT


def without_query(record: logging.LogRecord) -> bool:
    """Take the queries out of the addresses in a record: they may hold the token, whoever refuses the request."""
    text = record.getMessage()
    if "?" in text:
        record.msg, record.args = _QUERY.sub(r"\1", text), ()
    return True


def _port_sentence(error: OSError, port: int, address: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {address} is in use, perhaps by another SpecVAE: choose one with --port {port + 1}."
    return f"Cannot listen on {address}:{port} ({error.strerror or error}): choose another with --address and --port."
