"""A million points in SpecVAE and in other explorers, in the same browser: ``python benchmarks/explorers.py``.

Points in eight classes (`many_points`), each with a spectrum in SpecVAE. The other programs get the first two
components and the class of the same points: embedding-atlas as a server over a Parquet file, jupyter-scatter as a page
that ``ipywidgets`` writes. They are no dependencies: ``--others`` names a Python that has them, as made by
``python -m venv others`` and ``others/bin/pip install embedding-atlas jupyter-scatter``; without it SpecVAE is measured
alone.

Seconds by the clock of the page: from opening it until the first points are painted, from the choice of a colour
until it is painted, from the release of a lasso until its rows are listed. Memory is the heap of the tab after that,
and the longest freeze the longest time between two frames.
"""

import argparse
import os
import platform
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from browser import CHROMIUM, IMAGES, LOADING, SHOWN, served, serving
from many_points import MODEL, SURVEY, write_points
from playwright.sync_api import Error, Page, sync_playwright

from specvae_core.workspace import Workspace

PORT, PATIENCE = 5951, 120_000
FRAMES = """() => { window.longest = 0; let last = performance.now();
  const look = (now) => { window.longest = Math.max(window.longest, now - last); last = now;
    requestAnimationFrame(look); };
  requestAnimationFrame(look); }"""
PAINTED = """() => [...document.querySelectorAll("canvas")].some((one) => one.width > 100 && one.height > 100)"""
BOX = """() => {
  const find = (root) => [...root.querySelectorAll("*")].flatMap((one) =>
    [...(one.tagName === "CANVAS" ? [one] : []), ...(one.shadowRoot ? find(one.shadowRoot) : [])]);
  const boxes = find(document.querySelector(".focus-card") ?? document).map((one) => one.getBoundingClientRect());
  const {x, y, width, height} = boxes.sort((a, b) => b.width * b.height - a.width * a.height)[0];
  return [x, y, width, height];
}"""


@dataclass
class Figures:
    """Seconds, megabytes and seconds; NaN for what was not seen."""

    points: float = np.nan
    colours: float = np.nan
    rows: float = np.nan
    memory: float = np.nan
    freeze: float = np.nan
    note: str = ""


def measure_ours(page: Page, folder: Path) -> Figures:
    found = Figures()
    server = served(serving(folder, PORT), PORT)
    try:
        start = time.perf_counter()
        page.goto(f"http://localhost:{PORT}/?v=1&page=explore&survey={SURVEY}&model={MODEL}")
        page.wait_for_function(SHOWN)
        found.points = time.perf_counter() - start
        page.evaluate(FRAMES)
        page.locator(".focus-card canvas").first.wait_for()
        page.evaluate(IMAGES)
        page.wait_for_timeout(LOADING)
        page.evaluate("() => { window.drawn = null; window.chosen = performance.now(); }")
        page.locator(".corner-card select").first.select_option("sn")
        page.wait_for_function("() => window.drawn != null")
        found.colours = page.evaluate("() => window.drawn - window.chosen") / 1000
        page.wait_for_timeout(2000)
        page.keyboard.press("l")
        page.wait_for_timeout(1000)
        start = _lasso(page)
        page.get_by_text("objects; click a row").first.wait_for()
        found.rows = time.perf_counter() - start
        found.memory, found.freeze = _heap(page), page.evaluate("() => window.longest") / 1000
    finally:
        server.terminate()
        server.wait()
    return found


