import os

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
