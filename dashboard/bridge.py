"""Messages between a session and its browser: keys in; notices, address, theme and files out."""

import base64
from collections.abc import Callable, Sequence

from panel.custom import JSComponent

from .theme import ASSETS


class Bridge(JSComponent):
    """An invisible component; the browser's half is ``assets/bridge.js``.

    Give it ``on_key`` (called with the key's name), ``on_theme`` (called with light or dark) and ``on_idle`` (called
    again and again with the milliseconds for which nobody has touched the page, until `tell_left` says that nothing is
    left to do).
    """

    _esm = (ASSETS / "bridge.js").read_text(encoding="utf-8")

    on_key: Callable[[str], None] | None = None
    on_theme: Callable[[str], None] | None = None
    on_idle: Callable[[float], None] | None = None

    def __init__(self, **params: object) -> None:
        super().__init__(**params)
        self._waiting: list[dict] | None = []  # messages from before the browser's half was there
        self._when_drawn: Callable[[], None] | None = None

    def _send(self, message: dict) -> None:
        if self._waiting is None:
            self._send_msg(message)
        else:
            self._waiting.append(message)

    def _handle_msg(self, data: dict) -> None:
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            for message in waiting:
                self._send_msg(message)
        if data.get("drawn") is True and self._when_drawn is not None:
            drawn, self._when_drawn = self._when_drawn, None
            drawn()
        if self.on_key is not None and isinstance(data.get("key"), str):
            self.on_key(data["key"])
        if self.on_theme is not None and data.get("theme") in ("light", "dark"):
            self.on_theme(data["theme"])
        if self.on_idle is not None and isinstance(data.get("idle"), (int, float)):
            self.on_idle(data["idle"])

    def notify(self, text: str, kind: str = "info") -> None:
        """Show a notice for some seconds; ``kind`` is info, good or bad."""
        self._send({"action": "toast", "text": text, "kind": kind})

    def when_drawn(self, callback: Callable[[], None], wait: int) -> None:
        """Call back once the browser has drawn all that was sent so far, after ``wait`` milliseconds at the earliest.

        A later request replaces an earlier one.
        """
        self._when_drawn = callback
        self._send({"action": "drawn", "wait": wait})

    def tell_left(self, n: int) -> None:
        """How many pages were left to build or to bring up to date ahead; at 0 the browser asks no more."""
        self._send({"action": "left", "n": n})

    def show(self, kind: str, name: str) -> None:
        """Bring one of several parts that share a place into view, as it is by now; kinds are page and tab."""
        self._send({"action": "show", "kind": kind, "name": name})

    def show_keys(self, rows: Sequence[tuple[str, str]]) -> None:
        """Open (or close) the list of keys."""
        self._send({"action": "help", "rows": [list(row) for row in rows]})

    def set_address(self, query: str) -> None:
        """Put the query behind the page's address, without loading anything."""
        self._send({"action": "address", "query": query})

    def visit(self, query: str) -> None:
        """Reload the page with another query."""
        self._send({"action": "visit", "query": query})

    def set_theme(self, theme: str) -> None:
        """Dress the page in light or dark and remember it in this browser."""
        self._send({"action": "theme", "theme": theme})

    def set_author(self, name: str) -> None:
        """Remember in this browser who annotates."""
        self._send({"action": "author", "name": name})

    def copy_address(self) -> None:
        """Copy the page's address to the clipboard."""
        self._send({"action": "copy"})

    def save(self, name: str, mime: str, data: bytes) -> None:
        """Have the browser save a file."""
        self._send({"action": "save", "name": name, "mime": mime, "data": base64.b64encode(data).decode()})

    def save_plot(self, selector: str, name: str) -> None:
        """Have the browser save the plots inside what matches a CSS selector: as PNG, or SVG where Shift was held."""
        self._send({"action": "savePlot", "selector": selector, "name": name})
