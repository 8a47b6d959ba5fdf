"""Attacks on the reading of files and on commands, for `attack`: hostile files, alone and in one ingest, and words."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from hostile_archives import MARK
from hostile_commands import COMPUTING, WITH_FILES, WITH_WORDS, WORDS, fresh_demo, hostile_file, run_hostile

from specvae_core.data.file_lists import find_files
from specvae_core.data.refused import read_refused
from specvae_core.names import printable
from specvae_core.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]

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


def in_a_cell(found: list[str]) -> str:
    """What was found, as text that a cell of a table can hold."""
    return "<br>".join(found).replace("|", "/").replace("\n", "<br>")
