"""What the shell keeps out of the log, and what not."""

import asyncio
import gc
import logging

import pytest
from tornado.websocket import WebSocketClosedError

from dashboard.app import is_worth_logging


async def _lose(error: Exception) -> None:
    async def fail() -> None:
        raise error

    task = asyncio.ensure_future(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()


@pytest.mark.parametrize(("error", "n_logged"), [(WebSocketClosedError(), 0), (ValueError("a defect"), 1)])
def test_only_a_browser_that_left_is_not_logged(error, n_logged, caplog, monkeypatch):
    logger = logging.getLogger("asyncio")
    monkeypatch.setattr(logger, "filters", [is_worth_logging])
    with caplog.at_level(logging.ERROR, logger="asyncio"):
        asyncio.run(_lose(error))
    assert len(caplog.records) == n_logged
