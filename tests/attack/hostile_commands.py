"""Commands with a hostile file, id, expression or number: each ends well or in a sentence, soon, in bounded memory."""

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Event, Thread

import numpy as np
from hostile_files import BOMBS, KINDS, mutate
from kills import Child, copy

from specvae_core.__main__ import main
from specvae_core.assets import asset
from specvae_core.commands import GROUPS
from specvae_core.errors import UserError

Rng = np.random.Generator

for group in GROUPS:  # here, so that no child has to
    import_module(f"specvae_core.commands.{group}")

MODEL = ("--model", "infovae-6")
BOTH = (*MODEL, "--survey", "demo")

WORDS = (
    *("", " ", ".", "..", "../../etc/passwd", "/etc/passwd", "@/etc/passwd", "@/dev/zero", "@.", "@~nobody-here/x"),
    *("@" + "x" * 5000, "~nobody-here/x", "x" * 300, "x" * 100_000, "a/b", "nobody", "demo", "pca-2", "infovae-6"),
    *("nan", "inf", "-inf", "1e309", "-1", "0", "99999999999999999999", "1e18", "٣", "²", "0x10", "1_0"),
    *("<script>alert(1)</script>", "'; DROP TABLE labels; --", "{{7*7}}", "%s%n%x", "=1+1", "$(id)", "`id`"),
    *("é\u202e\U0001f4a9", "\ud800", "\udcff", "line\nbreak", "\x1b[31m", ",,,", ":", ":::", "-", "--", "a,b,c", "1,1"),
    *("#0-99999999999", "#-1-3", "(" * 300, "z >" * 80, "z > 0 and " * 20 + "z > 0", "z == 'a'", "9**9**9**9", "1/0"),
    *("z.__class__", "__import__('os')", "exp(exp(exp(z)))", "all:1", "all:z", "galaxy:nan"),
    *("9" * 5000, "all:" + "9" * 5000, "pixels:" + "9" * 5000),
)
"""What people, links and other programs can put in the place of an id, an expression or a number."""

WITH_WORDS: tuple[tuple[str, ...], ...] = (
    ("select", "--survey", "demo", "--where={}"),
    ("select", "--survey={}", "--where", "z > 0"),
    ("explain", *BOTH, "--a={}"),
    ("explain", *BOTH, "--a", "z > 0", "--b={}"),
    ("train", "--survey", "demo", "--model", "infovae", "--max-epochs", "1", "--from={}"),
    ("agree", *BOTH, "--others={}"),
    ("project", "--survey", "demo", "--method", "pca", "--model={}"),
    ("project", *BOTH, "--method", "pca", "--neighbours={}"),
    ("recommend", "--teacher={}"),
    ("similar", *BOTH, "--ids={}"),
    ("similar", *BOTH, "--ids", "demo-00001", "--top={}"),
    ("track", *BOTH, "--auto={}"),
    ("track", *BOTH, "--between={}"),
    ("track", *BOTH, "--traverse={}"),
    ("track", *BOTH, "--traverse", "1", "--steps={}"),
    ("fit", *MODEL, "--survey", "demo", "--where={}"),
    ("fit", *BOTH, "--where", "#0", "--redshift-range={}"),
    ("download", "sdss", "--to", "fetched", "--archive", "http://localhost:1", "{}"),
    ("replay", "{}"),
    ("look", "{}"),
    ("resume", "{}"),
)
"""Commands, with braces where the word comes."""


def ids(rng: Rng) -> bytes:
    """A list of ids or positions."""
    kinds = [
        lambda: b"demo-00001\n" * int(rng.integers(1, 200_000)),
        lambda: b"x" * int(rng.integers(1, 5_000_000)),
        lambda: b"ra dec\n" + b"\n".join(b"%g %g" % tuple(rng.normal(0, 1e9, 2)) for _ in range(100)),
        lambda: b"ra,dec\nnan,nan\ninf,-inf\n1e400,2\n" * 50,
        lambda: b"ra dec\n1 2 3\n",
        lambda: b"id\n\x00\xff\xfe\n",
        lambda: "id\n\u202e٣\n".encode("utf-16"),
        lambda: b"\n" * 100_000,
    ]
    return kinds[rng.integers(len(kinds))]()


