"""A browser that is dark sees no figure in light, at its first visit either."""

import pytest
from playwright.sync_api import expect

from dashboard.theme import PALETTES

WATCH = """
  window.seenColours = {};
  const look = () => {
    for (const one of window.Bokeh?.documents ?? [])
      for (const figure of one.all_models ?? [])
        if (figure.type === "LinearAxis") window.seenColours[figure.major_label_text_color] = true;
    requestAnimationFrame(look);
  };
  look();
"""
"""Colours of the labels of all axes, in every frame."""


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_figures_have_the_theme_of_the_browser_from_the_first_frame_on(chromium, site, theme):
    context = chromium.new_context(color_scheme=theme)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"{site.at('explore')}&survey=demo&model=pca-3")
    expect(page.locator(".object-card")).to_contain_text("χ² per pixel", timeout=60_000)
    assert set(page.evaluate("() => window.seenColours")) == {PALETTES[theme].muted}
    assert "survey=demo" in page.url
    context.close()


def test_a_browser_without_cookies_gets_in_too(chromium, site):
    context = chromium.new_context(color_scheme="dark")
    context.add_init_script("Object.defineProperty(document, 'cookie', {get: () => '', set: () => {}})")
    page = context.new_page()
    page.goto(f"{site.at('explore')}&survey=demo&model=pca-3")
    expect(page.locator(".object-card")).to_contain_text("χ² per pixel", timeout=60_000)
    context.close()
