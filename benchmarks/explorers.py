"""The same points in SpecVAE and in other explorers, in the same browser: ``python benchmarks/explorers.py``.

Points in eight classes (`many_points`), each with a spectrum in SpecVAE. The others get the first two components, the
class and the signal to noise of the same points: embedding-atlas as its server over a Parquet file, jupyter-scatter in
a notebook of JupyterLab. They are not dependencies: ``--others`` names a Python that has them, as made by
``python -m venv others`` and ``others/bin/pip install embedding-atlas jupyter-scatter jupyterlab pillow``; without it
SpecVAE is measured alone.

Seconds by the clock: from opening the page of a warm server (from running the cell, where a notebook has imported
everything) until points are seen; from the choice of a colour until it is seen; from the release of a lasso until the
number of its rows is on the page. Memory is the heap of the tab after that, without what a graphics card holds; the
longest freeze is the longest time between two frames. What a program shows is looked at by screenshots in the same way.
"""

import argparse
import io
import json
import os
import platform
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from chromium import CHROMIUM, served, serving
from many_points import MODEL, SURVEY, write_points
from PIL import Image
from playwright.sync_api import Error, Page, sync_playwright

from specvae_core.workspace import Workspace

PORT, PATIENCE = 5951, 90_000
COLOURED, FEWEST = 40, 0.004
"""A pixel whose channels differ by so much counts as coloured; points are seen once this share of the pixels is."""
FRAMES = """() => { window.longest = 0; let last = performance.now();
  const look = (now) => { window.longest = Math.max(window.longest, now - last); last = now;
    requestAnimationFrame(look); };
  requestAnimationFrame(look); }"""
CELLS = (
    "import pandas as pd, ipywidgets, jscatter\npoints = pd.read_parquet('points.parquet')\nprint('read', 'y')",
    "scatter = jscatter.Scatter(data=points, x='x', y='y', color_by='class', height=600)\n"
    "rows = ipywidgets.Label('none')\n"
    "scatter.widget.observe(lambda change: setattr(rows, 'value', f'{len(change.new)} rows'), 'selection')\n"
    "ipywidgets.VBox([rows, scatter.widget])",
    "scatter.color(by='sn')\nscatter.widget.mouse_mode = 'lasso'",
)


@dataclass
class Figures:
    """Seconds, megabytes and seconds; NaN for what was not seen."""

    points: float = np.nan
    colours: float = np.nan
    rows: float = np.nan
    memory: float = np.nan
    freeze: float = np.nan
    note: str = ""


def measure_ours(page: Page, folder: Path, found: Figures) -> None:
    """Explore, its focus map: the corner of all components stands beside it."""
    server = served(serving(folder, PORT), PORT)
    try:
        start = time.perf_counter()
        page.goto(f"http://localhost:{PORT}/?v=1&page=explore&survey={SURVEY}&model={MODEL}")
        found.points = until_coloured(page, ".focus-card") - start
        page.evaluate(FRAMES)
        page.wait_for_timeout(15_000)
        before, start = picture(page, ".focus-card"), time.perf_counter()
        page.locator(".corner-card select").first.select_option("sn")
        found.colours = until_other(page, ".focus-card", before) - start
        page.wait_for_timeout(5000)
        page.locator(".corner-card select").first.blur()
        page.keyboard.press("l")
        page.wait_for_timeout(1000)
        start = lasso(page, ".focus-card")
        page.locator(".table-pager").first.wait_for()  # the rows stand above it
        found.rows = time.perf_counter() - start
    finally:
        server.terminate()
        server.wait()


def measure_atlas(page: Page, python: Path, table: Path, found: Figures) -> None:
    """embedding-atlas: its map needs WebGPU with shader-f16; where that is missing its charts are all there is."""
    command = [str(python.parent / "embedding-atlas"), str(table), "--x", "x", "--y", "y", "--text", "id"]
    server = served([*command, "--port", str(PORT + 1)], PORT + 1)
    try:
        page.on("console", lambda line: setattr(found, "note", line.text[:90]) if "GPU" in line.text else None)
        start = time.perf_counter()
        page.goto(f"http://localhost:{PORT + 1}/")
        found.points = until_coloured(page, "body") - start
        page.evaluate(FRAMES)
        page.wait_for_timeout(10_000)
        if box(page, "body") is None:
            found.note = f"charts alone, no map: {found.note or 'no canvas'}"
    finally:
        server.terminate()
        server.wait()


