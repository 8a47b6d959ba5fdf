"""What every request passes before the dashboard sees it: its name, its page of origin, its token and its theme."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest, parse_cookie
from tornado.routing import Router
from tornado.template import Template
from tornado.web import Application, RequestHandler

from specvae_core.assets import asset

from ..theme import THEME_COOKIE
from .lock import Answer, Lock
from .names import Names

OPEN_TO_ALL = frozenset({"/assets/style.css", "/assets/theme.js", "/assets/logo.svg"})
"""Files of the page that asks for the token, served to everybody."""

MOST_DIGITS = 300
"""Digits of a whole number in an address; Python reads 4300 at most."""

WRONG = "This is not the token of this server. Copy it again: it changes with each start."
WRONG_PASSWORD = "This is not the password of this server. It was chosen when the server was started."
TOO_MANY = "There were too many wrong answers: wait a minute, then try again."


class Door(Router):
    """The outermost router of the server.

    Parameters
    ----------
    application
        What is behind it.
    names
        Names of the server.
    lock
        Knows the token; ``None`` where none is asked for.
    cookie
        Name of the cookie; servers on other ports of the same machine have other names.
    prefix
        Path before all paths, as ``/user/x/proxy/5006``. A proxy may pass it on or take it away.
    """

    def __init__(self, application: Application, names: Names, lock: Lock | None, cookie: str, prefix: str) -> None:
        self._application, self._inner = application, application.default_router
        self._names, self._lock, self._cookie, self._prefix = names, lock, cookie, prefix

    def find_handler(self, request: HTTPServerRequest, **options: object) -> HTTPMessageDelegate | None:
        """The handler of a request: the dashboard's, the form for the token, or a refusal."""
        if not self._names.welcome(request):
            return self._application.get_handler_delegate(request, Refusal)
        if request.host.startswith("["):  # Panel splits the name of a host at its colons
            request.host = f"localhost{request.host.partition(']')[2]}"
        if self._prefix and request.path == self._prefix:
            return self._application.get_handler_delegate(request, Slash)
        if self._prefix and request.path.startswith(f"{self._prefix}/"):
            request.path = request.path.removeprefix(self._prefix)
            request.uri = request.uri.removeprefix(self._prefix)  # the page counts its own depth from it
        if self._lock is not None and not self._lets_in(request, self._lock):
            arguments = {"lock": self._lock, "cookie": self._cookie, "cookie_path": self._prefix or "/"}
            return self._application.get_handler_delegate(request, TokenPage, arguments)
        if _theme_is_unknown(request):
            return self._application.get_handler_delegate(request, ThemePage)
        request.uri = _readable(request.uri)
        return self._inner.find_handler(request, **options)

    def _lets_in(self, request: HTTPServerRequest, lock: Lock) -> bool:
        if request.path in OPEN_TO_ALL:
            return True
        # One with a token in its address goes round by `TokenPage` all the same, which takes it out of the address.
        cookie = parse_cookie(request.headers.get("Cookie", "")).get(self._cookie, "")
        return lock.knows(cookie) and not (request.path == "/" and "token" in request.query_arguments)


class Refusal(RequestHandler):
    """Answers a stranger's request, whatever it asks for, with 403 and one sentence."""

    def prepare(self) -> None:
        """Answer before any method of the request is looked at."""
        _refuse(
            self,
            "SpecVAE answers only under the names of the machine that it listens on: open the address that it printed, "
            "or start it with --address NAME, or with --allow-origin NAME behind a proxy, to be reached under a name.",
        )


class Slash(RequestHandler):
    """Leads from the prefix to the page below it."""

    def prepare(self) -> None:
        """Answer before any method of the request is looked at."""
        query = f"?{self.request.query}" if self.request.query else ""
        self.redirect(f"{self.request.path}/{query}")


