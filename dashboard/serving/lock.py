"""What opens the dashboard to a browser: a token once, a cookie from then on."""

import hmac
import secrets
import time
from collections.abc import Callable
from enum import Enum

GUESSES = 10
"""Wrong tokens in a row that are answered at once."""

PAUSE = 6.0
"""Seconds for each further guess."""

TICKET_LIFE = 120.0
"""Seconds in which the browser that the server opens itself has to come."""


class Answer(Enum):
    """Result of comparing a token."""

    RIGHT = "right"
    WRONG = "wrong"
    WAIT = "wait"


class Lock:
    """Knows one token; the cookie that it gives is a secret of its own, so that guessing cookies does not help.

    Parameters
    ----------
    token
        Secret of the user, in the printed address or typed.
    now
        Gives seconds, of any origin.
    password
        Whether the user chose the secret as a password, which is what the page then asks for.
    """

    def __init__(self, token: str, now: Callable[[], float] = time.monotonic, password: bool = False) -> None:
        self._token, self._now, self.password = token, now, password
        self.cookie = secrets.token_urlsafe(32)
        """Value of the cookie of browsers that are let in."""
        self._tickets: dict[str, float] = {}
        self._missed = 0.0
        self._since = now()

    def knows(self, cookie: str) -> bool:
        """Whether a cookie is the one that was given out."""
        return _same(cookie, self.cookie)

    def ticket(self) -> str:
        """A token that is good once and soon.

        A browser gets its address as an argument, which every user of a machine can read for as long as it runs.
        """
        ticket = secrets.token_urlsafe(32)
        self._tickets[ticket] = self._now() + TICKET_LIFE
        return ticket

    def answer(self, token: str) -> Answer:
        """Compare a token. After some wrong ones the right one has to wait as well, or guessing would go on."""
        if self._tickets.pop(token, -1.0) >= self._now():
            return Answer.RIGHT
        elapsed, self._since = self._now() - self._since, self._now()
        self._missed = max(0.0, self._missed - elapsed / PAUSE)
        if self._missed > GUESSES - 1:
            return Answer.WAIT
        if _same(token, self._token):
            return Answer.RIGHT
        self._missed += 1
        return Answer.WRONG


def _same(given: str, secret: str) -> bool:
    """Compare in a time that does not tell where two texts differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), secret.encode())