def measure_atlas(page: Page, python: Path, table: Path) -> Figures:
    """embedding-atlas: its charts are there once it has a canvas; a map needs WebGPU with shader-f16."""
    found = Figures()
    command = [str(python.parent / "embedding-atlas"), str(table), "--x", "x", "--y", "y", "--text", "id"]
    server = subprocess.Popen([*command, "--port", str(PORT + 1)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://localhost:{PORT + 1}/", timeout=30).read()
                break
            except OSError:
                if server.poll() is not None:
                    raise SystemExit("embedding-atlas ended before it answered") from None
                time.sleep(0.2)
        page.on("console", lambda line: setattr(found, "note", line.text[:120]) if "GPU" in line.text else None)
        page.evaluate(FRAMES)
        start = time.perf_counter()
        page.goto(f"http://localhost:{PORT + 1}/")
        page.evaluate(FRAMES)
        page.wait_for_function(PAINTED)
        found.points = time.perf_counter() - start
        page.wait_for_timeout(5000)
        found.memory, found.freeze = _heap(page), page.evaluate("() => window.longest") / 1000
    finally:
        server.terminate()
        server.wait()
    return found


def measure_scatter(page: Page, python: Path, table: Path, folder: Path) -> Figures:
    """jupyter-scatter: a page of its widget, with all points in it; what its kernel does is left out."""
    made = folder / "scatter.html"
    code = (
        "import pandas as pd, jscatter; from ipywidgets.embed import embed_minimal_html; "
        f"points = pd.read_parquet({str(table)!r}); "
        "scatter = jscatter.Scatter(data=points, x='x', y='y', color_by='class', height=700); "
        f"embed_minimal_html({str(made)!r}, views=[scatter.widget], title='scatter')"
    )
    subprocess.run([python, "-c", code], check=True)
    found = Figures(note="the page loads its scripts from the network")
    start = time.perf_counter()
    page.goto(made.as_uri())
    page.evaluate(FRAMES)
    page.wait_for_function(PAINTED)
    found.points = time.perf_counter() - start
    page.wait_for_timeout(5000)
    found.memory, found.freeze = _heap(page), page.evaluate("() => window.longest") / 1000
    return found


def _lasso(page: Page) -> float:
    """Drag a lasso around the middle of the largest canvas; the time at its release."""
    x, y, width, height = page.evaluate(BOX)
    turns = np.linspace(0, 2 * np.pi, 25)
    places = [(x + width * (0.5 + 0.25 * np.cos(t)), y + height * (0.5 + 0.25 * np.sin(t))) for t in turns]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()
    return time.perf_counter()


def _heap(page: Page) -> float:
    metrics = page.context.new_cdp_session(page)
    metrics.send("Performance.enable")
    found = {one["name"]: one["value"] for one in metrics.send("Performance.getMetrics")["metrics"]}
    return found["JSHeapUsedSize"] / 1e6


def write_table(folder: Path, path: Path) -> None:
    """The first two components, class and id of all points."""
    workspace = Workspace.open(folder)
    encoding, survey = workspace.encoding(MODEL, SURVEY), workspace.survey(SURVEY)
    x, y = encoding.basis.components(encoding.latents)[:, :2].T
    columns = {name: survey.catalogue[name].to_numpy() for name in ("id", "class", "sn")}
    pq.write_table(pa.table({**columns, "x": x, "y": y}), path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=1_000_000, help="points")
    parser.add_argument("--others", type=Path, help="a Python that has embedding-atlas and jupyter-scatter")
    parser.add_argument("--workspace", type=Path, help="of an earlier run of many_points.py, in place of a new one")
    options = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, {options.n:,} points\n")
    print("| program | first points | new colours | rows of a lasso | heap | longest freeze | load | |")
    print("|---|---:|---:|---:|---:|---:|---:|---|", flush=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        folder, table = options.workspace or Path(scratch) / "w", Path(scratch) / "points.parquet"
        if not options.workspace:
            write_points(folder, options.n)
        programs = {"SpecVAE": lambda page: measure_ours(page, folder)}
        if options.others:
            write_table(folder, table)
            programs["embedding-atlas"] = lambda page: measure_atlas(page, options.others, table)
            programs["jupyter-scatter"] = lambda page: measure_scatter(page, options.others, table, Path(scratch))
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, measure in programs.items():
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(PATIENCE)
            try:
                found = measure(page)
            except (Error, subprocess.CalledProcessError) as error:
                found = Figures(note=str(error).splitlines()[0])
            page.close()
            seconds = " | ".join(f"{value:.2f} s" for value in (found.points, found.colours, found.rows))
            load = f"{os.getloadavg()[0]:.0f}"
            print(
                f"| {name} | {seconds} | {found.memory:.0f} MB | {found.freeze:.2f} s | {load} | {found.note} |",
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    main()