def measure_scatter(page: Page, python: Path, table: Path, found: Figures) -> None:
    """jupyter-scatter in JupyterLab, its points read before."""
    cells = [{"cell_type": "code", "source": text, "metadata": {}, "outputs": []} for text in CELLS]
    cells = [{**cell, "execution_count": None, "id": f"cell{number}"} for number, cell in enumerate(cells)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (table.parent / "points.ipynb").write_text(json.dumps(notebook))
    quiet = ["--no-browser", "--allow-root", "--IdentityProvider.token=", f"--ServerApp.root_dir={table.parent}"]
    server = served([str(python.parent / "jupyter"), "lab", *quiet, "--port", str(PORT + 2)], PORT + 2)
    try:
        page.goto(f"http://localhost:{PORT + 2}/lab/tree/points.ipynb?reset")
        page.get_by_text("(ipykernel) | Idle").first.wait_for()
        page.get_by_text("import pandas as pd").first.click()
        page.keyboard.press("Shift+Enter")
        page.get_by_text("read y").first.wait_for()
        page.evaluate(FRAMES)
        page.wait_for_timeout(2000)
        start = time.perf_counter()
        page.keyboard.press("Shift+Enter")
        found.points = until_coloured(page, ".jp-OutputArea-output") - start
        page.wait_for_timeout(10_000)
        before, start = picture(page, ".jp-OutputArea-output"), time.perf_counter()
        page.keyboard.press("Shift+Enter")
        found.colours = until_other(page, ".jp-OutputArea-output", before) - start
        page.wait_for_timeout(5000)
        start = lasso(page, ".jp-OutputArea-output")
        page.get_by_text(re.compile(r"^\d+ rows$")).first.wait_for()
        found.rows = time.perf_counter() - start
    finally:
        server.terminate()
        server.wait()


def picture(page: Page, within: str) -> np.ndarray | None:
    """Pixels (height, width, 3) of the largest canvas within an element, or of the page where there is none."""
    clip = box(page, within)
    if clip is None and within != "body":
        return None
    return np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip, timeout=PATIENCE))).convert("RGB"), int)


def box(page: Page, within: str) -> dict[str, float] | None:
    """x, y, width and height of the largest canvas within an element, if there is one."""
    found = [each.bounding_box() for each in page.locator(f"{within} canvas").all()]
    large = [each for each in found if each and min(each["width"], each["height"]) > 200]
    return max(large, key=lambda each: each["width"] * each["height"], default=None)


def until_coloured(page: Page, within: str) -> float:
    """The time at which coloured points are seen."""
    return until(lambda: (seen := picture(page, within)) is not None and np.mean(np.ptp(seen, -1) > COLOURED) > FEWEST)


def until_other(page: Page, within: str, before: np.ndarray) -> float:
    """The time at which colours differ from those before on a share of the pixels."""

    def differs() -> bool:
        now = picture(page, within)
        return now.shape != before.shape or np.mean(np.abs(now - before).max(-1) > COLOURED) > FEWEST

    return until(differs)


def until(seen: Callable[[], bool]) -> float:
    """The time at the start of the look that saw it; TimeoutError after the patience."""
    end = time.perf_counter() + PATIENCE / 1000
    while (now := time.perf_counter()) < end:
        if seen():
            return now
    raise TimeoutError("not seen in time")


def lasso(page: Page, within: str) -> float:
    """Drag a lasso around the middle of the largest canvas; the time at its release."""
    x, y, width, height = box(page, within).values()
    turns = np.linspace(0, 2 * np.pi, 25)
    places = [(x + width * (0.5 + 0.25 * np.cos(t)), y + height * (0.5 + 0.25 * np.sin(t))) for t in turns]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()
    return time.perf_counter()


def heap(page: Page) -> float:
    """Megabytes of objects in the tab."""
    metrics = page.context.new_cdp_session(page)
    metrics.send("Performance.enable")
    found = {one["name"]: one["value"] for one in metrics.send("Performance.getMetrics")["metrics"]}
    return found["JSHeapUsedSize"] / 1e6


def write_table(folder: Path, path: Path) -> None:
    """The first two components, class, signal to noise and id of all points."""
    workspace = Workspace.open(folder)
    encoding, survey = workspace.encoding(MODEL, SURVEY), workspace.survey(SURVEY)
    x, y = encoding.basis.components(encoding.latents)[:, :2].T
    columns = {name: survey.catalogue[name].to_numpy() for name in ("id", "class", "sn")}
    pq.write_table(pa.table({**columns, "x": x, "y": y}), path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=1_000_000, help="points")
    parser.add_argument("--others", type=Path, help="a Python that has embedding-atlas and jupyter-scatter")
    options = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, {options.n:,} points\n")
    print("| program | first points | new colours | rows of a lasso | heap | longest freeze | load | |")
    print("|---|---:|---:|---:|---:|---:|---:|---|", flush=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        folder, table = Path(scratch) / "w", Path(scratch) / "points.parquet"
        write_points(folder, options.n)
        programs = {"SpecVAE": lambda page, found: measure_ours(page, folder, found)}
        if options.others:
            write_table(folder, table)
            programs["embedding-atlas"] = lambda page, found: measure_atlas(page, options.others, table, found)
            programs["jupyter-scatter"] = lambda page, found: measure_scatter(page, options.others, table, found)
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, measure in programs.items():
            page, found = browser.new_page(viewport={"width": 1440, "height": 900}), Figures()
            page.set_default_timeout(PATIENCE)
            try:
                measure(page, found)
            except (Error, TimeoutError) as error:
                found.note += f" ended: {str(error).splitlines()[0]}"
            found.memory, found.freeze = heap(page), page.evaluate("() => window.longest ?? NaN") / 1000
            page.close()
            seconds = " | ".join(f"{value:.2f} s" for value in (found.points, found.colours, found.rows))
            rest = f"{found.memory:.0f} MB | {found.freeze:.2f} s | {os.getloadavg()[0]:.0f} | {found.note}"
            print(f"| {name} | {seconds} | {rest} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
