"""Views of a map of very many objects, without a catalogue or spectra: what the server counts and finds for each.

Places on six axes and eight classes are made up in a folder, as the workspace keeps them for maps of millions; then the
corner, the focus map at several zooms, a lasso and its colours, and a tap are computed by the functions of the page.
Nothing that a browser does is part of it. Seconds by the clock and of processors, and what the
process holds: memory of its own, and pages of files, which the system takes back at need.

``python benchmarks/many_views.py FOLDER [--n 100000000]``
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from many_points import CLASSES

from dashboard.colouring import Colouring, scale_limits
from dashboard.latent_map import limits_of
from dashboard.pages.explore.maps.corner_plot import panel_images
from dashboard.pages.explore.maps.panel_counts import count_panels, cut_panels
from dashboard.places import kept_places
from dashboard.plots.picking import inside_polygon, nearest
from dashboard.plots.scatter import map_data
from dashboard.plots.shade import Ink, make_ink
from dashboard.theme import class_colours

SCREEN, CORNER, K, PIECE = (700, 500), (520, 560), 6, 1 << 20


def made_up(folder: Path, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places (K, n) on the disk, limits (K, 2) and classes (n,): eight clouds, each half as large as the one before."""
    rng = np.random.default_rng(0)
    shares = 0.5 ** np.arange(len(CLASSES))
    centres, starts = rng.normal(0, 1.5, (len(CLASSES), K)).astype(np.float32), range(0, n, PIECE)
    codes = np.empty(n, np.uint8)
    latents = np.lib.format.open_memmap(folder / "latents.npy", "w+", np.float32, (n, K))
    for start in starts:
        some = slice(start, start + PIECE)
        m = len(codes[some])
        codes[some] = rng.choice(len(CLASSES), m, p=shares / shares.sum())
        latents[some] = centres[codes[some]] + np.float32(0.5) * rng.standard_normal((m, K), np.float32)
    places, limits = kept_places(folder / "map" / "latents-0", latents, None, limits_of)
    (folder / "latents.npy").unlink()
    return places, limits, codes


def timed(what: str, work: Callable[[], object]) -> object:
    """Do it, and print a line of the table."""
    clock, spent = time.perf_counter(), time.process_time()
    found = work()
    wall, processors = time.perf_counter() - clock, time.process_time() - spent
    status = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    own, files = (int(status[name].split()[0]) / 1e6 for name in ("RssAnon", "RssFile"))
    print(f"| {what} | {wall:.2f} | {processors:.2f} | {own:.1f} + {files:.1f} |", flush=True)
    return found


def views(places: np.ndarray, limits: np.ndarray, codes: np.ndarray) -> None:
    """The lines of the table."""
    n, x, y = len(codes), *places[:2]
    colouring = Colouring("class", codes, CLASSES, class_colours(list(CLASSES)), tuple(np.bincount(codes).tolist()))
    number = Colouring("number", codes, values=places[2], limits=scale_limits(places[2]))
    nothing = np.empty(0, np.int32)
    ink, panels = make_ink(colouring, colouring.visible([], nothing), "light"), cut_panels(places, limits, CORNER)
    middle = [float(np.median(axis[:100_000])) for axis in (x, y)]

    def corner(colours: Ink) -> object:
        return panel_images(count_panels(panels, colours), colours)

    def focus(colours: Ink, part: float) -> int:
        spans = part * (limits[:2, 1] - limits[:2, 0]) / 2
        ends = [(at - span, at + span) for at, span in zip(middle, spans, strict=True)]
        return map_data(x, y, colours, *ends, SCREEN)[2]

    some = slice(0, PIECE)  # what is compiled, or read from the disk of compiled code, is not counted
    few = Ink(codes[some], None, ink.colours, ink.limits, ink.context, ink.shapes)
    panel_images(count_panels(cut_panels(places[:, some], limits, CORNER), few), few)
    timed("corner: fifteen panels and six histograms, by class", lambda: corner(ink))
    timed("the same by a number", lambda: corner(make_ink(number, number.visible([], nothing), "light")))
    for part, name in ((1, "whole"), (0.1, "a tenth of each axis"), (0.01, "a hundredth"), (0.001, "a thousandth")):
        seen = focus(ink, part)
        timed(f"focus map, {name}: {seen:,} objects in view", lambda part=part: focus(ink, part))
    angle = np.linspace(0, 2 * np.pi, 60)
    lasso = [at + radius for at, radius in zip(middle, (np.cos(angle), np.sin(angle)), strict=True)]
    rows = timed("lasso: the rows inside", lambda: inside_polygon(x, y, *lasso))
    chosen = timed(
        f"its colours ({len(rows):,} of {n:,})", lambda: make_ink(colouring, colouring.visible([], rows), "light")
    )
    timed("corner with that selection", lambda: corner(chosen))
    timed("focus map with that selection", lambda: focus(chosen, 1))
    timed("a tap or the pointer: nearest object", lambda: nearest(x, y, (middle[0], middle[1]), (100, 100), 14))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write the places: 48 bytes for each object")
    parser.add_argument("--n", type=int, default=100_000_000, help="objects")
    options = parser.parse_args()
    options.folder.mkdir()
    made = made_up(options.folder, options.n)
    print(f"{options.n:,} objects, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| view | s by the clock | s of processors | GB held, own + of files |\n|---|---:|---:|---:|")
    views(*made)
    print(f"\nload {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
