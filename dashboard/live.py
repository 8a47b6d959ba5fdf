"""Calls in time, on the document's own thread: four times a second, or a moment after an event."""

from collections.abc import Callable

import panel as pn
from bokeh.application.application import SessionContext

PERIOD = 250
"""Milliseconds between two periodic calls."""


class Live:
    """Calls watchers periodically until the session ends.

    Workers never touch a Panel or Bokeh object: they leave their progress in their job, where the watchers find it.
    A watcher that has nothing new to show returns at once.
    """

    def __init__(self) -> None:
        self._watchers: list[Callable[[], None]] = []
        self.closed = False
        """Whether the session is over: nobody sees what is still called for it."""

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher()`` periodically from now on."""
        self._watchers.append(watcher)

    def start(self) -> None:
        """Begin once the browser is there; it stops by itself when the session ends.

        Not before: Panel takes what changes until then for a part of the document, and sends it to nobody, but the
        browser may have the document already. Bokeh's own callback: Panel's counts what is busy, for which twenty idle
        sessions took a fifth of a processor.
        """
        document = pn.state.curdoc
        if document is not None:
            pn.state.onload(lambda: document.add_periodic_callback(self.look, PERIOD))
            pn.state.on_session_destroyed(self._stop)

    def look(self) -> None:
        """Call all watchers once."""
        for watcher in tuple(self._watchers):
            watcher()

    def _stop(self, session_context: SessionContext) -> None:
        self.closed = True
        self._watchers.clear()  # Bokeh has removed the callback with the document
        # Tasks and threads that live as long as the process, as those of Panel and Zarr, keep the document in whose
        # context they began. What was not sent and not called before the browser left would stay in it, and keep the
        # session: Bokeh stops the timers of calls, but leaves the calls and the events that it held back.
        document = session_context._document
        document.models.flush_synced()
        document.callbacks._session_callbacks.clear()
        document.callbacks._held_events.clear()


class Soon:
    """Calls a function a moment later, once for all requests of that moment."""

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
