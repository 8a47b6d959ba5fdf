"""What the shell keeps out of the log, and what not."""

import logging

import pytest
from tornado.websocket import WebSocketClosedError

from dashboard.app import is_worth_logging


@pytest.mark.parametrize(("error", "logged"), [(WebSocketClosedError(), False), (ValueError("a defect"), True)])
def test_only_a_browser_that_left_is_not_logged(error: Exception, logged: bool, caplog):
    logger = logging.getLogger("specvae.test")
    logger.addFilter(is_worth_logging)
    logger.error("Task exception was never retrieved", exc_info=error)
    assert bool(caplog.records) == logged


def test_what_has_no_exception_is_logged(caplog):
    logger = logging.getLogger("specvae.test")
    logger.addFilter(is_worth_logging)
    logger.error("something else")
    assert caplog.records
