"""A selection goes to another program through Astropy's own hub, and its rows come back to the page."""

import queue
import time

import numpy as np
import pytest
from samp_hub import other_program


@pytest.fixture
def other(tmp_path):
    """Another program at a hub."""
    with other_program(tmp_path) as client:
        yield client


def wait_until(look, condition):
    """Look again until a condition holds."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        look()
        time.sleep(0.02)


def test_a_selection_goes_out_and_rows_come_back(page, session, notices, other):
    loaded = queue.SimpleQueue()
    other.bind_receive_call("table.load.votable", lambda *message: loaded.put(message[4]))
    session.state.param.update(selection=np.array([1, 3, 4], np.int32), tab="selection")
    sender = page.lower.tab("selection").samp
    sender.send()
    table = {"table-id": loaded.get(timeout=30)["table-id"]}
    wait_until(sender.look, lambda: any("3 objects are sent to TOPCAT" in text for text in map(str, notices)))
    other.notify_all({"samp.mtype": "table.highlight.row", "samp.params": {**table, "row": "2"}})
    wait_until(sender.look, lambda: session.state.picked == page.map_view.map.id_of(4))
    other.notify_all({"samp.mtype": "table.select.rowList", "samp.params": {**table, "row-list": ["0", "1"]}})
    wait_until(sender.look, lambda: session.state.selection.tolist() == [1, 3])
    sender.close()
