"""Objects go to another program by a command, through Astropy's own hub, and the rows chosen there come back."""

import logging
import queue
import threading
import warnings
from pathlib import Path
from urllib.parse import urlparse

import pytest
from astropy import log
from astropy.table import Table


@pytest.fixture
def quiet_astropy():
    """Astropy says warnings alone: the hub of this process speaks where commands print."""
    level = log.level
    log.setLevel(logging.WARNING)  # not the attribute: a logger remembers what it has found enabled
    yield
    log.setLevel(level)


@pytest.fixture
def samp(monkeypatch, tmp_path, quiet_astropy):
    """Astropy's module for SAMP, with a lock file of its own."""
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'samp').as_uri()}")
    with warnings.catch_warnings(action="ignore"):
        from astropy import samp
    samp.conf.use_internet = False
    return samp


@pytest.fixture
def hub(samp, tmp_path):
    hub = samp.SAMPHubServer(web_profile=False, lockfile=str(tmp_path / "samp"))
    hub.start()
    yield hub
    hub.stop()


@pytest.fixture
def topcat(samp, hub, request):
    """Another program, which reads a table; by the parameter, it also points at a row, and selects two."""
    client, tables, done = samp.SAMPIntegratedClient(name="TOPCAT"), queue.SimpleQueue(), threading.Event()
    client.connect()

    def load(key, sender, call, kind, parameters, extra):
        tables.put(Table.read(Path(urlparse(parameters["url"]).path)))
        client.reply(call, {"samp.status": "samp.ok", "samp.result": {}})
        table = {"table-id": parameters["table-id"]}
        if getattr(request, "param", False):
            client.notify_all({"samp.mtype": "table.highlight.row", "samp.params": {**table, "row": "2"}})
            client.notify_all({"samp.mtype": "table.select.rowList", "samp.params": {**table, "row-list": ["0", "1"]}})
        done.set()

    client.bind_receive_call("table.load.votable", load)
    yield tables
    assert done.wait(30)
    client.disconnect()


@pytest.fixture
def send(run, demo):
    return lambda *more: run("samp", "--survey", "demo", "--where", "sn > 30", *more, "--workspace", demo)


def test_a_table_is_read_before_the_command_ends(send, topcat):
    found = send("--model", "infovae-6")
    table = topcat.get(timeout=10)
    assert found == {"n": len(table), "programs": ["TOPCAT"]}
    assert (table["sn"] > 30).all()
    assert {"ra", "dec", "class", "latent_1"} <= set(table.colnames)


@pytest.mark.parametrize("topcat", [True], indirect=True)
def test_rows_that_are_chosen_there_come_back(send, topcat):
    found = send("--listen", "60")
    assert found["chosen"] == topcat.get(timeout=10)["id"].astype(str).tolist()[:2]


def test_what_cannot_be_sent_is_said(send, samp, run, demo):
    assert "No SAMP hub runs on this machine" in send()[1]
    assert "a number of seconds" in send("--listen", "-1")[1]
    assert "no table to send" in run("samp", "--survey", "demo", "--where", "sn > 1e9", "--workspace", demo)[1]


def test_nobody_takes_tables(send, hub):
    assert "No program at the hub takes tables" in send()[1]
