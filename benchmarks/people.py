"""Twenty people at once: how long a click takes to be answered while others click, too.

    python benchmarks/people.py [--people 20] [--seconds 30] [--pause 2]

Each of them has the Explore page of one survey open and clicks on objects of the map at random, with pauses that are
exponentially distributed; the answer has come when the new spectrum, the card and the ring have arrived over the
websocket. The browsers themselves, which run on the people's own machines, are left out. The caches are warm: each
visitor clicks once before the measurement begins.
"""

import argparse
import asyncio
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.visitor import Visitor, changes, run_visits  # noqa: E402
from specvae_core.assets import asset  # noqa: E402

START = 120.0
"""Seconds for a session to build its page, twenty at a time."""


def serve(folder: Path) -> tuple[subprocess.Popen, str]:
    """A server on a workspace, and its address."""
    command = [sys.executable, "serve.py", "--workspace", folder, "--port", "0", "--no-show", "--no-token"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return server, next(line.strip() for line in server.stdout if "http://" in line)


async def enter(url: str) -> tuple[Visitor, str]:
    """A visitor of Explore, once its map is there, and the id of the map's figure."""
    visitor = await Visitor.enter(url, v="1", page="explore")
    end = time.perf_counter() + START
    while time.perf_counter() < end:
        with suppress(LookupError):
            return visitor, visitor.find("Figure", name="focus")
        await asyncio.sleep(0.05)
    raise SystemExit("The page was not built.")


async def click(visitor: Visitor, figure: str, rng: np.random.Generator) -> float | None:
    """Seconds until a click in the middle of the map is answered; ``None`` where it hit what was shown already."""
    x, y = rng.normal(0.0, 1.5, 2)
    drawn = visitor.when(lambda message: any(what == "data" for _, what in changes(message)))
    start = time.perf_counter()
    await visitor.event("tap", figure, sx=100, sy=100, x=x, y=y)
    return time.perf_counter() - start if drawn.done() else None


async def person(
    visitor: Visitor, figure: str, rng: np.random.Generator, end: float, pause: float, times: list[float]
) -> None:
    """Click until the end."""
    while time.perf_counter() < end:
        await asyncio.sleep(rng.exponential(pause))
        taken = await click(visitor, figure, rng)
        if taken is not None:
            times.append(taken)


async def measure(url: str, people: int, seconds: float, pause: float) -> tuple[list[float], list[float]]:
    """Seconds to enter and seconds of each click."""
    visitors, entering = [], []
    for _ in range(people):
        start = time.perf_counter()
        visitors.append(await enter(url))
        entering.append(time.perf_counter() - start)
    rngs = [np.random.default_rng(number) for number in range(people)]
    for (visitor, figure), rng in zip(visitors, rngs, strict=True):
        await click(visitor, figure, rng)
    times: list[float] = []
    end = time.perf_counter() + seconds
    await asyncio.gather(
        *(person(*visitor, rng, end, pause, times) for visitor, rng in zip(visitors, rngs, strict=True))
    )
    await asyncio.gather(*(visitor.leave() for visitor, _ in visitors))
    return entering, times


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--pause", type=float, default=2.0, help="mean seconds between two clicks of one person")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(asset("demo"), Path(scratch) / "demo"))
        server, url = serve(folder)
        try:
            before = time.perf_counter(), cpu_seconds(server.pid)
            entering, times = run_visits(measure(url, options.people, options.seconds, options.pause))
            used = (cpu_seconds(server.pid) - before[1]) / (time.perf_counter() - before[0])
        finally:
            server.terminate()
            server.wait()
    p50, p95, p99 = np.percentile(times, [50, 95, 99]) * 1000
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n"
    )
    print("| people | clicks a second | median | 95% | 99% | slowest | entering, median | processors used |")
    print("|---|---|---|---|---|---|---|---|")
    print(
        f"| {options.people} | {len(times) / options.seconds:.1f} | {p50:.0f} ms | {p95:.0f} ms | {p99:.0f} ms "
        f"| {max(times) * 1000:.0f} ms | {np.median(entering):.2f} s | {used:.2f} |"
    )


if __name__ == "__main__":
    main()
