"""The colours of the page are legible in both themes: contrast of WCAG 2.1, level AA."""

import re

import pytest

from specvae_core.assets import asset

TEXT, PARTS = 4.5, 3.0
"""Least contrast of text (1.4.3), and of what shows that something can be used (1.4.11)."""

ON = {
    "text": ("bg", "surface", "raised", "accent-soft", "bad-soft", "good-soft", "warn-soft"),
    "muted": ("bg", "surface", "raised"),
    "accent": ("bg", "surface", "raised", "accent-soft"),
    "on-accent": ("accent",),
    "bad": ("surface", "bad-soft"),
    "good": ("surface", "good-soft"),
    "warn": ("surface", "warn-soft"),
}
"""Grounds that text of each colour stands on."""


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb``, as WCAG defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """From 1 for the same colour to 21 for black on white."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(params=["light", "dark"])
def tokens(request: pytest.FixtureRequest) -> dict[str, str]:
    """The colours of a theme by name."""
    style = asset("style.css").read_text(encoding="utf-8")
    selector = ":root {" if request.param == "light" else ':root[data-theme="dark"] {'
    block = style[style.index(selector) :].partition("}")[0]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


def test_the_measure_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_text_is_legible_on_every_ground_that_it_stands_on(tokens):
    ratios = {(ink, ground): contrast(tokens[ink], tokens[ground]) for ink, grounds in ON.items() for ground in grounds}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < TEXT} == {}


def test_the_focus_ring_stands_out(tokens):
    assert min(contrast(tokens["accent"], tokens[ground]) for ground in ("bg", "surface", "raised")) >= PARTS
