"""What a browser may send, over a real websocket."""

import asyncio
import json

from bokeh.document import Document
from panel.io import document as panels
from tornado.websocket import WebSocketClosedError

from benchmarks.visitor import Visitor, run_visits
from dashboard.serving.connection import AT_ONCE, POLICY, Allowance
from dashboard.serving.server import make_server
from dashboard.shared import Shared
from dashboard.workspaces import Workspaces


def test_an_allowance_is_used_up_and_comes_back():
    now = [0.0]
    allowance = Allowance(3, 2.0, lambda: now[0])
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]
    now[0] += 1.0
    assert [allowance.take() for _ in range(2)] == [True, False]
    now[0] += 100.0
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]


def test_a_flood_and_a_giant_end_their_own_connection_alone(shared: Shared, caplog):
    giant = json.dumps("x" * 11_000_000)

    async def flood(visitor: Visitor, parts: list[str]) -> int | None:
        try:
            for part in parts:
                await visitor.write(part)
        except WebSocketClosedError:
            pass
        return await asyncio.wait_for(visitor.closed(), 60)

    async def visit() -> list[int | None]:
        server = make_server(Workspaces(shared), port=0)
        server.start()
        url = f"http://localhost:{server.port}/"
        quiet, loud, large = [await Visitor.enter(url, v="1", page="data") for _ in range(3)]
        empty = [json.dumps({"msgid": "x", "msgtype": "SERVER-INFO-REQ"}), "{}", "{}"]
        codes = [await flood(loud, empty * 3 * AT_ONCE), await flood(large, [giant])]
        await quiet.ask("SERVER-INFO-REQ", {})
        await quiet.leave()
        server.stop()
        return codes

    assert run_visits(visit()) == [POLICY, 1009]
    assert "Traceback" not in caplog.text


def test_a_ping_to_a_browser_that_has_just_left_is_no_error_nor_is_its_last_message(shared: Shared, caplog):
    async def visit() -> None:
        server = make_server(Workspaces(shared), port=0)
        server.start()
        visitor = await Visitor.enter(f"http://localhost:{server.port}/", v="1", page="data")
        (connection,) = server._tornado._clients
        connection._socket.ws_connection.stream.close()
        server._tornado._keep_alive()  # in the moment between the end and the news of it
        for part in ({"msgid": "y", "msgtype": "PATCH-DOC"}, {}, {"events": []}):  # that was read before the end
            await connection._socket.on_message(json.dumps(part))
        await asyncio.wait_for(visitor.closed(), 60)
        server.stop()

    run_visits(visit())
    assert "Traceback" not in caplog.text


def test_what_was_sent_to_a_browser_that_has_left_is_no_warning(shared: Shared, caplog):
    class Message:
        async def send(self, handler: object) -> None:
            raise WebSocketClosedError

    async def visit() -> None:
        server = make_server(Workspaces(shared), port=0)
        server.start()
        visitor = await Visitor.enter(f"http://localhost:{server.port}/", v="1", page="data")
        (connection,) = server._tornado._clients
        await connection._socket.send_message(Message())  # as Bokeh sends, and as Panel does
        document = Document()
        panels._WRITE_FUTURES[document] = [Message().send(connection._socket)]
        await panels._run_write_futures(document)
        await visitor.leave()
        server.stop()

    run_visits(visit())
    assert "closed" not in caplog.text
