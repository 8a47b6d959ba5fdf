"""``specvae serve``: options, and who may come in by them."""

import argparse
import gc
import getpass
import json
import logging
import os
import secrets
import sys
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_data_path

from specvae_core.annotation_record import author_name, login_name
from specvae_core.commands.options import command
from specvae_core.data.uploads import remove_abandoned
from specvae_core.errors import UserError
from specvae_core.jobs import JobRunner
from specvae_core.workspace import Workspace

from ..server_files import ServerFiles
from .addresses import has_own_screen, page_address, proxied, tunnel
from .demo import demo_folder
from .lock import Lock
from .names import LOCAL

if TYPE_CHECKING:
    from ..workspaces import Workspaces  # and the dashboard with it

TOKEN_VARIABLE = "SPECVAE_TOKEN"
"""Environment variable with a token; what stands on a command line can be read by every user of the machine."""

SHORTEST = 8
"""Characters of a token or password that is chosen by a user."""

OPEN = (
    "No token is asked for: every user and program of this machine can open this workspace, change it, and read {root}."
)


PROXIED = """This terminal is one of Jupyter. With jupyter-server-proxy, open in the browser that shows it

    {behind}
"""


def add(commands) -> None:
    """Add the command of this file."""
    made = command(commands, "serve", run_serve, workspace=False)
    made.add_argument("--workspace", type=Path, metavar="DIR", help="folder of surveys and models (default: the demo)")
    made.add_argument(
        "--port", type=int, default=5006, help="port to listen on (default %(default)s; 0 for any that is free)"
    )
    made.add_argument(
        "--address", default="localhost", help="name or address to listen on (default %(default)s: this machine only)"
    )
    made.add_argument("--prefix", default="", metavar="PATH", help="path under which a proxy shows it")
    made.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="HOST",
        help="name by which a proxy shows it; repeatable",
    )
    made.add_argument(
        "--root", type=Path, metavar="DIR", help="the only folder whose files the pages may read (default: your home)"
    )
    door = made.add_mutually_exclusive_group()
    door.add_argument(
        "--token",
        nargs="?",
        const="",
        metavar="T",
        help=f"ask for this token (default: a new one at each start; {TOKEN_VARIABLE} in the environment keeps it from "
        "other users of this machine)",
    )
    door.add_argument("--login", action="store_true", help="ask for a password, which you type now")
    door.add_argument("--no-token", action="store_true", help="let in everyone on this machine")
    made.add_argument(
        "--author", metavar="NAME", help="who annotates, until a page is given another name (default: your login name)"
    )
    made.add_argument("--no-show", action="store_true", help="do not open a browser")


@dataclass(frozen=True)
class Admission:
    """Who is let in, and to which files.

    Parameters
    ----------
    token
        What a browser has to bring; empty where it needs nothing.
    printed
        Whether the token is part of the printed address.
    root
        Folder whose files may be read; ``None`` for none.
    """

    token: str
    printed: bool
    root: Path | None


def admission(options: argparse.Namespace) -> Admission:
    """What the options ask for.

    Raises
    ------
    UserError
        Where a machine other than this one would get in without a token, or the token is short.
    """
    local = options.address in LOCAL
    if options.no_token and not local:
        raise UserError(
            f"--no-token with --address {options.address} would let in everyone who reaches this machine: leave out "
            "--no-token, or listen on localhost."
        )
    given = options.token or os.environ.get(TOKEN_VARIABLE, "")
    if options.login:
        given = _password()
    if given and len(given) < SHORTEST:
        what = "password" if options.login else "token"
        raise UserError(f"The {what} has {len(given)} characters, which can be guessed: give {SHORTEST} or more.")
    asks = options.login or options.token is not None or given != ""
    demo = options.workspace is None and options.root is None and local
    if options.no_token or (demo and not asks):
        return Admission("", False, None if demo else _root(options.root))
    return Admission(given or secrets.token_urlsafe(24), not options.login, _root(options.root))


