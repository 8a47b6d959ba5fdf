"""Each page of the embedded demo looks as it did, in light and dark.

``SPECVAE_RENEW_PICTURES=1 pytest tests/browser/test_pictures.py`` makes the kept pictures anew; look at them before
they are committed. They are kept and compared at an eighth of the size: another font shifts letters, which hardly shows
there, while a panel that is gone or has another place does.
"""

import os
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pages_of_demo import LONG, PAGES, open_page
from PIL import Image
from playwright.sync_api import Page
from served import Site, serving

from specvae_core.assets import asset

PICTURES = Path(__file__).with_name("pictures")
RENEW = os.environ.get("SPECVAE_RENEW_PICTURES") == "1"
CHANCE = ".peek"
"""What is drawn by chance: spectra of a survey on the Data page."""
SMALLER = 8
"""Pixels of the screen along each side of a pixel that is kept."""
BLOCK = 5
"""Pixels of a kept picture along each side of a block: 40 pixels of the screen."""
MEAN, LOCAL = 3.0, 18.0
"""Mean difference of all pixels that passes, and mean difference of the block that differs most, of 255."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on a copy of the embedded demo."""
    with serving(asset("demo"), tmp_path_factory.mktemp("demo")) as site:
        yield site


def look(page: Page) -> np.ndarray:
    """The window at an eighth of its size, (height, width, 3) uint8."""
    shot = page.screenshot(animations="disabled", caret="hide", mask=[page.locator(CHANCE)], mask_color="#888888")
    image = Image.open(BytesIO(shot)).convert("RGB")
    size = image.width // SMALLER, image.height // SMALLER
    return np.asarray(image.resize(size, Image.Resampling.BOX))


def settled(page: Page) -> np.ndarray:
    """The window as soon as it has looked the same for two seconds."""
    end, same, last = time.monotonic() + LONG / 1000, 0, look(page)
    while same < 2:
        assert time.monotonic() < end, "the page never came to rest"
        page.wait_for_timeout(1000)
        now = look(page)
        same = same + 1 if np.array_equal(now, last) else 0
        last = now
    return last


def differences(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Mean absolute difference of two pictures, and the largest of any block."""
    if first.shape != second.shape:
        return np.inf, np.inf
    apart = np.abs(first.astype(float) - second).mean(axis=2)
    height, width = (length // BLOCK * BLOCK for length in apart.shape)
    blocks = apart[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK).mean(axis=(1, 3))
    return float(apart.mean()), float(blocks.max())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_looks_as_it_did_in_light_and_when_it_is_turned_to_dark(
    page: Page, site: Site, tmp_path: Path, name: str
):
    page.emulate_media(color_scheme="light")
    open_page(page, site, name)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        found, kept = settled(page), PICTURES / f"{name}-{theme}.png"
        if RENEW:
            PICTURES.mkdir(exist_ok=True)
            Image.fromarray(found).save(kept, optimize=True)
            continue
        mean, local = differences(found, np.asarray(Image.open(kept).convert("RGB")))
        Image.fromarray(found).save(tmp_path / kept.name)
        assert mean < MEAN, f"{kept.name} differs by {mean:.1f} on average; what was found is in {tmp_path}"
        assert local < LOCAL, f"a part of {kept.name} differs by {local:.0f}; what was found is in {tmp_path}"


@pytest.mark.skipif(RENEW, reason="the pictures are being made")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_panel_that_is_gone_or_moved_is_found(theme: str):
    kept = np.asarray(Image.open(PICTURES / f"explore-{theme}.png").convert("RGB"))
    gone = kept.copy()
    gone[64:104, 80:] = gone[2, 40]  # the lower card
    assert differences(kept, gone)[1] > LOCAL
    assert differences(kept, np.roll(kept, 6, axis=1))[1] > LOCAL
