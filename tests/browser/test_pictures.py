"""Each page of the embedded demo looks as it did, in light and dark, and fits windows of all sizes.

``SPECVAE_RENEW_PICTURES=1 pytest tests/browser/test_pictures.py`` makes the kept pictures anew; look at them before
they are committed. They are kept and compared at an eighth of the size: another font shifts letters, which hardly shows
there, while a panel that is gone or has another place does.
"""

import os
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from layout import SIZES, all_are_named, all_is_legible, fits_all_sizes, resize
from pages_of_demo import LONG, PAGES, open_page
from PIL import Image
from playwright.sync_api import Page
from served import Site

PICTURES = Path(__file__).with_name("pictures")
RENEW = os.environ.get("SPECVAE_RENEW_PICTURES") == "1"
CHANCE = ".peek"
"""What is drawn by chance: spectra of a survey on the Data page."""
SMALLER = 8
"""Pixels of the screen along each side of a pixel that is kept."""
BLOCK = 5
"""Pixels of a kept picture along each side of a block: 40 pixels of the screen."""
REST = 6.0
"""Seconds for which a page that looks like no kept picture has to look the same."""
MEAN, LOCAL = 3.0, 18.0
"""Mean difference of all pixels that passes, and mean difference of the block that differs most, of 255."""


def look(page: Page) -> np.ndarray:
    """The window at an eighth of its size, (height, width, 3) uint8."""
    shot = page.screenshot(animations="disabled", caret="hide", mask=[page.locator(CHANCE)], mask_color="#888888")
    image = Image.open(BytesIO(shot)).convert("RGB")
    size = image.width // SMALLER, image.height // SMALLER
    return np.asarray(image.resize(size, Image.Resampling.BOX))


def settled(page: Page, kept: np.ndarray | None) -> np.ndarray:
    """The window as soon as two looks are the same and like the kept picture, or all looks of some seconds the same."""
    since, last = time.monotonic(), look(page)
    end = since + LONG / 1000
    while time.monotonic() < since + REST:
        assert time.monotonic() < end, "the page never came to rest"
        page.wait_for_timeout(250)
        now = look(page)
        if not np.array_equal(now, last):
            since, last = time.monotonic(), now
        elif kept is not None and is_like(differences(now, kept)):
            break
    return last


def differences(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Mean absolute difference of two pictures, and the largest of any block."""
    if first.shape != second.shape:
        return np.inf, np.inf
    apart = np.abs(first.astype(float) - second).mean(axis=2)
    height, width = (length // BLOCK * BLOCK for length in apart.shape)
    blocks = apart[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK).mean(axis=(1, 3))
    return float(apart.mean()), float(blocks.max())


def is_like(difference: tuple[float, float]) -> bool:
    """Whether a difference passes."""
    return difference[0] < MEAN and difference[1] < LOCAL


@pytest.fixture(scope="module", params=PAGES)
def opened(request: pytest.FixtureRequest, kept_page: Page, site: Site) -> tuple[str, Page]:
    """Each page by its name, opened in light, once for all that is looked at."""
    kept_page.emulate_media(color_scheme="light")
    resize(kept_page, *SIZES["1440"])
    open_page(kept_page, site, request.param)
    return request.param, kept_page


def test_a_page_is_legible_and_looks_as_it_did_in_light_and_when_it_is_turned_to_dark(
    opened: tuple[str, Page], tmp_path: Path
):
    name, page = opened
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        all_is_legible(page)
        file = PICTURES / f"{name}-{theme}.png"
        if RENEW:
            PICTURES.mkdir(exist_ok=True)
            Image.fromarray(settled(page, None)).save(file, optimize=True)
            continue
        kept = np.asarray(Image.open(file).convert("RGB"))
        found = settled(page, kept)
        Image.fromarray(found).save(tmp_path / file.name)
        mean, local = differences(found, kept)
        where = f"what was found is in {tmp_path}"
        assert is_like((mean, local)), f"{file.name} differs by {mean:.1f}, in one part by {local:.0f}; {where}"


def test_nothing_is_cut_off_or_lies_on_anything_else_and_all_controls_are_named(opened: tuple[str, Page]):
    _, page = opened
    fits_all_sizes(page)
    all_are_named(page)


@pytest.mark.skipif(RENEW, reason="the pictures are being made")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_panel_that_is_gone_or_moved_is_found(theme: str):
    kept = np.asarray(Image.open(PICTURES / f"explore-{theme}.png").convert("RGB"))
    gone = kept.copy()
    gone[64:104, 80:] = gone[2, 40]  # the lower card
    assert differences(kept, gone)[1] > LOCAL
    assert differences(kept, np.roll(kept, 6, axis=1))[1] > LOCAL
