"""The embedded demo: every page and every tab shows what it is for, not what it would show if there were something."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from served import Site, serving

from dashboard.pages import PAGES
from dashboard.pages.explore.lower_card import TABS
from specvae_core.assets import asset
from specvae_core.results import Kind
from specvae_core.workspace import Workspace

SUITS = {"labels": ("stars", "lux-32"), "photoz": ("sky", "sdgm-9"), "endmembers": ("powders", "untapped-5")}
"""Survey and model of the pages that need others than the galaxies."""

EMPTY = """
() => {
  const found = [];
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      const empty = element.shadowRoot && element.classList.contains("empty");
      if (empty && element.checkVisibility() && element.offsetHeight > 20) found.push(element);
      if (element.shadowRoot) look(element.shadowRoot);
    }
  };
  look(document);
  return found.length;
}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on a copy of the embedded demo."""
    with serving(asset("demo"), tmp_path_factory.mktemp("demo")) as site:
        yield site


def test_the_demo_fills_every_page(page: Page, site: Site) -> None:
    for name in PAGES:
        if name == "train":
            continue  # it waits for a training to be started; its models are in the table below
        survey, model = SUITS.get(name, ("demo", "infovae-6"))
        (solution,) = Workspace.open(site.workspace).results.list(Kind.RECONSTRUCTIONS)
        kept = f"&reconstruction={solution.id}" if name == "reconstruct" else ""
        page.goto(f"{site.at(name)}&survey={survey}&model={model}{kept}")
        expect(page.locator("canvas").first).to_be_visible()
        page.wait_for_function(f"() => !({EMPTY})()")
    page.goto(f"{site.at('train')}&survey=demo&model=infovae-6")
    expect(page.get_by_role("button", name="infovae-6", exact=True).first).to_be_visible()


def test_the_demo_fills_every_tab_of_explore(page: Page, site: Site) -> None:
    (overlay,) = Workspace.open(site.workspace).results.list(Kind.OVERLAYS)
    for tab in TABS:
        if tab in ("explain", "teach"):
            continue  # they answer to a selection or to scores of the visitor's own
        shown = f"&tab={tab}" + (f"&overlay={overlay.id}" if tab == "overlay" else "&selection=0-40")
        page.goto(f"{site.at('explore')}&survey=demo&model=infovae-6{shown}")
        names = page.locator(".tabs-card").get_by_role("button", name=tab.capitalize(), exact=True)
        expect(names.first).to_be_visible()
        expect(page.locator(".focus-card")).to_contain_text("in view")
        page.wait_for_function(f"() => !({EMPTY})()")


def test_pages_lead_from_the_galaxies_to_what_suits_them(page: Page, site: Site) -> None:
    for name in ("labels", "photoz"):
        survey, model = SUITS[name]
        page.goto(f"{site.at(name)}&survey=demo&model=infovae-6")
        page.get_by_role("button", name=f"Open {survey} with {model}").click()
        expect(page.locator(".picker-survey select")).to_have_value(survey)
        page.wait_for_function(f"() => !({EMPTY})()")
