"""Attacks in number: ``python benchmarks/attack.py [--seed 1] [--files 1000] [--damages 500] [--kills 100]``.

Hostile files, commands with hostile words and files, damage to workspaces, programs that are killed or run twice,
sessions, people. The kinds are those of ``tests/attack``, where a few of each run with fixed seeds. The columns
traceback, hang and lost of the table have to be 0.
"""

import argparse
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "attack"), str(ROOT / "tests" / "tasks")]

from damages import Verdict, attack, make_workspace, probe  # noqa: E402
from good_files import good_sdss  # noqa: E402
from hostile_files import write_hostile  # noqa: E402
from kills import ACTS, Child, Race, duration, kill, prepare  # noqa: E402

from benchmarks.file_attacks import Row, commands, files_in_a_batch, files_one_by_one, in_a_cell  # noqa: E402
from benchmarks.visitor import run_visits  # noqa: E402
from specvae_core.data.file_lists import find_files  # noqa: E402
from specvae_core.workspace import Workspace  # noqa: E402

SLOWEST_CLICK = 500.0
"""Milliseconds within which 95 of 100 clicks are answered."""


def damages(n: int, seed: int, work: Path) -> Row:
    """Random damage to one file of a workspace, each in a child that may crash."""
    make_workspace(work / "sound")
    before = probe(work / "sound")
    refused = tracebacks = hangs = lost = 0
    for number in range(n):

        def act(folder: Path, number: int = number) -> None:
            verdict = Verdict()
            attack(work / "sound", folder, np.random.default_rng([seed, number]), before, verdict)
            os._exit(10 + verdict.refused + 2 * bool(verdict.lost))

        status = Child.start(act, work / "w").end()
        if status not in (10, 11):
            print("damage", number, "of seed", seed, "ends with", status)
        refused += status in (11, 13)
        lost += status in (12, 13)
        hangs += status == -9
        tracebacks += status not in (10, 11, 12, 13, -9)
    return "damages to a workspace", n, refused, tracebacks, hangs, lost, ""


def kills(n: int, seed: int, work: Path) -> Row:
    """Acts killed at random moments, and run again."""
    (work / "sound").mkdir(parents=True)
    prepare(work / "sound")
    before, rng = probe(work / "sound" / "w"), np.random.default_rng(seed)
    seconds = {act: duration(act, work / "sound", work / "w") for act in ACTS}
    lost = 0
    for act in islice(cycle(ACTS), n):
        wrong = kill(act, rng.uniform(0, seconds[act]), work / "sound", work / "w", before)
        lost += bool(wrong)
        for sentence in wrong:
            print(sentence)
    return "kills", n, 0, 0, 0, lost, ", ".join(f"{act.__name__} {seconds[act]:.1f} s" for act in ACTS)


def races(n: int, seed: int, work: Path) -> Row:
    """Every act beside every other one: in the first round at once, then the second at a random moment of the first."""
    before, rng = probe(work / "sound" / "w"), np.random.default_rng(seed)
    pairs, seconds = [(first, second) for first in ACTS for second in ACTS], {}
    refused = tracebacks = hangs = lost = 0
    found = []
    for number, (first, second) in enumerate(islice(cycle(pairs), n)):
        if number >= len(pairs) and first not in seconds:
            seconds[first] = duration(first, work / "sound", work / "w")
        one = Race(first, second, rng.uniform(0, seconds.get(first, 0)))
        wrong = one.run(work / "sound", work / "w", before)
        refused += 2 in one.statuses
        hangs += -signal.SIGKILL in one.statuses
        tracebacks += not {0, 2, -signal.SIGKILL}.issuperset(one.statuses)
        lost += bool(one.lost)
        found += [f"race {number} of seed {seed}: {sentence}" for sentence in wrong]
        for sentence in wrong:
            print(sentence, flush=True)
    return "two processes at once", n, refused, tracebacks, hangs, lost, in_a_cell(found)


