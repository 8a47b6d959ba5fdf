"""Places that are not friendly: a small disk of one's own, read-only or full, for a program that runs in it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRELUDE = f"""
import os, subprocess, sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests" / "attack")!r}, {str(ROOT / "tests" / "tasks")!r}]

def remount(options):
    subprocess.run(["mount", "-o", f"remount,{{options}}", sys.argv[1]], check=True)

def specvae(*arguments):
    done = subprocess.run([sys.executable, "-m", "specvae_core", *map(str, arguments)], capture_output=True, text=True,
                          cwd={str(ROOT)!r})
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, (done.stderr.strip().splitlines() or [""])[-1]
"""


def on_a_disk(folder: Path, megabytes: float, script: str) -> str:
    """Run a script on a new disk of some size, mounted at a folder for it alone; returns what it prints.

    ``sys.argv[1]`` is the disk, ``remount("ro")`` and ``remount("size=…")`` change it, ``specvae(…)`` runs a command.
    """
    folder.mkdir(exist_ok=True)
    mount = f"mount -t tmpfs -o size={int(megabytes * 1024)}k tmpfs {folder}"
    probe = subprocess.run(["unshare", "-rm", "sh", "-c", mount], check=False, capture_output=True)
    if probe.returncode:
        pytest.skip("this system lets nobody mount a disk of his own (unshare -rm)")
    command = ["unshare", "-rm", "sh", "-c", f'{mount} && exec "$@"', "sh", sys.executable, "-c", PRELUDE + script]
    done = subprocess.run([*command, str(folder)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    return done.stdout