class TokenPage(RequestHandler):
    """Takes the token from the address or from a form, and gives the cookie for it."""

    def initialize(self, lock: Lock, cookie: str, cookie_path: str) -> None:
        """Take what `Door` knows."""
        self._lock, self._cookie, self._cookie_path = lock, cookie, cookie_path

    def prepare(self) -> None:
        """Offer the form at the page's own address only."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("X-Frame-Options", "DENY")
        if self.request.path != "/" or self.request.method not in ("GET", "POST"):
            _refuse(self, "SpecVAE asks for its token: open the address that it printed when it was started.")

    def get(self) -> None:
        """Try the token of the address; ask for one where there is none."""
        self._try(self.get_query_arguments("token", strip=False))

    def post(self) -> None:
        """Try the token that was typed."""
        self._try([token.strip() for token in self.get_body_arguments("token")])

    def _try(self, tokens: list[str]) -> None:
        answer = self._lock.answer(tokens[-1]) if tokens and tokens[-1] else None
        if answer is Answer.RIGHT:
            secure = self.request.headers.get("X-Forwarded-Proto", self.request.protocol) == "https"
            self.set_cookie(
                self._cookie, self._lock.cookie, path=self._cookie_path, httponly=True, samesite="Lax", secure=secure
            )
            self.redirect(f"./{self._query()}", status=303)  # relative: what a proxy calls this place is its own affair
            return
        self.set_status(429 if answer is Answer.WAIT else 403)
        self.finish(question(answer, f"./{self._query()}", self._lock.password))

    def _query(self) -> str:
        """The query without tokens."""
        arguments = self.request.query_arguments
        pairs = [(key, value) for key, values in arguments.items() for value in values if key != "token"]
        return f"?{urlencode(pairs)}" if pairs else ""


def question(answer: Answer | None, action: str, password: bool) -> bytes:
    """The page that asks for the token or password.

    Parameters
    ----------
    answer
        To what was given before; ``None`` where nothing was.
    action
        Address to which the form goes.
    password
        Whether a password is asked for, and not a token.
    """
    wrong = WRONG_PASSWORD if password else WRONG
    trouble = {Answer.WRONG: wrong, Answer.WAIT: TOO_MANY}.get(answer, "")
    page = Template(asset("token.html").read_text(encoding="utf-8"))
    return page.generate(trouble=trouble, action=action, password=password)


class ThemePage(RequestHandler):
    """Has a browser that comes for the first time say by a cookie whether it is dark, and come again.

    So its figures are never drawn in light first. Only some browsers send a header that says so.
    """

    def get(self) -> None:
        """Answer with a page of two scripts."""
        self.set_header("Cache-Control", "no-store")
        self.finish(asset("theme.html").read_bytes())


def _theme_is_unknown(request: HTTPServerRequest) -> bool:
    """Whether a browser asks for the page without its cookie, and not because it keeps none and has just been asked."""
    if request.method != "GET" or request.path != "/" or "text/html" not in request.headers.get("Accept", ""):
        return False
    before = urlsplit(request.headers.get("Referer", ""))  # a proxy may change its host and path
    asked = before.path.endswith("/") and before.query == request.query
    return not asked and THEME_COOKIE not in parse_cookie(request.headers.get("Cookie", ""))


def _readable(uri: str) -> str:
    """The address with a space behind digits of which Panel would make a whole number and fail, as of ² or of 5000."""
    path, mark, query = uri.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    spared = [(key, f"{text} " if _is_no_number(text) else text) for key, text in pairs]
    return uri if spared == pairs else f"{path}{mark}{urlencode(spared)}"


def _is_no_number(text: str) -> bool:
    return text.isdigit() and (not text.isascii() or len(text) > MOST_DIGITS)


def _refuse(handler: RequestHandler, sentence: str) -> None:
    handler.set_status(403)
    handler.set_header("Content-Type", "text/plain; charset=utf-8")
    handler.finish(f"{sentence}\n")
