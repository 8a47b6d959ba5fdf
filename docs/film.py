"""Make the README's film from the demo: ``python docs/film.py``, about ten seconds in ``assets/film.webp``.

Needs a Chromium and Playwright. Pictures are taken while a pointer works on the page, and played at one speed.
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs" / "tutorials"))
from pictures import browsing, still  # noqa: E402

TARGET = ROOT / "assets" / "film.webp"
WIDTH = 800
"""Pixels of the film from left to right."""

STEP, HOLD = 110, 1700
"""Milliseconds that a picture is shown: while the pointer moves, and after an answer."""

Frame = tuple[Image.Image, int]


class Camera:
    """Takes pictures of a page with a pointer drawn in, which a headless browser has not."""

    def __init__(self, page: object) -> None:
        self.page, self.frames = page, []
        self.at = (640.0, 300.0)

    def take(self, milliseconds: int) -> None:
        """One picture, shown so long."""
        image = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        (x, y), draw = self.at, ImageDraw.Draw(image)
        draw.polygon([(x, y), (x, y + 22), (x + 6, y + 17), (x + 15, y + 17)], fill="black", outline="white")
        height = round(image.height * WIDTH / image.width)
        self.frames.append((image.resize((WIDTH, height), Image.Resampling.LANCZOS), milliseconds))

    def move(self, x: float, y: float, pictures: int = 4) -> None:
        """Move the pointer there."""
        (x0, y0) = self.at
        for step in range(1, pictures + 1):
            self.at = x0 + (x - x0) * step / pictures, y0 + (y - y0) * step / pictures
            self.page.mouse.move(*self.at)
            self.take(STEP)

    def click(self, x: float, y: float) -> None:
        """Click there and show the answer."""
        self.move(x, y)
        self.page.mouse.click(x, y)
        self.answer()

    def answer(self) -> None:
        """Wait for the page, then show it."""
        still(self.page)
        self.take(HOLD)


def film(page: object) -> list[Frame]:
    """The map, two objects, another panel, a lasso."""
    camera = Camera(page)
    camera.take(HOLD)
    focus = page.locator(".focus-card canvas").first.bounding_box()
    for right, down in ((0.35, 0.55), (0.6, 0.4)):
        camera.click(focus["x"] + right * focus["width"], focus["y"] + down * focus["height"])
    page.keyboard.press("l")
    x, y, width, height = (focus[name] for name in ("x", "y", "width", "height"))
    corners = [(0.66, 0.28), (0.9, 0.3), (0.95, 0.5), (0.85, 0.6), (0.66, 0.58), (0.66, 0.28)]
    camera.move(x + corners[0][0] * width, y + corners[0][1] * height)
    page.mouse.down()
    for right, down in corners[1:]:
        camera.move(x + right * width, y + down * height, 3)
    page.mouse.up()
    camera.answer()
    return camera.frames


def main() -> None:
    """Film a copy of the demo."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "demo"
        shutil.copytree(ROOT / "assets" / "demo", workspace)
        with browsing(workspace) as (page, address):
            page.goto(f"{address}?v=1&page=explore&survey=demo&model=infovae-6")
            page.locator(".focus-card canvas").first.wait_for(timeout=120_000)
            page.get_by_role("button", name="No, thanks").click()  # the tour of a first visit
            still(page)
            frames = film(page)
    images, times = zip(*frames, strict=True)
    images[0].save(TARGET, save_all=True, append_images=images[1:], duration=list(times), loop=0, quality=60, method=6)
    print(f"{len(images)} pictures, {sum(times) / 1000:.1f} s, {TARGET.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
