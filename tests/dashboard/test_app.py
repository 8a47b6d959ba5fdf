"""What the first page does without, and what the shell keeps out of the log."""

import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tornado.websocket import WebSocketClosedError

from dashboard.pages import PAGES, page_class
from dashboard.pages.explore.lower_card import TABS, tab_class
from dashboard.pages.explore.tabs.tab import Tab
from dashboard.serving.server import is_worth_logging
from specvae_core.assets import asset

OPEN_THE_DEMO = """
import sys
from pathlib import Path
from bokeh.models import ImportedStyleSheet
from panel.custom import JSComponent
from tornado.httpclient import AsyncHTTPClient
from dashboard.pages.explore.lower_card import TABS, tab_class
from dashboard.pages import PAGES, page_class
from dashboard.server_files import ServerFiles
from dashboard.serving.server import make_server
from dashboard.shared import Shared
from dashboard.workspaces import Workspaces
from specvae_core.jobs import JobRunner
from specvae_core.workspace import Workspace

def known():
    return {part.__name__ for part in JSComponent.__subclasses__() if part.__module__.startswith("dashboard.")}

workspace = Workspace.open(Path(sys.argv[1]))
runner = JobRunner(workspace.folder / "jobs")
before = known()  # whichever page is opened first
assert before
server = make_server(Workspaces(Shared(workspace, runner, ServerFiles(None))), port=0)
server.start()
server.io_loop.run_sync(lambda: AsyncHTTPClient().fetch(f"http://localhost:{server.port}/"))
print("loaded:", *({"torch", "datashader", "astropy", "sklearn"} & set(sys.modules)))
for name in PAGES:
    page_class(name)
for name in TABS:
    tab_class(name)
print("half:", *({"holoviews"} & set(sys.modules)))
print("unknown:", *(known() - before))
# A browser that connects after its session has expired gets a document that no HTML was written for.
document = next(iter(server._tornado.applications.values())).application.create_document()
sheets = {sheet.url for sheet in document.select({"type": ImportedStyleSheet})}
print("foreign:", *(url for url in sheets if "//" in url))
print("own:", len(sheets))
runner.shutdown()
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a new process says when it has opened the demo."""
    folder = shutil.copytree(asset("demo"), tmp_path_factory.mktemp("opened") / "demo")
    command = [sys.executable, "-c", OPEN_THE_DEMO, str(folder)]
    process = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return process.stdout.splitlines()


def test_the_demo_opens_without_what_takes_long_to_load(opened: list[str]):
    assert opened[0] == "loaded:"


def test_a_worker_loads_nothing_that_panel_would_look_into_while_it_is_half_there(opened: list[str]):
    assert opened[1] == "half:"


def test_the_first_page_knows_the_components_of_all_pages(opened: list[str]):
    assert opened[2] == "unknown:"


def test_style_sheets_are_asked_of_nobody_else_where_a_session_begins_without_a_page(opened: list[str]):
    assert opened[3] == "foreign:"
    assert int(opened[4].removeprefix("own:")) > 3


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_where_its_name_says(name: str):
    assert page_class(name).name == name


@pytest.mark.parametrize("name", TABS)
def test_a_tab_is_where_its_name_says(name: str):
    assert issubclass(tab_class(name), Tab)


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
