"""A table goes to another program through Astropy's own hub, and what that program points at comes back."""

import queue
import time
import warnings

import pandas as pd
import pytest
from astropy.table import Table

from specvae_core.errors import UserError
from specvae_core.tasks.samp import Pointed, SampLink

TABLE = pd.DataFrame({"id": ["a", "b", "c"], "ra": [1.0, 2.0, 3.0]})


@pytest.fixture
def samp(monkeypatch, tmp_path):
    """Astropy's module for SAMP, with a lock file of its own."""
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'samp').as_uri()}")
    with warnings.catch_warnings(action="ignore"):
        import astropy.samp

        astropy.samp.conf.use_internet = False
        yield astropy.samp


@pytest.fixture
def hub(samp, tmp_path):
    hub = samp.SAMPHubServer(web_profile=False, lockfile=str(tmp_path / "samp"))
    hub.start()
    yield hub
    hub.stop()


def heard(link):
    """What comes back, waited for."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = link.received()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("nothing came back within 10 s")


def test_a_table_goes_out_and_rows_come_back(samp, hub):
    other, loaded = samp.SAMPIntegratedClient(name="TOPCAT"), queue.SimpleQueue()
    other.connect()
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
        other.disconnect()


def test_without_a_hub_there_is_a_sentence(samp):
    with pytest.raises(UserError, match="No SAMP hub runs on this machine"):
        SampLink()
