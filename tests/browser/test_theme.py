"""A browser that is dark sees no figure in light, at its first visit either."""

import pytest
from playwright.sync_api import expect

from dashboard.theme import PALETTES

WATCH = """
  const seen = new Set(JSON.parse(sessionStorage.getItem("seen") ?? "[]"));
  const look = () => {
    for (const one of window.Bokeh?.documents ?? [])
      for (const figure of one.all_models ?? [])
        if (figure.type === "LinearAxis") seen.add(figure.major_label_text_color);
    sessionStorage.setItem("seen", JSON.stringify([...seen]));
    requestAnimationFrame(look);
  };
  look();
"""
"""Colours of the labels of all axes, in every frame of a tab."""


def axes_seen(page, address: str) -> set[str]:
    """Colours of the labels of axes from the first frame until all of Explore is drawn."""
    page.add_init_script(WATCH)
    page.goto(address)
    expect(page.locator(".object-card")).to_contain_text("χ² per pixel")
    return set(page.evaluate("() => JSON.parse(sessionStorage.getItem('seen'))"))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_figures_have_the_theme_of_the_browser_from_the_first_frame_on(chromium, site, theme):
    context = chromium.new_context(color_scheme=theme)
    page = context.new_page()
    assert axes_seen(page, f"{site.at('explore')}&survey=demo&model=pca-3") == {PALETTES[theme].muted}
    assert "survey=demo" in page.url
    context.close()


def test_the_theme_of_the_system_counts_until_one_is_chosen(page, site):
    visitor, address = page.context, f"{site.at('explore')}&survey=demo&model=pca-3"
    page.emulate_media(color_scheme="dark")
    assert axes_seen(page, address) == {PALETTES["dark"].muted}
    page = visitor.new_page()
    page.emulate_media(color_scheme="light")  # the system has changed between two visits
    assert axes_seen(page, address) == {PALETTES["light"].muted}
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.close()
    page = visitor.new_page()
    page.emulate_media(color_scheme="light")
    assert axes_seen(page, address) == {PALETTES["dark"].muted}
    page.close()


def test_a_browser_without_cookies_gets_in_too(page, site):
    page.emulate_media(color_scheme="dark")
    page.add_init_script("Object.defineProperty(document, 'cookie', {get: () => '', set: () => {}})")
    page.goto(f"{site.at('explore')}&survey=demo&model=pca-3")
    expect(page.locator(".object-card")).to_contain_text("χ² per pixel")
