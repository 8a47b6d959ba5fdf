"""The search of `posterior_loops`, compiled before anybody waits for it.

The compiler takes some ten seconds, once for an installation, during which no other thread of its process runs.
"""

import os
import subprocess
import sys
from pathlib import Path

from torch import nn, zeros

from .posterior import likelihood_posterior

PATIENCE = 300
"""Seconds after which the other process is given up."""

_LOOPS = Path(__file__).with_name("posterior_loops.py")


def compile_ahead() -> None:
    """Compile in another process, which gives way to others; nothing where that was done since the code has changed."""
    if not is_compiled():
        script = f"from {__name__} import _compile; _compile()"
        subprocess.run([sys.executable, "-c", script], check=False, timeout=PATIENCE, stderr=subprocess.DEVNULL)


def is_compiled() -> bool:
    """Whether the compiled search lies beside its code."""
    kept = (_LOOPS.parent / "__pycache__").glob(f"{_LOOPS.stem}._search-*.nbi")
    return any(one.stat().st_mtime >= _LOOPS.stat().st_mtime for one in kept)


def _compile() -> None:
    """Search for a spectrum under a decoder of two hidden layers, as models have by default."""
    if hasattr(os, "nice"):
        os.nice(10)
    decoder = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 8))
    start, flux = zeros(1, 2), zeros(1, 8)
    likelihood_posterior(decoder, start, flux, flux, flux[0], free_amplitude=True)
