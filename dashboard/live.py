"""When things happen: one look at the world four times a second, and soon, once for many events.

All of it on the document's own thread.
"""

from collections.abc import Callable

import panel as pn

PERIOD = 250
"""Milliseconds between two looks."""


class Live:
    """Calls watchers periodically for as long as the session lives.

    Workers never touch a Panel or Bokeh object: they leave their progress in their job, and the watchers find it there.
    A watcher that has nothing new to show should return at once.
    """

    def __init__(self) -> None:
        self._watchers: list[Callable[[], None]] = []
        self._callback = None

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher()`` at every look from now on."""
        self._watchers.append(watcher)

    def start(self) -> None:
        """Begin looking; stops by itself when the session ends."""
        self._callback = pn.state.add_periodic_callback(self.look, period=PERIOD)
        pn.state.on_session_destroyed(self._stop)

    def look(self) -> None:
        """Call all watchers once."""
        for watcher in tuple(self._watchers):
            watcher()

    def _stop(self, session_context: object) -> None:
        self._watchers.clear()
        if self._callback is not None and self._callback.running:
            self._callback.stop()


class Soon:
    """Calls a function a moment later, once for all the calls of that moment."""

    def __init__(self, callback: Callable[[], None], delay: int) -> None:
        self._callback = callback
        self._delay = delay
        self._waiting = False

    def __call__(self) -> None:
        """Ask for the call; ``delay`` milliseconds later it comes, on the document's own thread."""
        document = pn.state.curdoc
        if not self._waiting and document is not None:
            self._waiting = True
            document.add_timeout_callback(self._now, self._delay)

    def _now(self) -> None:
        self._waiting = False
        self._callback()
