"""No message to a browser stays behind."""

import asyncio

import pytest
from bokeh.document import Document
from panel.io import document as panels

from benchmarks.visitor import run_visits
from dashboard.serving.sending import send_all


class Socket:
    """A socket that takes messages and is done with each when the test says so."""

    def __init__(self) -> None:
        self.taken: list[object] = []
        self.done: list[asyncio.Future] = []

    def take(self, message: object) -> list[asyncio.Future]:
        self.taken.append(message)
        self.done.append(asyncio.get_running_loop().create_future())
        return self.done[-1:]


class Connection:
    """A browser's connection, whose messages are the events themselves."""

    def __init__(self) -> None:
        self._socket, self.protocol = Socket(), self

    def create(self, kind: str, events: list) -> list:
        return events


@pytest.fixture
def connection(monkeypatch):
    monkeypatch.setitem(panels.extra_socket_handlers, Socket, lambda one, msg: one._socket.take(msg))
    return Connection()


async def turn() -> None:
    """Let everything that is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_message_that_comes_as_the_last_one_is_sent_is_sent_too(connection, monkeypatch):
    monkeypatch.setattr(panels, "_dispatch_msgs", panels._dispatch_msgs)
    send_all()
    document, socket = Document(), connection._socket

    async def send() -> None:
        panels.schedule_write_events(document, [connection], ["first"])
        await turn()
        socket.done[0].set_result(None)  # its task goes on in the next turn, before that of the second message
        panels.schedule_write_events(document, [connection], ["second"])
        await turn()
        for future in socket.done[1:]:
            future.set_result(None)
        await turn()

    run_visits(send())
    assert socket.taken == [["first"], ["second"]]
    assert document not in panels._WRITE_MSGS
    assert document not in panels._WRITE_BLOCK
