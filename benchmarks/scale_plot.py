"""The tables of ``scale.py`` as a picture: time and memory of each step against the number of spectra.

``python benchmarks/scale_plot.py TABLE.md... docs/scale.png`` needs playwright and Chromium. Of rows of the same step,
number and workers the last one counts.
"""

import argparse
import shutil
from collections import defaultdict
from pathlib import Path

from bokeh.embed import file_html
from bokeh.layouts import row
from bokeh.models import Legend, NumeralTickFormatter
from bokeh.palettes import Colorblind8
from bokeh.plotting import figure
from bokeh.resources import INLINE

SIZE = 460, 380
Points = dict[str, dict[int, float]]
"""Values by step and number of spectra."""


def read(paths: list[Path], workers: str) -> tuple[Points, Points]:
    """Seconds of processors, and GB, from rows of tables in Markdown with the columns of ``scale.py``."""
    seconds, memory = defaultdict(dict), defaultdict(dict)
    for path in paths:
        for line in path.read_text().splitlines():
            cells = [cell.strip() for cell in line.strip("| \n").split("|")]
            if len(cells) == 8 and cells[2] == workers:
                n = int(cells[0].replace(",", ""))
                seconds[cells[1]][n], memory[cells[1]][n] = float(cells[5]), float(cells[7])
    return seconds, memory


def panel(points: Points, label: str, legend: bool, **options: object) -> figure:
    plot = figure(width=SIZE[0] + 110 * legend, height=SIZE[1], x_axis_type="log", toolbar_location=None, **options)
    plot.xaxis.axis_label, plot.yaxis.axis_label = "spectra", label
    plot.xaxis.ticker = sorted({n for values in points.values() for n in values})
    plot.xaxis.formatter = NumeralTickFormatter(format="0,0")
    if options.get("y_axis_type") == "log":
        plot.yaxis.ticker = [step * 10**power for power in range(5) for step in (1, 2, 5)]
        plot.yaxis.formatter = NumeralTickFormatter(format="0,0")
    items = []
    for colour, (step, values) in zip(Colorblind8, points.items(), strict=False):
        n = sorted(values)
        line = plot.line(n, [values[each] for each in n], color=colour, line_width=2)
        items.append((step, [line, plot.scatter(n, [values[each] for each in n], color=colour, size=7)]))
    if legend:
        plot.add_layout(Legend(items=items, border_line_color=None), "right")
    return plot


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", nargs="+", type=Path, help="what scale.py printed")
    parser.add_argument("picture", type=Path, help="ends in .png")
    parser.add_argument("--workers", default="1", help="rows with this number of workers")
    options = parser.parse_args()
    seconds, memory = read(options.tables, options.workers)
    top = 1.1 * max(value for values in memory.values() for value in values.values())
    plots = row(
        panel(seconds, "seconds of processors", False, y_axis_type="log"),
        panel(memory, "memory of the largest process (GB)", True, y_range=(0, top)),
    )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        page = driver.chromium.launch(executable_path=found, args=["--no-sandbox"]).new_page(
            viewport={"width": 2 * SIZE[0] + 130, "height": SIZE[1] + 20}, device_scale_factor=2
        )
        page.set_content(file_html(plots, INLINE, "scale"))
        page.wait_for_selector(".bk-Figure canvas")
        page.wait_for_timeout(1000)
        page.screenshot(path=options.picture)


if __name__ == "__main__":
    main()
