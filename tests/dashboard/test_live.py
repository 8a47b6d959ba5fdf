"""Calls in time, and what is left of them when a session ends."""

import asyncio
import gc
import weakref

import panel as pn
from panel.io.server import get_server

from benchmarks.visitor import Visitor, run_visits
from dashboard.live import PERIOD, Live, Soon


class Part:
    """A part of a page that asks for a call much later than its visitor stays."""

    def __init__(self) -> None:
        self.soon = Soon(self.called, 3_600_000)

    def called(self) -> None:
        """Never, in this test."""
        raise AssertionError


def test_a_call_that_still_waits_when_the_session_ends_is_not_kept_in_its_document():
    parts: list[weakref.ref[Part]] = []
    documents = []  # held here, as by tasks that began in the session and live as long as the process

    def page() -> pn.pane.HTML:
        part = Part()
        parts.append(weakref.ref(part))
        documents.append(pn.state.curdoc)
        Live().start()
        pn.state.onload(part.soon)
        return pn.pane.HTML("a page")

    async def visit() -> None:
        server = get_server(page, unused_session_lifetime_milliseconds=100, check_unused_sessions_milliseconds=100)
        server.start()
        visitor = await Visitor.enter(f"http://localhost:{server.port}/")
        while len(documents[0].session_callbacks) < 2:  # the periodic one and this one
            await asyncio.sleep(0.02)
        assert parts[0]() is not None
        await visitor.leave()
        while server.get_sessions():
            await asyncio.sleep(0.02)
        server.stop()

    run_visits(visit())
    gc.collect()
    assert parts[0]() is None


def test_what_a_watcher_shows_reaches_a_browser_that_is_slow_to_draw_the_page():
    def page() -> pn.Column:
        column, live = pn.Column("computing"), Live()
        live.watch(lambda: column.objects[0].object == "computing" and setattr(column, "objects", ["computed"]))
        live.start()
        return column

    async def visit() -> None:
        server = get_server(page)
        server.start()
        visitor = await Visitor.enter(f"http://localhost:{server.port}/", slow=4 * PERIOD / 1000)
        async with asyncio.timeout(30):
            while not any("computed" in str(model) for model in visitor.models.values()):
                await asyncio.sleep(0.02)
        await visitor.leave()
        server.stop()

    run_visits(visit())
