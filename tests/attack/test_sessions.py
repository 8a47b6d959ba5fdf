"""What is left of sessions that are over, counted in the process of the server."""

import asyncio
import gc
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from bokeh.document import Document

from benchmarks.visitor import Visitor, changes, run_visits
from dashboard.app import Shell
from dashboard.page import Session
from dashboard.pages import PAGES
from dashboard.serving.server import make_server
from dashboard.shared import Shared
from dashboard.workspaces import Workspaces

OF_A_SESSION = (Shell, Session, Document)


@pytest.fixture
def alone() -> Iterator[None]:
    """Only what comes from now on is counted: to go through all that other tests have left takes seconds a time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


async def until(condition, every: float = 0.05) -> None:
    """Wait for something that the server does in its own time, looked at so often (s)."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(every)


async def visit(url: str, *, hurried: bool = False, leaving: Callable[[], object] = bool) -> None:
    """Open the page, then all of the dashboard one after the other, and leave; hurried before the last is there."""
    visitor = await Visitor.enter(url, v="1", page=next(iter(PAGES)))
    tabs = visitor.find("RadioButtonGroup", labels=list(PAGES.values()))
    for number in range(1, len(PAGES)):
        built = visitor.when(lambda message: any(changes(message)))
        await visitor.change(tabs, active=number)
        if number < len(PAGES) - 1 or not hurried:
            await asyncio.wait_for(built, 60)
    leaving()
    await visitor.leave()


def left() -> tuple[Counter, int]:
    """How many objects of sessions there are, by their kind, and how many threads beside the event loop's own pool."""
    gc.collect()
    own = [thread for thread in threading.enumerate() if not thread.name.startswith("asyncio_")]
    return Counter(kind for kind in map(type, gc.get_objects()) if kind in OF_A_SESSION), len(own)


@pytest.mark.usefixtures("alone")
def test_sessions_leave_no_document_callback_or_thread_behind(shared: Shared):
    async def visits() -> list:
        server = make_server(Workspaces(shared), port=0, kept=0.2)
        server.start()
        counts = []
        documents = []  # held here, since whatever begins in a session and lives on may hold its document
        for number in range(3):
            await visit(
                f"http://localhost:{server.port}/",
                hurried=number == 0,
                leaving=lambda: documents.extend(session.document for session in server.get_sessions()),
            )
            await until(lambda: not server.get_sessions())
            # A timer may hold a session for a moment.
            await until(lambda: not any(left()[0][kind] for kind in (Shell, Session)), every=0.5)
            counts.append((*left(), len(asyncio.all_tasks())))
        server.stop()
        assert len(documents) == 3
        return counts

    counts = run_visits(visits())
    objects, threads, tasks = zip(*counts, strict=True)
    assert not any(objects[-1][kind] for kind in (Shell, Session))
    assert tasks[1] == tasks[-1]
    assert threads[-1] <= threads[1]
