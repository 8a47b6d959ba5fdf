"""Attacks in number: ``python benchmarks/attack.py [--seed 1] [--files 1000] [--damages 500] [--kills 100]``.

Hostile files, commands with hostile words and files, damage to workspaces, programs that are killed or run twice,
sessions, people. The kinds are those of ``tests/attack``, where a few of each run with fixed seeds. The columns
traceback, hang and lost of the table have to be 0.
"""

import argparse
import json
import os
import platform
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "attack"), str(ROOT / "tests" / "tasks")]

from damages import Verdict, attack, make_workspace, probe  # noqa: E402
from good_files import good_sdss  # noqa: E402
from hostile_archives import MARK  # noqa: E402
from hostile_commands import COMPUTING, WITH_FILES, WITH_WORDS, WORDS, fresh_demo, hostile_file, run_hostile  # noqa: E402
from hostile_files import write_hostile  # noqa: E402
from kills import ACTS, Child, Race, duration, kill, prepare  # noqa: E402

from benchmarks.visitor import run_visits  # noqa: E402
from specvae_core.data.file_lists import find_files  # noqa: E402
from specvae_core.data.store import read_refused  # noqa: E402
from specvae_core.names import printable  # noqa: E402
from specvae_core.workspace import Workspace  # noqa: E402

LONGEST, MOST_MEMORY = 20.0, 1_000_000
"""Seconds and kB that a file may take; see `longest`."""

READ = """
import json, os, resource, sys, time
from specvae_core.data import apart
from specvae_core.data.readers import read_file
from specvae_core.errors import Refused
for line in sys.stdin:
    path, start = json.loads(line), time.perf_counter()
    try:
        items = list(read_file(path))
        outcome = "read" if any(not isinstance(item, Refused) for item in items) else "refused"
    except Refused:
        outcome = "refused"
    except BaseException as error:
        outcome = f"traceback {type(error).__name__}: {error}"
    print(json.dumps([outcome, time.perf_counter() - start]), flush=True)
apart._end_all()
own = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))  # not of who started it
print(json.dumps(max(int(own), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)), flush=True)
"""

SLOWEST_CLICK = 500.0
"""Milliseconds within which 95 of 100 clicks are answered."""


def longest() -> float:
    """Seconds that a file may take now: more where others use the processors too."""
    return LONGEST * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


Row = tuple[str, int, int, int, int, int, str]
"""What, tried, refused in a sentence, traceback, hang, lost, a remark."""


def files_one_by_one(paths: list[Path]) -> Row:
    """Each file read alone, in a process that is watched."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", READ], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    outcomes, slowest = Counter(), 0.0
    for path in paths:
        print(json.dumps(str(path)), file=process.stdin, flush=True)
        limit = longest()
        if not select.select([process.stdout], [], [], 2 * limit)[0]:
            print("hangs:", printable(str(path)))
            process.kill()
            return "files, one by one", len(paths), outcomes["refused"], outcomes["traceback"], 1, 0, "stopped"
        outcome, seconds = json.loads(process.stdout.readline())
        outcomes[outcome.split()[0]] += 1
        outcomes["slow"] += seconds > limit
        slowest = max(slowest, seconds)
        if outcome.startswith("traceback") or seconds > limit:
            print(printable(str(path)), outcome, f"{seconds:.1f} s")
    process.stdin.close()
    memory = json.loads(process.stdout.readline())
    process.wait()
    load = os.getloadavg()[2] / (os.cpu_count() or 1)
    remark = f"{outcomes['read']} read; slowest {slowest:.1f} s at a load of {load:.1f} a processor, "
    remark += f"at most {memory / 1e3:.0f} MB"
    late = outcomes["slow"] + (memory > MOST_MEMORY)
    return "files, one by one", len(paths), outcomes["refused"], outcomes["traceback"], late, 0, remark


def files_in_a_batch(folder: Path, n_good: int, work: Path) -> Row:
    """All files in one ingest with good ones among them, and once more as an ingest that goes on."""
    paths, start = {printable(str(path)) for path in find_files([folder])}, time.perf_counter()
    command = [sys.executable, "-m", "specvae_core", "ingest", str(folder), "--workspace", str(work), "--name", "s"]
    done = subprocess.run(
        [*command, "--grid", "4000:7000:100", "--json"], check=False, capture_output=True, text=True, cwd=ROOT
    )
    tracebacks = done.stderr.count("Traceback") + (done.returncode != 0)
    if done.returncode:
        print(done.stderr[-2000:])
        return "files, in one ingest", len(paths), 0, 1, 0, n_good, f"status {done.returncode}"
    survey = Workspace.open(work).survey("s")
    sources = survey.table["source"]
    good = sources.str.rpartition("/")[2].str.startswith("innocent").sum()
    refused = {row["source"] for row in read_refused(survey.folder)}
    lost = (n_good - good) + len(paths - refused - set(sources)) + (folder / MARK).exists()
    remark = f"{good} of {n_good} good ones in, {time.perf_counter() - start:.0f} s"
    return "files, in one ingest", len(paths), len(refused - set(sources)), tracebacks, 0, int(lost), remark


def commands(n: int, seed: int, work: Path) -> Row:
    """Commands that get a hostile word or, every second time, a hostile file."""
    rng, found = np.random.default_rng([seed, 2]), []
    counts, slowest, most = Counter(), 0.0, 0.0
    for number in range(n):
        if number % 20 == 0:
            fresh_demo(work / "f")
        if number % 2:
            reads = WITH_FILES[number // 2 % len(WITH_FILES)]
            words, value = reads.words, str(hostile_file(reads, rng, work / f"h{number}", bombs=True))
        else:
            words, value = WITH_WORDS[number // 2 % len(WITH_WORDS)], WORDS[rng.integers(len(WORDS))]
        limit, start = longest(), time.perf_counter()
        outcome = run_hostile(words, value, work / "f", 3 * limit)
        seconds = time.perf_counter() - start
        slow = outcome.status == -signal.SIGKILL or outcome.megabytes > MOST_MEMORY / 1e3
        slow |= seconds > limit and words[0] not in COMPUTING
        counts.update(refused=outcome.refused, slow=slow, failed=outcome.has_failed and not slow)
        slowest, most = max(slowest, seconds), max(most, outcome.megabytes)
        if slow or outcome.has_failed:
            found.append(f"command {number} of seed {seed}: {words} with {value[:80]!r}: {outcome}, {seconds:.0f} s")
            print(found[-1], flush=True)
        shutil.rmtree(work / f"h{number}", ignore_errors=True)
    remark = f"slowest {slowest:.0f} s, at most {most:.0f} MB; {in_a_cell(found)}"
    return "commands with hostile words and files", n, counts["refused"], counts["failed"], counts["slow"], 0, remark


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


def in_a_cell(found: list[str]) -> str:
    """What was found, as text that a cell of a table can hold."""
    return "<br>".join(found).replace("|", "/").replace("\n", "<br>")


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
