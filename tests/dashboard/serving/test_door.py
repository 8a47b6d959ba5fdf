"""Who is let in, asked over real connections to a real server."""

import http.client
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.serving.door import question
from dashboard.serving.lock import GUESSES, Answer
from dashboard.serving.names import bokeh_origins, host_of, own_names
from specvae_core.assets import asset

ROOT = Path(__file__).parents[3]
TOKEN = "correct horse"
WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Protocol": "bokeh, a.token",
}


@contextmanager
def served(folder: Path, *options: str) -> Iterator[tuple[int, str]]:
    """Port and printed address of a server on a copy of the demo."""
    shutil.copytree(asset("demo"), folder / "demo", dirs_exist_ok=True)
    command = [sys.executable, "serve.py", "--workspace", str(folder / "demo"), "--port", "0", "--no-show", *options]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True) as server,
    ):
        address = next(line.strip() for line in server.stdout if "http://" in line)
        yield int(re.search(r":(\d+)", address)[1]), address
        server.terminate()


@pytest.fixture(scope="module")
def open_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server that asks for no token."""
    with served(tmp_path_factory.mktemp("open"), "--no-token") as (port, address):
        assert "token" not in address
        yield port


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server that asks for a token."""
    with served(
        tmp_path_factory.mktemp("locked"), "--token", TOKEN, "--prefix", "user/x", "--allow-origin", "Stars.Example"
    ) as (port, address):
        assert address == f"http://localhost:{port}/user/x/?token=correct+horse"
        yield port


def ask(
    port: int, path: str, headers: dict[str, str] | None = None, method: str = "GET", body: str = ""
) -> tuple[int, dict[str, str], str]:
    """Status, headers and text of the answer to a request; no text of a websocket."""
    connection = http.client.HTTPConnection("localhost", port, timeout=60)
    try:
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        connection.request(method, path, headers={**form, **(headers or {})}, body=body)
        answer = connection.getresponse()
        text = "" if answer.status == 101 else answer.read().decode()
        return answer.status, dict(answer.getheaders()), text
    finally:
        connection.close()


def status(port: int, path: str, headers: dict[str, str]) -> int:
    """The status alone."""
    return ask(port, path, headers)[0]


@pytest.mark.parametrize("name", ["localhost:{}", "127.0.0.1:{}", "[::1]:{}", "LOCALHOST:{}", "localhost:8888"])
def test_the_machines_own_names_are_served(open_port: int, name: str):
    host = name.format(open_port)
    assert status(open_port, "/?v=1&page=data", {"Host": host}) == 200
    assert status(open_port, "/ws", WEBSOCKET | {"Host": host, "Origin": f"http://{host}"}) == 101


def test_the_skeleton_is_sent_before_the_session_is_built(open_port: int) -> None:
    request = f"GET /?page=data HTTP/1.1\r\nHost: localhost:{open_port}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("localhost", open_port)) as connection, connection.makefile("rb") as answer:
        connection.sendall(request.encode())
        while answer.readline().strip():  # the headers
            pass
        first = answer.read(int(answer.readline(), 16))  # one chunk (RFC 9112, section 7.1)
        others = answer.read()
    assert b'id="skeleton" aria-hidden="true" data-page="data"' in first
    assert b"data-root-id" in others
    assert b"data-root-id" not in first


def test_a_page_that_cannot_be_made_says_so(open_port: int) -> None:
    *_, text = ask(open_port, "/?bokeh-session-id=a&bokeh-token=b")
    assert text.count("The server could not make this page.") == 1
    assert text.endswith("</html>\n")


@pytest.mark.parametrize("path", ["/", "/assets/style.css", "/autoload.js", "/no-such-page"])
@pytest.mark.parametrize("name", ["evil.example:{}", "localhost.evil.example:{}", "169.254.1.1:{}", ""])
def test_a_strangers_name_is_refused_on_every_path(open_port: int, path: str, name: str):
    assert status(open_port, path, {"Host": name.format(open_port)}) == 403


def test_a_rebound_name_gets_no_websocket_though_host_and_origin_agree(open_port: int):
    host = f"evil.example:{open_port}"
    assert status(open_port, "/ws", WEBSOCKET | {"Host": host, "Origin": f"http://{host}"}) == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "https://evil.example:{}", "null"])
def test_a_page_of_another_site_gets_neither_page_nor_websocket(open_port: int, origin: str):
    headers = {"Host": f"localhost:{open_port}", "Origin": origin.format(open_port)}
    assert status(open_port, "/", headers) == 403
    assert status(open_port, "/ws", WEBSOCKET | headers) == 403