def sessions(n: int, work: Path) -> Row:
    """Sessions that visit every page one after the other; what they leave in the server is lost memory."""
    import logging

    from test_sessions import Shell, left, until, visit

    from dashboard.server_files import ServerFiles
    from dashboard.serving.server import make_server
    from dashboard.shared import Shared
    from dashboard.workspaces import Workspaces
    from specvae_core.assets import asset
    from specvae_core.jobs import JobRunner

    errors: list[logging.LogRecord] = []
    logging.getLogger().addHandler(handler := logging.Handler(logging.ERROR))
    handler.emit = errors.append
    workspace = Workspace.open(shutil.copytree(asset("demo"), work / "demo"))
    runner, hangs, resident = JobRunner(workspace.folder / "jobs"), 0, []

    async def visits() -> int:
        nonlocal hangs
        server = make_server(Workspaces(Shared(workspace, runner, ServerFiles(None))), port=0, kept=0.2)
        server.start()
        for _ in range(n):
            try:
                await visit(f"http://localhost:{server.port}/")
            except TimeoutError:
                hangs += 1
            await until(lambda: not server.get_sessions())
            resident.append(int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6)
        with suppress(AssertionError):  # what is kept for longer is counted
            await until(lambda: not left()[0][Shell], every=0.5)
        server.stop()
        return left()[0][Shell]

    kept = run_visits(visits())
    runner.shutdown()
    middle = f"{resident[n // 5]:.0f} MB after {n // 5 + 1} of them" if n > 1 else ""
    remark = f"{kept} kept after the last one; {middle}, {resident[-1]:.0f} MB after all"
    return "sessions on every page", n, 0, len(errors), hangs, kept, remark


def people(n: int) -> Row:
    """People who click at the same time; a 95th percentile beyond half a second counts as a hang."""
    command = [sys.executable, str(ROOT / "benchmarks" / "people.py"), "--people", str(n), "--seconds", "20"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        print(done.stderr[-2000:])
        return "people at once", n, 0, 1, 0, 0, f"status {done.returncode}"
    cells = [cell.strip() for cell in done.stdout.splitlines()[-1].split("|")]
    slow = float(cells[4].removesuffix(" ms")) > SLOWEST_CLICK
    return "people at once", n, 0, done.stderr.count("Traceback"), int(slow), 0, f"95% of clicks within {cells[4]}"


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (
        ("seed", 1),
        ("files", 1000),
        ("commands", 400),
        ("damages", 500),
        ("kills", 100),
        ("races", 36),
        ("sessions", 50),
        ("people", 20),
    ):
        made.add_argument(f"--{name}", type=int, default=default)
    options = made.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    work = Path(tempfile.mkdtemp(prefix="specvae-attack-"))
    print(f"\n{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} CPUs, seed {options.seed}\n")
    print("| attack | tried | refused in a sentence | traceback | hang | lost | |\n|---|---:|---:|---:|---:|---:|---|")
    failed = 0
    try:
        for row in rows(options, work):
            print("| " + " | ".join(map(str, row)) + " |", flush=True)
            failed += sum(row[3:6])
    finally:
        shutil.rmtree(work, ignore_errors=True)
    sys.exit(failed > 0)


def rows(options: argparse.Namespace, work: Path) -> Iterator[Row]:
    """The attacks that are asked for, one after the other."""
    if options.files:
        write_hostile(work / "files", options.files, options.seed, bombs=6)
        for number in range(40):
            good_sdss(np.random.default_rng([options.seed, 10**6 + number]), work / "files" / f"innocent{number}")
        yield files_one_by_one(find_files([work / "files"]))
        yield files_in_a_batch(work / "files", 40, work / "batch")
    if options.commands:
        yield commands(options.commands, options.seed, work / "commands")
    if options.damages:
        yield damages(options.damages, options.seed, work / "damages")
    if options.kills or options.races:  # races start from what kills prepare
        yield kills(options.kills, options.seed, work / "kills")
    if options.races:
        yield races(options.races, options.seed, work / "kills")
    if options.sessions:
        yield sessions(options.sessions, work)
    if options.people:
        yield people(options.people)


if __name__ == "__main__":
    main()
