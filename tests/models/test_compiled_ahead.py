import os
import signal
import subprocess
import sys

from specvae_core.models import compiled_ahead
from specvae_core.models.compiled_ahead import compile_ahead, is_compiled


def test_the_search_is_compiled_once_for_an_installation(monkeypatch):
    compile_ahead()
    assert is_compiled()
    monkeypatch.setattr("sys.executable", os.devnull)  # another process could not start
    compile_ahead()


def test_code_that_has_changed_is_compiled_again(tmp_path, monkeypatch):
    loops = tmp_path / "posterior_loops.py"
    kept = tmp_path / "__pycache__" / "posterior_loops._search-100.py311.nbi"
    kept.parent.mkdir()
    for file in (loops, kept):
        file.touch()
    monkeypatch.setattr(compiled_ahead, "_LOOPS", loops)
    assert is_compiled()
    os.utime(loops, (4e9, 4e9))
    assert not is_compiled()


def test_a_killed_process_takes_the_one_that_compiles_with_it():
    forever = "import time; print('compiling', flush=True); time.sleep(3600)"
    code = f"from specvae_core.models.compiled_ahead import run_beside; run_beside({forever!r})"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b"compiling\n"
        os.kill(parent.pid, signal.SIGKILL)
        assert parent.stdout.read() == b""  # at its end when the other process, which holds it as well, has ended
