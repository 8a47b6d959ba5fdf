"""Pictures of pages of the dashboard, taken by a headless Chromium."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SIZE = {"width": 1280, "height": 800}
QUIET = 8000
"""Milliseconds without a change after which a page counts as drawn: parts of it come after the first idle moment."""

LONGEST = 300_000
"""Milliseconds that a result may take which a page computes for its picture."""


class Unfit(Exception):
    """A page has nothing to show in a picture."""


@contextmanager
def browsing(workspace: Path) -> Iterator[tuple[Page, str]]:
    """A page of a browser and the address of a server on a workspace, until the block ends."""
    command = [sys.executable, "serve.py", "--workspace", workspace, "--port", "0", "--no-show", "--no-token"]
    chromium = os.environ.get("SPECVAE_CHROMIUM", "/usr/bin/chromium")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as driver:
        try:
            address = next(line.strip() for line in server.stdout if "http://" in line)
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            yield browser.new_page(viewport=SIZE, color_scheme="light"), address
            browser.close()
        finally:
            server.terminate()


def photograph(workspace: Path, pictures: list[tuple[str, Path]]) -> None:
    """Take pictures (query of the address, file) of a workspace."""
    if not pictures:
        return
    with browsing(workspace) as (page, address):
        for query, file in pictures:
            idle: list[str] = []
            page.on("console", lambda message, idle=idle: idle.append(message.text) if "idle" in message.text else None)
            page.goto(f"{address}?v=1&{query}")
            for _ in range(240):
                page.wait_for_timeout(250)
                if idle:
                    break
            shot = still(page)
            for name in ("No, thanks", "Compute redshifts"):  # the tour; a result that no command keeps
                button = page.get_by_role("button", name=name)
                if button.is_visible():
                    button.click()
                    button.wait_for(state="hidden", timeout=LONGEST)
                    page.get_by_role("button", name="Stop").wait_for(state="hidden", timeout=LONGEST)
                    shot = still(page)
            if page.locator(".empty-state, .notice").filter(visible=True).count():
                raise Unfit(f"{query} shows an empty page or a notice.")
            Image.open(io.BytesIO(shot)).save(file, "WEBP", quality=82, method=6)


def still(page: Page) -> bytes:
    """PNG of a page once it has stopped changing."""
    before, now = b"", page.screenshot()
    while before != now:
        page.wait_for_timeout(QUIET)
        before, now = now, page.screenshot()
    return now
