"""Where a browser finds the server, in the words that are printed."""

import getpass
import socket
from collections.abc import Mapping
from urllib.parse import urlencode

from .names import EVERYWHERE


def page_address(address: str, port: int, prefix: str = "", token: str = "") -> str:
    """Address of the page for a browser, with the token where one is given.

    >>> page_address("localhost", 5006, "/user/x", "abc")
    'http://localhost:5006/user/x/?token=abc'
    """
    host = socket.gethostname() if address in EVERYWHERE else address
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}{prefix}/" + (f"?{urlencode({'token': token})}" if token else "")


def tunnel(address: str, port: int, environment: Mapping[str, str]) -> str:
    """Command for the user's own machine that makes the server reachable there; empty where this is that machine.

    Parameters
    ----------
    environment
        Environment variables: ``SSH_CONNECTION`` says that the terminal is a remote one, and by which address and port
        it was reached.
    """
    parts = environment.get("SSH_CONNECTION", "").split()
    if len(parts) != 4:
        return ""
    _, _, machine, ssh_port = parts
    target = "localhost" if address in EVERYWHERE else f"[{address}]" if ":" in address else address
    other_port = "" if ssh_port == "22" else f"-p {ssh_port} "
    return f"ssh -N -L {port}:{target}:{port} {other_port}{getpass.getuser()}@{machine}"


def has_own_screen(environment: Mapping[str, str]) -> bool:
    """Whether a browser opened by the server appears on a screen: not over SSH without a display."""
    return "SSH_CONNECTION" not in environment or "DISPLAY" in environment
