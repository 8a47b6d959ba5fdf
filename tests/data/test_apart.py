"""Files are read by worker processes, which are shared by threads."""

import gc
import subprocess
import threading

import numpy as np
import pytest

from specvae_core.data.apart import read_apart


@pytest.fixture
def vectors(tmp_path):
    """A file of vectors that a worker reads, in several parts."""
    path = tmp_path / "vectors.npz"
    np.savez(path, vectors=np.zeros((10, 4), np.float32))
    return path


def begin(path):
    """A reading that has begun and is not at its end."""
    reading = read_apart("vectors", path)
    next(reading)
    return reading


def test_a_reading_left_unfinished_in_a_circle_does_not_block_the_next(vectors, monkeypatch):
    circle = [begin(vectors)]
    circle.append(circle)
    del circle
    start = subprocess.Popen

    def start_while_collecting(*arguments, **more):
        gc.collect()
        return start(*arguments, **more)

    monkeypatch.setattr(subprocess, "Popen", start_while_collecting)
    taken = []
    thread = threading.Thread(target=lambda: taken.extend(begin(vectors) for _ in range(4)), daemon=True)
    thread.start()
    thread.join(60)
    assert len(taken) == 4
