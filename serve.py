"""Serve the dashboard: ``python serve.py [--workspace DIR] [--port 5006] [--address …] [--no-show]``.

Without a workspace it opens the embedded demo, of which the first start puts a copy into the user's data folder.
"""

import argparse
import logging
import shutil
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """Parse options, open or make the workspace, serve.

    Returns
    -------
    status
        0, or 2 for a user's mistake.
    """
    parser = argparse.ArgumentParser(description="Explore the latent space of spectra in a browser.")
    parser.add_argument(
        "--workspace", type=Path, metavar="DIR", help="folder of surveys and models (default: the demo)"
    )
    parser.add_argument("--port", type=int, default=5006, help="default %(default)s")
    parser.add_argument(
        "--address", default="localhost", help="where to listen (default %(default)s: this machine only)"
    )
    parser.add_argument("--no-show", action="store_true", help="do not open a browser")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for library in ("bokeh", "tornado.access", "numexpr"):
        logging.getLogger(library).setLevel(logging.WARNING)

    from specvae_core.errors import UserError

    try:
        serve(options)
    except UserError as error:
        print(f"serve.py: {error}", file=sys.stderr)
        return 2
    return 0


def serve(options: argparse.Namespace) -> None:
    """Open the workspace and serve it until interrupted."""
    from dashboard.app import serve as serve_dashboard
    from specvae_core.jobs import JobRunner
    from specvae_core.workspace import Workspace

    workspace = Workspace.open(options.workspace or demo_folder())
    runner = JobRunner(workspace.folder / "jobs")
    try:
        serve_dashboard(workspace, runner, port=options.port, address=options.address, show=not options.no_show)
    except KeyboardInterrupt:
        pass
    finally:
        runner.shutdown()


def demo_folder() -> Path:
    """The demo's workspace in the user's data folder, or in a temporary one where that cannot be written."""
    from platformdirs import user_data_path

    from specvae_core.assets import asset

    folder = user_data_path("specvae", appauthor=False) / "demo"
    if folder.exists():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix="demo-", dir=folder.parent))
    except OSError:
        new = Path(tempfile.mkdtemp(prefix="specvae-demo-"))
        folder = new.with_suffix(".ready")
    shutil.copytree(asset("demo"), new, dirs_exist_ok=True)
    new.rename(folder)  # in one step: a copy that was interrupted is never taken for the demo
    return folder


if __name__ == "__main__":
    sys.exit(main())
