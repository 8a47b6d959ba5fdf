"""A browser tab without the browser: it opens the page, keeps its websocket, and clicks. Tests use it too."""

import asyncio
import itertools
import json
import re
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import urlencode

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

SUBPROTOCOL = "bokeh"
WAIT = 60.0
"""Seconds after which an answer counts as lost."""

Result = TypeVar("Result")
Message = tuple[dict[str, Any], dict[str, Any]]
"""Header and content of a message of Bokeh's protocol."""


class Visitor:
    """One session; made by `Visitor.enter`.

    Parameters
    ----------
    socket
        Its websocket, open.
    """

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count()
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self._watchers: list[tuple[Callable[[Message], bool], asyncio.Future[float]]] = []
        self.models: dict[str, dict[str, Any]] = {}
        """Models that the server has sent, by id, as they were at first."""
        self._reader = asyncio.ensure_future(self._read())

    @classmethod
    async def enter(cls, url: str, *, slow: float = 0.0, **query: object) -> "Visitor":
        """Open the page at ``url``, which ends with a slash, and its document; to draw it takes ``slow`` seconds."""
        request = HTTPRequest(f"{url}?{as_query(query)}", request_timeout=WAIT)
        page = (await AsyncHTTPClient().fetch(request)).body.decode()
        token = re.search(r'"token":\s*"([^"]+)"', page)[1]
        socket = await websocket_connect(
            f"{url.replace('http', 'ws', 1)}ws", subprotocols=[SUBPROTOCOL, token], max_message_size=1 << 28
        )
        visitor = cls(socket)
        await asyncio.wait_for(visitor.when(lambda message: message[0]["msgtype"] == "ACK"), WAIT)
        await visitor.ask("PULL-DOC-REQ", {})
        await asyncio.sleep(slow)
        await visitor.send_event("document_ready", {"type": "map"})
        return visitor

    async def leave(self) -> None:
        """Close the tab."""
        self._socket.close()
        await self._reader

    async def closed(self) -> int | None:
        """The code with which the server closes the connection."""
        await self._reader
        self._socket.close()
        return self._socket.close_code

    async def write(self, part: str) -> None:
        """Send one part of a message, whatever it is."""
        await self._socket.write_message(part)

    async def ask(self, kind: str, content: dict[str, Any]) -> Message:
        """Send a message and wait for its answer."""
        number = f"visitor-{next(self._numbers)}"
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        for part in ({"msgid": number, "msgtype": kind}, {}, content):
            await self._socket.write_message(json.dumps(part))
        return await asyncio.wait_for(answer, WAIT)

    async def event(self, name: str, model: str, **values: object) -> Message:
        """Send an event of a model, as a tap or a click."""
        entries = [["model", {"id": model}], *([key, value] for key, value in values.items())]
        return await self.send_event(name, {"type": "map", "entries": entries})

    async def send_event(self, name: str, values: dict[str, Any]) -> Message:
        """Send an event with its values as the protocol writes them."""
        event = {"type": "event", "name": name, "values": values}
        sent = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": event}
        return await self.ask("PATCH-DOC", {"events": [sent]})

    def find(self, kind: str, /, **attributes: object) -> str:
        """Id of the first model of that kind with these attributes.

        Raises
        ------
        LookupError
            The server has sent none so far.
        """
        for key, model in self.models.items():
            has = model.get("attributes", {})
            if model["name"].endswith(kind) and all(has.get(one) == value for one, value in attributes.items()):
                return key
        raise LookupError(f"no {kind} with {attributes}")

    async def change(self, model: str, **attributes: object) -> Message:
        """Change properties of a model, as a widget does."""
        events = [
            {"kind": "ModelChanged", "model": {"id": model}, "attr": name, "new": value}
            for name, value in attributes.items()
        ]
        return await self.ask("PATCH-DOC", {"events": events})

    def when(self, seen: Callable[[Message], bool]) -> "asyncio.Future[float]":
        """The time, as of `time.perf_counter`, at which a message of the server arrives."""
        future = asyncio.get_running_loop().create_future()
        self._watchers.append((seen, future))
        return future

    async def _read(self) -> None:
        with suppress(WebSocketClosedError):
            while True:
                header, _, content = [json.loads(await self._part()) for _ in range(3)]  # between them the metadata
                for _ in range(2 * header.get("num_buffers", 0)):
                    await self._part()
                self._take((header, content))

    async def _part(self) -> str | bytes:
        part = await self._socket.read_message()
        if part is None:
            raise WebSocketClosedError
        return part

    def _take(self, message: Message) -> None:
        self.models |= {model["id"]: model for model in _models(message[1])}
        answer = self._answers.pop(message[0].get("reqid", ""), None)
        if answer is not None and not answer.done():
            answer.set_result(message)
        for watcher in tuple(self._watchers):
            if watcher[1].done() or watcher[0](message):
                self._watchers.remove(watcher)
                if not watcher[1].done():
                    watcher[1].set_result(time.perf_counter())


def as_query(query: Mapping[str, object]) -> str:
    """Texts by key, or lists of them, as they stand in an address; halves of surrogate pairs too."""
    return urlencode(query, doseq=True, errors="surrogatepass")


def changes(message: Message) -> Iterator[tuple[str, str]]:
    """Id and property of each model that a message of the server changes."""
    for event in message[1].get("events", ()) if message[0]["msgtype"] == "PATCH-DOC" else ():
        if "model" in event:
            yield event["model"]["id"], event.get("attr", event["kind"])


def _models(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "id" in value and value.get("type") == "object":
            yield value
        for entry in value.values():
            yield from _models(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _models(entry)


def run_visits(visits: Coroutine[Any, Any, Result]) -> Result:
    """What visits return, from an event loop in a thread of its own: a driven browser keeps one in the caller's.

    What a server of that loop is still at then may end, since a task that is cut off is logged as an error.
    """

    async def whole() -> Result:
        result = await visits
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=WAIT / 10)
        return result

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, whole()).result()
