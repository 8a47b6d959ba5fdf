"""Build the documentation as a site in ``build/site``: ``python docs/build.py``; a warning is an error."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def build(target: Path | None = None) -> int:
    """Run MkDocs; the status is its own.

    Parameters
    ----------
    target
        Folder of the site, in place of ``build/site``.
    """
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", ROOT / ".mkdocs.yml"]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}  # an advertisement for another program
    where = ["--site-dir", target] if target else []
    return subprocess.run([*command, *where], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(build())
