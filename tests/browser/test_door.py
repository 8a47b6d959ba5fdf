"""Into a server that asks for a token: by its address, by typing, and through a reverse proxy."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from figures import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "/user/x/proxy/5006"
PROXY = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location {prefix}/ {{
      proxy_pass http://127.0.0.1:{behind}{target};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
def address(small_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What a server with a token and a prefix prints."""
    folder = shutil.copytree(small_workspace, tmp_path_factory.mktemp("door") / "workspace")
    command = [sys.executable, "serve.py", "--workspace", folder, "--port", "0", "--no-show", "--prefix", PREFIX]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        yield next(line.strip() for line in server.stdout if "http://" in line)
        server.terminate()


@contextmanager
def nginx(folder: Path, behind: int, target: str) -> Iterator[int]:
    """The port of an nginx that shows the server below `PREFIX`, and hands its paths on as ``target`` says."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("no nginx: apt-get install nginx-light")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = folder / "nginx.conf"
    settings.write_text(PROXY.format(folder=folder, port=port, prefix=PREFIX, behind=behind, target=target))
    with subprocess.Popen([program, "-c", settings, "-p", folder], stderr=subprocess.DEVNULL) as proxy:
        end = time.monotonic() + 60
        while time.monotonic() < end and not _answers(f"http://localhost:{port}/"):
            time.sleep(0.1)
        yield port
        proxy.terminate()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@pytest.fixture
def tab(visitor) -> Iterator[object]:
    """A tab without cookies, whose console stays free of errors."""
    visitor.clear_cookies()
    tab, errors = visitor.new_page(), []
    tab.set_default_timeout(1000 * PATIENCE)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda message: message.type == "error" and errors.append(message.text))
    yield tab
    tab.close()
    assert [error for error in errors if "status of 403" not in error] == []  # the page that asks for the token


def works(tab) -> None:
    """See that the page is there and follows a click, which takes the websocket."""
    tab.get_by_role("button", name="Data", exact=True).click()
    tab.locator(".card-title", has_text="New survey").wait_for()
    tab.wait_for_url(re.compile("page=data"))
    assert "token" not in tab.url


def test_the_printed_address_opens_the_page_and_the_cookie_opens_it_again(tab, address: str):
    tab.goto(address)
    works(tab)
    tab.goto(f"{address.partition('?')[0]}?v=1&page=train")
    tab.get_by_role("button", name="Start training").wait_for()


def test_the_token_can_be_typed(tab, address: str):
    page, _, token = address.partition("?token=")
    tab.goto(f"{page}?v=1&page=train")
    tab.get_by_label("Token").fill("not this one")
    tab.keyboard.press("Enter")
    tab.get_by_text("not the token of this server").wait_for()
    tab.get_by_label("Token").fill(token)
    tab.get_by_role("button", name="Open").click()
    tab.get_by_role("button", name="Start training").wait_for()
    works(tab)


@pytest.mark.parametrize("target", ["", "/"], ids=["hands the prefix on", "takes the prefix away"])
def test_a_reverse_proxy_shows_the_page_below_a_prefix(tab, address: str, target: str, tmp_path: Path):
    token, behind = address.partition("token=")[2], int(re.search(r":(\d+)/", address)[1])
    with nginx(tmp_path, behind, target) as port:
        tab.goto(f"http://localhost:{port}{PREFIX}/?v=1&page=train&token={token}")
        tab.get_by_role("button", name="Start training").wait_for()
        works(tab)
        assert tab.url.startswith(f"http://localhost:{port}{PREFIX}/?")
        tab.goto("about:blank")  # else it might ask for something more when the proxy has ended
