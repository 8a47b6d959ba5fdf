"""The websocket of a session, with a limit on what a browser may send."""

import time
from collections.abc import Callable

from bokeh.server.urls import per_app_patterns
from panel.io.server import WSHandler

AT_ONCE = 3000
"""Parts of messages that are taken without a pause; a message has three parts or more."""

A_SECOND = 600.0
"""Parts of messages a second that are accepted in the long run: dragging a map sends 400, an upload 300."""

POLICY = 1008
"""The code by which a websocket is closed for what was sent (RFC 6455, section 7.4.1)."""


class Allowance:
    """A limit of rate: a number at once, and a number a second in the long run (token bucket).

    Parameters
    ----------
    now
        Gives seconds, of any origin.
    """

    def __init__(self, at_once: int, a_second: float, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._rate, self._now = float(at_once), a_second, now
        self._left, self._since = self._most, now()

    def take(self) -> bool:
        """Count one message part; whether it was within the limits."""
        now = self._now()
        self._left = min(self._most, self._left + self._rate * (now - self._since))
        self._since = now
        self._left -= 1
        return self._left >= 0


class Connection(WSHandler):
    """Closes itself where a browser sends more than pages do, or anything before the session is there."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self._allowance = Allowance(AT_ONCE, A_SECOND)

    async def on_message(self, fragment: str | bytes) -> None:
        """See `WSHandler`."""
        if self.receiver is None or not self._allowance.take():
            self.close(POLICY, "more was sent than the page sends")
        elif not self._session_knows:
            await super().on_message(fragment)

    def on_close(self) -> None:
        """See `WSHandler`."""
        if not self._session_knows:
            super().on_close()

    @property
    def _session_knows(self) -> bool:
        """Whether a ping was the first to find the browser gone, and has told the session; `WSHandler` fails then."""
        return self.connection is not None and self.connection._session is None


def limit_connections() -> None:
    """Let Bokeh serve sessions over `Connection`; its list of handlers is the place that it offers for that."""
    per_app_patterns[:] = [
        (path, Connection if handler is WSHandler else handler) for path, handler in per_app_patterns
    ]
