"""A real server on a small workspace, and a real Chromium that looks at it.

A test fails where the browser's console or the server's log holds an error at its end.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from figures import PATIENCE
from order import SHARING
from served import Site, serving

from specvae_core.assets import asset
from specvae_core.data.preprocess import PreprocessOptions
from specvae_core.data.store import SurveyWriter
from specvae_core.data.synthetic import demo_observations
from specvae_core.progress import ignore
from specvae_core.tasks.ingest_run import Ingest
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace

SAVE_DATA = "Object.defineProperty(navigator, 'connection', {value: {saveData: true}, configurable: true})"
"""Where data cost money no page is built ahead: a test finds those that it has opened."""

SWITCHES = ("--no-sandbox", "--js-flags=--no-turbofan")
"""Of Chromium. Its slowest compiler of scripts takes a fifth of the work of opening a page, which tests leave soon."""

N_SPECTRA = 240
TROUBLE = ("ERROR", "Traceback", "CRITICAL")
MOST_LINES = 60
"""Lines of the server's log that a failure shows, from the first troubled one on."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder carries the mark."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """A failure shows what was on the page, and where the threads of the server were."""
    report = yield
    known = getattr(item, "funcargs", {})
    if report.failed and report.when == "call" and isinstance(known.get("site"), Site):
        page = known.get("page") or known.get("kept_page")
        with suppress(Exception):  # a page that is gone must not hide the failure
            report.sections.append(("Page", page.locator("body").aria_snapshot()))
        report.sections.append(("Threads of the server", known["site"].stacks()))
    return report


@pytest.fixture(scope="session")
def small_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a survey ``demo`` and a model ``pca-3``; take a copy."""
    folder = tmp_path_factory.mktemp("small") / "workspace"
    workspace = Workspace.open(folder)
    options = PreprocessOptions()
    provenance = {"synthetic": True, "options": options.to_json()}
    writer = SurveyWriter.create(workspace.survey_folder("demo"), "demo", options.grid, provenance)
    candidates = ((f"synthetic {item.id}", item) for item in demo_observations(N_SPECTRA, 0))
    Ingest(writer, options, ignore).run(candidates, N_SPECTRA)
    job = tmp_path_factory.mktemp("job")
    train(workspace, ignore, job, survey="demo", model="pca", config={"n_latent": 3})
    return folder


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on a copy of the embedded demo."""
    with serving(asset("demo"), tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="session")
def small_site(small_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on a copy of the small workspace."""
    with serving(small_workspace, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="session")
def wider_site(small_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on a copy of the small workspace, to which tests add surveys and models."""
    with serving(small_workspace, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def site(
    request: pytest.FixtureRequest, small_workspace: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The server that files share by `SHARING`; each other file has one of its own on the small workspace."""
    for name, files in SHARING.items():
        if request.path.stem in files:
            yield request.getfixturevalue(name)
            return
    with serving(small_workspace, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="session")
def driver() -> Iterator[object]:
    """What starts browsers."""
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect.set_options(timeout=1000 * PATIENCE)
    with playwright.sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(driver) -> Iterator[object]:
    """A browser whose contexts know nothing of each other, for tests of first visits and cookies."""
    browser = driver.chromium.launch(executable_path=_chromium(), args=SWITCHES)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def visitor(driver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """The browser of all other tests. It keeps compiled scripts, a quarter of the work of opening a page."""
    folder = tmp_path_factory.mktemp("chromium")
    window = {"viewport": {"width": 1440, "height": 900}, "accept_downloads": True}
    context = driver.chromium.launch_persistent_context(folder, executable_path=_chromium(), args=SWITCHES, **window)
    context.add_init_script(
        "try { localStorage.setItem('specvae-tour', '1') } catch {}"
    )  # the invitation to the tour has its own test
    context.add_init_script(SAVE_DATA)
    yield context
    context.close()


def _chromium() -> str | None:
    """The system's Chromium; else the one that Playwright installed."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def new_tab(visitor, site: Site) -> Iterator[object]:
    """A tab of 1440x900. Its console must stay free of errors, and so must what the server logs meanwhile."""
    visitor.clear_cookies()
    page = visitor.new_page()
    kept = {"origin": site.url, "storageTypes": "local_storage"}
    visitor.new_cdp_session(page).send("Storage.clearDataForOrigin", kept)  # a theme that another test chose
    page.set_default_timeout(1000 * PATIENCE)
    trouble: list[str] = []
    page.on("console", lambda message: message.type == "error" and trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("requestfailed", lambda request: trouble.append(f"{request.url} failed: {request.failure}"))
    before = len(site.log.read_text())
    yield page
    page.close()
    lines = site.log.read_text()[before:].splitlines()
    first = next((at for at, line in enumerate(lines) if any(word in line for word in TROUBLE)), len(lines))
    trouble += lines[first : first + MOST_LINES]
    assert not trouble, "\n".join(trouble)


@pytest.fixture
def page(visitor, site: Site) -> Iterator[object]:
    """A tab of its own."""
    with new_tab(visitor, site) as page:
        yield page


@pytest.fixture(scope="module")
def kept_page(visitor, site: Site) -> Iterator[object]:
    """A tab that all tests of a file share: each begins with what the one before it left."""
    with new_tab(visitor, site) as page:
        yield page
