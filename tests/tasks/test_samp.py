"""A table goes to another program through Astropy's own hub, and what that program points at comes back."""

import queue
import time

import pandas as pd
import pytest
from astropy.table import Table
from samp_hub import lock_in, other_program

from specvae_core.errors import UserError
from specvae_core.tasks.samp import Pointed, SampLink

TABLE = pd.DataFrame({"id": ["a", "b", "c"], "ra": [1.0, 2.0, 3.0]})


@pytest.fixture
def other(tmp_path):
    """Another program at a hub."""
    with other_program(tmp_path) as client:
        yield client


def heard(link):
    """What comes back, waited for."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = link.received()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("nothing came back within 10 s")


def test_a_table_goes_out_and_rows_come_back(other):
    loaded = queue.SimpleQueue()
    other.bind_receive_call("table.load.votable", lambda *message: loaded.put(message[4]))
    link = SampLink()
    try:
        assert link.clients() == ("TOPCAT",)
        assert link.send(TABLE, "bright ones", {"survey": "demo"}) == 1
        parameters = loaded.get(timeout=10)
        assert parameters["name"] == "bright ones"
        assert list(Table.read(parameters["url"].removeprefix("file://"))["id"].astype(str)) == ["a", "b", "c"]
        table = {"table-id": parameters["table-id"]}
        other.notify_all({"samp.mtype": "table.highlight.row", "samp.params": {**table, "row": "1"}})
        assert [(one.ids, one.highlight) for one in heard(link)] == [(("b",), True)]
        rows = {**table, "row-list": ["0", "2", "99"]}
        other.notify_all({"samp.mtype": "table.select.rowList", "samp.params": rows})
        found = heard(link)
        assert [(one.ids, one.highlight) for one in found] == [(("a", "c"), False)]
        assert isinstance(found[0], Pointed)
        other.notify_all({"samp.mtype": "table.highlight.row", "samp.params": {"table-id": "foreign", "row": "1"}})
        other.notify_all({"samp.mtype": "table.highlight.row", "samp.params": {**table, "row": "0"}})
        assert [one.ids for one in heard(link)] == [("a",)]
    finally:
        link.close()


def test_without_a_hub_there_is_a_sentence(tmp_path):
    with lock_in(tmp_path), pytest.raises(UserError, match="No SAMP hub runs on this machine"):
        SampLink()
