"""Commands whose reader stops listening, as ``specvae info | head -1``."""

import subprocess
import sys

from specvae_core.workspace import Workspace


def test_a_closed_pipe_ends_a_command_without_a_word(tmp_path) -> None:
    Workspace.open(tmp_path / "w")
    command = [sys.executable, "-m", "specvae_core", "info", "--workspace", str(tmp_path / "w")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0
