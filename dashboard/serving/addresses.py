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


def proxied(port: int, token: str, environment: Mapping[str, str]) -> str:
    """Address of the page behind jupyter-server-proxy, where the terminal is one of Jupyter's; else empty.

    On a hub it begins with the path: the name by which a browser knows the hub is not known here.

    >>> proxied(5006, "abc", {"JUPYTER_SERVER_URL": "http://localhost:8888/"})
    'http://localhost:8888/proxy/5006/?token=abc'
    >>> proxied(5006, "", {"JUPYTERHUB_SERVICE_PREFIX": "/user/x/"})
    '/user/x/proxy/5006/'
    """
    root = environment.get("JUPYTERHUB_SERVICE_PREFIX") or environment.get("JUPYTER_SERVER_URL", "")
    query = f"?{urlencode({'token': token})}" if token else ""
    return f"{root.rstrip('/')}/proxy/{port}/{query}" if root else ""


def has_own_screen(environment: Mapping[str, str]) -> bool:
    """Whether a browser opened by the server appears on a screen: not over SSH without a display."""
    return "SSH_CONNECTION" not in environment or "DISPLAY" in environment