@pytest.mark.parametrize(("what", "answer"), [("document", 200), ("iframe", 403), ("image", 403)])
def test_a_page_of_another_site_may_link_here_but_shows_nothing_of_it(open_port: int, what: str, answer: int):
    assert status(open_port, "/", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": what}) == answer


def test_without_the_token_there_is_only_the_page_that_asks_for_it(locked: int):
    code, headers, text = ask(locked, "/?v=1&page=data")
    assert (code, 'name="token"' in text, "Set-Cookie" in headers) == (403, True, False)
    assert "page=data" in re.search('action="(.*)"', text)[1]
    for path in ("/autoload.js", "/static/js/bokeh.min.js", "/assets/demo/workspace.json", "/ws", "/user/x/ws"):
        assert status(locked, path, WEBSOCKET if path.endswith("ws") else {}) == 403
    assert status(locked, "/assets/style.css", {}) == 200  # of the page that asks


@pytest.mark.parametrize("start", ["/", "/user/x/"])
def test_the_token_gives_a_cookie_and_leaves_the_address(locked: int, start: str):
    code, headers, _ = ask(locked, f"{start}?v=1&hidden=a+b&token=correct+horse&hidden=c")
    assert (code, headers["Location"]) == (303, "./?v=1&hidden=a+b&hidden=c")
    cookie, *rules = headers["Set-Cookie"].split("; ")
    assert set(rules) == {"HttpOnly", "Path=/user/x", "SameSite=Lax"}
    assert cookie.startswith(f"specvae-{locked}=")
    known = {"Cookie": f"other=1; {cookie}"}
    assert ask(locked, f"{start}?v=1", known)[0] == 200
    assert status(locked, f"{start}ws", WEBSOCKET | known) == 101
    assert status(locked, f"{start}ws", WEBSOCKET | {"Cookie": f"{cookie}x"}) == 403
    assert ask(locked, f"{start}?token=correct+horse", known)[0] == 303


def test_a_proxy_may_show_it_under_a_name_that_was_allowed(locked: int):
    cookie = ask(locked, "/?token=correct+horse")[1]["Set-Cookie"].split(";")[0]
    for host in (f"localhost:{locked}", "stars.example"):  # some proxies pass the name on
        headers = WEBSOCKET | {"Cookie": cookie, "Host": host, "Origin": "https://stars.example"}
        assert status(locked, "/ws", headers) == 101
        assert status(locked, "/ws", headers | {"Origin": "https://more.stars.example"}) == 403


def test_a_proxy_with_https_gets_a_cookie_for_https_alone(locked: int):
    headers = ask(locked, "/?token=correct+horse", {"X-Forwarded-Proto": "https"})[1]
    assert "Secure" in headers["Set-Cookie"].split("; ")


def test_the_prefix_without_its_slash_leads_to_the_page(locked: int):
    code, headers, _ = ask(locked, "/user/x?v=1")
    assert (code, headers["Location"]) == (302, "/user/x/?v=1")
    assert status(locked, "/user/xy/", {}) == 403


def test_a_token_can_be_typed(locked: int):
    code, headers, _ = ask(locked, "/?page=train", method="POST", body="token=+correct+horse+")
    assert (code, headers["Location"]) == (303, "./?page=train")
    code, _, text = ask(locked, "/", method="POST", body="token=another")
    assert (code, "not the token" in text) == (403, True)


def test_the_page_asks_for_a_password_where_one_was_chosen():
    first, again = (question(answer, "./", password=True).decode() for answer in (None, Answer.WRONG))
    assert ">Password</label>" in first
    assert "oken" not in first.replace('"token"', "")
    assert "not the password of this server" in again
    assert "changes with each start" in question(Answer.WRONG, "./", password=False).decode()


def test_a_token_that_is_no_text_is_refused(locked: int):
    assert ask(locked, "/?token=%ff%fe")[0] == 400
    assert ask(locked, "/?token=%ED%A0%80")[0] == 400


def test_a_body_is_limited(locked: int):
    assert ask(locked, "/", {"Content-Length": "5000000"}, method="POST")[0] == 400


def test_guesses_are_slowed_down_and_let_those_in_who_are_in(tmp_path: Path):
    with served(tmp_path, "--token", TOKEN) as (port, _):
        cookie = ask(port, "/?token=correct+horse")[1]["Set-Cookie"].split(";")[0]
        codes = [ask(port, f"/?token=guess-{number}")[0] for number in range(GUESSES + 2)]
        assert codes == [403] * GUESSES + [429] * 2
        assert ask(port, "/?token=correct+horse")[0] == 429
        assert ask(port, "/", {"Cookie": cookie})[0] == 200
        assert ask(port, "/?token=correct+horse", {"Host": "evil.example"})[0] == 403
        assert ask(port, "/nowhere?token=correct+horse", {"Cookie": cookie})[0] == 404
        assert ask(port, "/assets/..%2fx?token=correct+horse", {"Cookie": cookie})[0] in (403, 404)
        log = (tmp_path / "log").read_text()
        assert "403 GET / " in log
        assert not [secret for secret in ("guess-", "correct", "horse", cookie) if secret in log]


def test_names_are_read_as_browsers_write_them():
    assert host_of("LocalHost:5006") == "localhost"
    assert host_of("[::1]:5006") == "::1"
    assert host_of("[::1") == ""


def test_a_server_for_others_answers_to_the_name_it_was_given():
    assert "stars.example" in own_names("Stars.example".lower())
    assert "localhost" in own_names("0.0.0.0")
    assert bokeh_origins(["::1", "0.0.0.0"]) == ["0.0.0.0:*", "[::1]:*", "*.*.*.*:*"]
