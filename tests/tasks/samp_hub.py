"""SAMP in tests: Astropy's own hub with a lock file of its own, and another program at it."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch


@contextmanager
def lock_in(folder: Path) -> Iterator[Path]:
    """The lock file by which programs find the hub, in the environment meanwhile; no hub runs yet."""
    lock = folder / "samp"
    with patch.dict(os.environ, SAMP_HUB=f"std-lockurl:{lock.as_uri()}"):
        yield lock


@contextmanager
def other_program(folder: Path) -> Iterator[object]:
    """A client named TOPCAT, at a hub that runs meanwhile."""
    with warnings.catch_warnings(action="ignore"):
        from astropy import samp
    samp.conf.use_internet = False
    with lock_in(folder) as lock:
        hub = samp.SAMPHubServer(web_profile=False, lockfile=str(lock))
        hub.start()
        client = samp.SAMPIntegratedClient(name="TOPCAT")
        client.connect()
        yield client
        client.disconnect()
        hub.stop()