def scores(rng: Rng) -> bytes:
    """A table of ids and scores."""
    values = [b"nan", b"inf", b"-1", b"6", b"1e400", b"", b"'", b"=1+1", b"3", b"5", "٣".encode(), b"9" * 5000]
    lines = [b"demo-%05d,%b" % (rng.integers(3000), values[rng.integers(len(values))]) for _ in range(30)]
    heads = [b"id,score", b"score,id", b"id", b"id,score,score", b"", b"id;score", b"\xef\xbb\xbfid,score"]
    return heads[rng.integers(len(heads))] + b"\n" + b"\n".join(lines)


def points(rng: Rng) -> bytes:
    """A path through latent space."""
    heads = [b"component_1", b"latent_1,latent_2", b"component_1,component_1", b"component_99", b"latent_0", b"x,y"]
    numbers = [b"nan", b"inf", b"1e308", b"-1e308", b"1e-320", b"", b"0", b"a", b"0,0", b"1,2,3"]
    rows = b"\n".join(numbers[rng.integers(len(numbers))] for _ in range(int(rng.choice([0, 1, 2, 30]))))
    same = b"\n".join([b"0.5,0.5"] * int(rng.integers(1, 20_000)))
    return heads[rng.integers(len(heads))] + b"\n" + (rows if rng.random() < 0.7 else same)


def recipe(rng: Rng) -> bytes:
    """A recipe with one entry that is not as it should be, or several."""
    survey, model = {"name": "demo", "sha256": "0"}, {"id": "infovae-6", "sha256": "0"}
    made = {"recipe": 1, "kind": "selection", "survey": survey, "model": model, "where": "z > 0", "n": 3}
    made |= {"ids": ["demo-00001"], "ids_sha256": "0", "columns": {"z": "0"}, "a": "z > 0.1", "b": ""}
    made |= {"way": {"way": "traverse", "component": "1"}, "title": "t", "latents": [[0.0]], "mean_flux": [1.0]}
    made |= {"n_a": 1, "n_b": 1, "real": True, "cause": ""}
    made["kind"] = str(rng.choice(["selection", "table", "track", "explanation", "theirs"]))
    odd = [None, [], {}, "", -1, 0, 1e308, 10**18, "x" * 10_000, [[1], [1, 2]], ["a", 1, None], {"a": {"b": 1}}, True]
    odd += ["@/etc/passwd", "../../etc/passwd", {"name": "../..", "sha256": 1}, {"id": [], "sha256": {}}, "9**9**9"]
    for _ in range(int(rng.integers(1, 3))):
        made[str(rng.choice(list(made)))] = odd[rng.integers(len(odd))]
    if rng.random() < 0.2:
        del made[str(rng.choice(list(made)))]
    whole = json.dumps(made).encode()
    return b"[" * 100_000 if rng.random() < 0.05 else mutate(rng, whole) if rng.random() < 0.2 else whole


COMPUTING = ("explain", "fit", "invert", "track", "train", "agree", "teach")
"""Commands whose own work may take longer than reading a file does."""


@dataclass(frozen=True)
class Reads:
    """A command that reads a file.

    Parameters
    ----------
    words
        The command, with braces where the file comes.
    make
        Content of such a file; ``None`` where files of spectra and tables are as good.
    """

    words: tuple[str, ...]
    make: Callable[[Rng], bytes] | None = None
    ending: str = ""


