"""SAMP: tables to TOPCAT, Aladin and others on the same desktop, and row highlights and lists of ids back.

A hub has to run, as TOPCAT starts one. What comes back is queued; whoever shows it asks with `SampLink.received`.
Simple Application Messaging Protocol 1.3, https://www.ivoa.net/documents/SAMP/
"""

import queue
import tempfile
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from ..digits import whole_number
from ..errors import UserError
from .export import write_table

UNDERSTOOD = ("table.highlight.row", "table.select.rowList")
"""Kinds of messages that are understood: one row, or several, of a table that was sent."""

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Pointed:
    """Objects of a sent table that another program points at.

    Parameters
    ----------
    ids
        Their ids.
    highlight
        Whether it is one row under the pointer, rather than a selection.
    """

    ids: tuple[str, ...]
    highlight: bool


class SampLink:
    """A connection to the hub that runs on this machine.

    Raises
    ------
    UserError
        No hub runs.
    """

    def __init__(self) -> None:
        self._tables: dict[str, np.ndarray] = {}
        self._queue: queue.SimpleQueue[Pointed] = queue.SimpleQueue()
        self._replies: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._asked = 0
        self._folder = tempfile.TemporaryDirectory(prefix="specvae-samp-")
        with warnings.catch_warnings(action="ignore"):  # Astropy moves this module to PyVO
            from astropy.samp import SAMPHubError, SAMPIntegratedClient

            self._client = SAMPIntegratedClient(name="SpecVAE", description="explorer of the latent space of spectra")
            try:
                self._client.connect()
            except (SAMPHubError, OSError) as error:
                self._folder.cleanup()
                raise UserError(
                    f"No SAMP hub runs on this machine ({error}): start TOPCAT or Aladin first, and try again."
                ) from None
        for kind in UNDERSTOOD:
            self._client.bind_receive_notification(kind, self._receive)
            self._client.bind_receive_call(kind, self._answer)

    def clients(self) -> tuple[str, ...]:
        """Names of the other programs that take tables."""
        found = self._client.get_subscribed_clients("table.load.votable")
        return tuple(str(self._client.get_metadata(name).get("samp.name", name)) for name in found)

    def send(self, table: pd.DataFrame, name: str, provenance: Mapping[str, str]) -> int:
        """Send a table to all programs that take tables; returns to how many.

        Parameters
        ----------
        table
            Rows of objects, with a column ``id``.
        name
            What it is called there.
        provenance
            Provenance for its header.
        """
        key = f"specvae-{len(self._tables) + 1}"
        path = Path(self._folder.name) / f"{key}.vot"
        write_table(table, path, provenance)
        self._tables[key] = table["id"].to_numpy(str)
        message = {
            "samp.mtype": "table.load.votable",
            "samp.params": {"url": path.as_uri(), "table-id": key, "name": name},
        }
        self._client.bind_receive_response(key, self._loaded)
        asked = len(self._client.call_all(key, message))
        self._asked += asked
        return asked

    def loaded_by(self, seconds: float) -> list[str]:
        """Names of the programs that have read all tables, once each has answered or the time is over.

        Raises
        ------
        UserError
            No program takes tables.
        """
        if not self._asked:
            raise UserError("No program at the hub takes tables: open TOPCAT or Aladin, and try again.")
        answers = _within(seconds, self._replies, self._asked)
        return [name for name in answers if name]

    def wait(self, seconds: float) -> list[str]:
        """Ids of the rows that another program selects first, or else points at last, within a time; none if none.

        Parameters
        ----------
        seconds
            The longest time, in seconds.
        """
        deadline, ids = time.monotonic() + seconds, []
        while pointed := next(iter(_within(deadline - time.monotonic(), self._queue, 1)), None):
            ids = list(pointed.ids)
            if not pointed.highlight:
                break
        return ids

    def received(self) -> list[Pointed]:
        """What other programs have pointed at since the last call, the oldest first."""
        found = []
        while not self._queue.empty():
            found.append(self._queue.get())
        return found

    def close(self) -> None:
        """Leave the hub and delete the tables that were sent."""
        if self._client.is_connected:
            self._client.disconnect()
        self._folder.cleanup()

    def _receive(self, key: str, sender: str, kind: str, parameters: Mapping, extra: Mapping) -> None:
        """Queue what a message points at; called by the client's own thread."""
        ids = self._tables.get(str(parameters.get("table-id", "")))
        if ids is None:
            return
        highlight = kind == UNDERSTOOD[0]
        listed = [parameters.get("row")] if highlight else parameters.get("row-list")
        rows = rows_in(listed, len(ids))
        self._queue.put(Pointed(tuple(ids[rows].tolist()), highlight))

    def _loaded(self, key: str, sender: str, tag: str, response: Mapping) -> None:
        """Queue the name of a program that has read a table, or nothing where it could not."""
        name = str(self._client.get_metadata(sender).get("samp.name", sender))
        self._replies.put(name if response.get("samp.status") == "samp.ok" else "")

    def _answer(self, key: str, sender: str, call: str, kind: str, parameters: Mapping, extra: Mapping) -> None:
        self._receive(key, sender, kind, parameters, extra)
        self._client.reply(call, {"samp.status": "samp.ok", "samp.result": {}})


def _within(seconds: float, source: queue.SimpleQueue[T], n: int) -> list[T]:
    """Up to n items of a queue, waited for so many seconds in all."""
    deadline, found = time.monotonic() + seconds, []
    while len(found) < n:
        try:
            found.append(source.get(timeout=max(deadline - time.monotonic(), 0.0)))
        except queue.Empty:
            break
    return found


def rows_in(listed: object, n: int) -> list[int]:
    """Rows below n in a list that another program has sent; whatever else is in it is left out.

    Parameters
    ----------
    listed
        Texts of whole numbers, as SAMP writes them.
    n
        Number of rows of the table.
    """
    texts = [text for text in listed if isinstance(text, str)] if isinstance(listed, list | tuple) else []
    numbers = map(whole_number, texts)
    return [row for row in numbers if row is not None and row < n]