def _password() -> str:
    if not sys.stdin.isatty():
        raise UserError(f"--login asks for a password at a terminal: set {TOKEN_VARIABLE} instead where there is none.")
    first = getpass.getpass("Password for the dashboard: ")
    if first != getpass.getpass("Once more: "):
        raise UserError("The two passwords differ: start again.")
    return first


def _root(given: Path | None) -> Path | None:
    """The folder that was given, else the user's home, else none."""
    if given is None:
        try:
            given = Path.home()
        except RuntimeError:  # an account without a home
            return None
        return given.resolve() if given.is_dir() else None
    if not given.is_dir():
        raise UserError(f"--root is {given}, which is not a folder: give the folder whose files the pages may read.")
    return given.resolve()


def run_serve(options: argparse.Namespace) -> None:
    """``specvae serve``: open the workspace and serve it until interrupted."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    for library in ("bokeh", "tornado.access", "numexpr"):
        logging.getLogger(library).setLevel(logging.WARNING)
    admitted = admission(options)
    workspace = Workspace.open(options.workspace or demo_folder())
    remove_abandoned(workspace.folder / "uploads")
    author = login_name() if options.author is None else author_name(options.author)
    gc.disable()  # until all is loaded, a quarter sooner: none of it is ever garbage
    from ..shared import Shared  # takes two seconds, which a mistake in the options should not wait for
    from ..workspaces import Workspaces

    files = ServerFiles(admitted.root, (workspace.folder / "uploads", workspace.folder / "downloads"))
    shared = Shared(workspace, JobRunner(workspace.folder / "jobs"), files, author)
    workspaces = Workspaces(shared, user_data_path("specvae", appauthor=False) / "recent.json")
    try:
        _serve(workspaces, admitted, options)
    except KeyboardInterrupt:
        pass
    finally:
        workspaces.shutdown()


def _serve(workspaces: "Workspaces", admitted: Admission, options: argparse.Namespace) -> None:
    import asyncio

    from .server import make_server

    asyncio.set_event_loop(asyncio.new_event_loop())  # Tornado asks for one before it runs: Python 3.12 warns without
    workspace, runner = workspaces.first.workspace, workspaces.first.runner

    prefix = f"/{options.prefix.strip('/')}" if options.prefix.strip("/") else ""
    lock = Lock(admitted.token, password=not admitted.printed) if admitted.token else None
    server = make_server(
        workspaces, port=options.port, address=options.address, prefix=prefix, lock=lock, allowed=options.allow_origin
    )
    gc.freeze()  # what is loaded is not looked through again at the end of each visit
    gc.set_threshold(10_000)  # the usual 700 make looking for it a tenth of the opening of a page
    gc.enable()
    server.start()
    token = admitted.token if admitted.printed else ""
    found_at = page_address(options.address, server.port, prefix, token)
    connect = tunnel(options.address, server.port, os.environ)
    _tell(options, workspace, admitted, found_at, connect, proxied(server.port, token, os.environ))
    if not options.no_show and has_own_screen(os.environ):
        ticket = lock.ticket() if lock else ""
        runner.aside(lambda: webbrowser.open(page_address(options.address, server.port, prefix, ticket), new=2))
    server.io_loop.start()


def _tell(
    options: argparse.Namespace, workspace: Workspace, admitted: Admission, found_at: str, connect: str, behind: str
) -> None:
    """Print where the dashboard is found, and by whom."""
    if options.json:
        places = {"address": found_at, "workspace": str(workspace.folder), "tunnel": connect, "proxied": behind}
        print(json.dumps(places), flush=True)
        return
    print(f"\nSpecVAE shows {workspace.folder} at\n\n    {found_at}\n")
    if connect:
        print(f"From your own machine, first run there:\n\n    {connect}\n")
    if behind:
        print(PROXIED.format(behind=behind))
        if behind.startswith("/") and not options.allow_origin:
            print("On a hub, start it with --allow-origin and the name of the hub, as hub.example.org.\n")
    if options.no_token:
        print(OPEN.format(root=admitted.root or "no folder") + "\n")
    print("Stop it with Ctrl+C.", flush=True)