WITH_FILES = (
    Reads(("select", "--survey", "demo", "--where=@{}"), ids, ".txt"),
    Reads(("explain", *BOTH, "--a=@{}"), ids, ".txt"),
    Reads(("teach", *BOTH, "--labels={}"), scores, ".csv"),
    Reads(("track", *BOTH, "--points={}"), points, ".csv"),
    Reads(("replay", "{}"), recipe, ".json"),
    Reads(("embed", "{}", "--survey", "demo", "--as", "hostile")),
    Reads(("embed", "{}", "--survey", "new", "--as", "hostile")),
    Reads(("fit", *MODEL, "{}")),
    Reads(("invert", *MODEL, "--problem", "inpaint:5000-5100", "--upload={}")),
    Reads(("ingest", "{}", "--name", "s", "--grid", "4000:7000:100", "--catalogue={}")),
)


def hostile_file(reads: Reads, rng: Rng, folder: Path, bombs: bool = False) -> Path:
    """A file for a command: of its own kind, or one of those that every reader gets; some are pipes and devices."""
    folder.mkdir(parents=True, exist_ok=True)
    if reads.make is not None and rng.random() < 0.7:
        path = folder / f"hostile{reads.ending}"
        path.write_bytes(reads.make(rng))
        return path
    kinds = KINDS + BOMBS if bombs else KINDS
    kinds[rng.integers(len(kinds))](rng, folder / "hostile")
    made = sorted(folder.rglob("*"))
    return made[rng.integers(len(made))] if made else folder / "nothing"


@dataclass
class Outcome:
    """What became of a command.

    Parameters
    ----------
    status
        Of the process: 0, or 1 where something is damaged; 2 where it was refused; others are wrong.
    megabytes
        Memory that the command and each reader took beyond what the process had before.
    output
        What it printed last.
    """

    status: int
    megabytes: float
    output: str

    @property
    def refused(self) -> bool:
        return self.status == 2

    @property
    def has_failed(self) -> bool:
        """Whether it ended in a traceback, a crash or not at all."""
        return self.status not in (0, 2)


def peak(process: str) -> float:
    """Most MB that a process has held since it began its program, not of the one that started it."""
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1e3


def watch_children(most: list[float], ended: Event) -> None:
    """Add the peaks of processes that this one starts to ``most``, again and again until the end.

    What the system tells of ended children (``ru_maxrss``) is never below what this process held when it started them:
    so it is asked while they live. One that has not begun its own program yet is left out.
    """
    program = Path("/proc/self/cmdline").read_bytes()
    while not ended.wait(0.02):
        for children in Path("/proc/self/task").glob("*/children"):
            with contextlib.suppress(OSError, StopIteration):  # it has ended meanwhile
                for child in children.read_text().split():
                    if Path(f"/proc/{child}/cmdline").read_bytes() != program:
                        most.append(peak(child))


def run_hostile(words: tuple[str, ...], value: str, folder: Path, seconds: float) -> Outcome:
    """Run a command with a value in its place, on a copy of the demo in ``folder / 'w'``."""

    def act(folder: Path) -> None:
        os.chdir(folder)
        before, of_children, ended = peak("self"), [0.0], Event()
        watch = Thread(target=watch_children, args=(of_children, ended))
        watch.start()
        workspace = () if words[0] in ("look", "download") else ("--workspace", "w")
        head = [word.replace("{}", value) for word in words]
        try:
            status = main([*head, *workspace, "--json"])
        except SystemExit as left:  # of the parser of options
            status = left.code
        finally:
            ended.set()
            watch.join()
            (folder / "memory").write_text(str(max(peak("self") - before, *of_children)))
        if status:
            raise UserError(f"status {status}")

    output = folder.with_name("output.log")
    status = Child.start(act, folder, str(output)).end(seconds)
    memory = folder / "memory"
    megabytes = float(memory.read_text()) if memory.exists() else np.nan
    return Outcome(status, megabytes, output.read_text(errors="replace").strip()[-1500:])


def fresh_demo(folder: Path) -> None:
    """A copy of the demo as a workspace."""
    folder.mkdir(parents=True, exist_ok=True)
    copy(asset("demo"), folder / "w")
