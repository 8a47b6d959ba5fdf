"""Scores of docs/discover.md, and times of filters: ``python benchmarks/discover.py PART``, PART as in `PARTS`.

``teach`` takes a folder of SDSS spectra as a second argument, and hides their quasars too; a third one is the model
or embedding of the demo that is taught on, as ``features-24`` (with ``-`` for no folder). ``fine`` needs such a
folder, and after it takes the folds to run, by default all. Times at one million objects: ``benchmarks/million.py``.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from dashboard.pages.explore.binned import Binned
from specvae_core.analysis.lof import local_outlier_factor
from specvae_core.assets import asset
from specvae_core.data.filters import Filter
from specvae_core.progress import ignore
from specvae_core.results import Kind
from specvae_core.tasks.encode import encode_survey
from specvae_core.tasks.explain import explain
from specvae_core.tasks.ingest import ingest
from specvae_core.tasks.selections import keep_selection
from specvae_core.tasks.teach import recommend, teach
from specvae_core.tasks.train import train
from specvae_core.tasks.unseen import unseen_objects
from specvae_core.workspace import Workspace

MODEL, SURVEY = "infovae-6", "demo"


def filters(n: int = 1_000_000) -> None:
    """Seconds that filters of several kinds take on a catalogue of n objects."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "id": [f"object-{i}" for i in range(n)],
            "class": rng.choice(["quiescent", "emission-line", "broad-line AGN"], n),
            **{name: rng.normal(5, 5, n) for name in ("sn", "ew_h_alpha", "ew_h_beta", "ew_oiii_5007")},
        }
    )
    for text in (
        'class == "quiescent" and sn > 10 and ew_h_alpha < -2',
        "log10(oiii_5007 / h_beta) > 0.5",
        'class in ["quiescent", "broad-line AGN"] or not 0 < sn < 5',
        'contains(class, "agn")',
    ):
        start = time.perf_counter()
        count = int(Filter.of(text).mask(table).sum())
        print(f"| `{text}` | {count:,} of {n:,} | {time.perf_counter() - start:.2f} s |")


def columns(n: int = 1_000_000) -> None:
    """Seconds on the server from a brush to the selected rows and the counts of six histograms of n objects."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({name: rng.normal(size=n) for name in "abcde"})
    table["class"] = rng.choice(["quiescent", "emission-line", "broad-line AGN"], n)
    start = time.perf_counter()
    binned = {name: Binned.of(table[name]) for name in table}
    print(f"bins of {len(binned)} columns, once: {time.perf_counter() - start:.2f} s")
    for text in ("0 <= a <= 0.5", '0 <= a and -1 <= b <= 2 and class in ["quiescent"]', "a <= 3"):
        start = time.perf_counter()
        rows = np.flatnonzero(Filter.of(text).mask(table)).astype(np.int32)
        for one in binned.values():
            one.counts(rows)
        print(f"| `{text}` | {len(rows):,} of {n:,} | {time.perf_counter() - start:.2f} s |")


def demo() -> Workspace:
    """A copy of the embedded demo."""
    return Workspace.open(shutil.copytree(asset("demo"), Path(tempfile.mkdtemp()) / "workspace"))


def verdict(workspace: Workspace, a: str, b: str = "", seed: int = 0) -> dict:
    """Header of an explanation."""
    result = explain(workspace, ignore, Path(), model=MODEL, survey=SURVEY, a=a, b=b, seed=seed)
    return workspace.results.load(Kind.EXPLANATIONS, result).header


def explanations() -> None:
    """Selections whose truth is known, and what is said of them."""
    workspace = demo()
    for a, b in (
        ('class == "emission-line"', 'class == "quiescent"'),
        ('class == "broad-line AGN"', 'class == "narrow-line AGN"'),
        ('true_kind == "A star"', ""),
        ("true_dust > 0.4", ""),
        ("sn < 12", ""),
        ('true_kind == "low S/N"', ""),
        ("z > 0.15", ""),
        ("coverage < 0.9", ""),
        ("ra > 180", ""),
    ):
        start = time.perf_counter()
        found = verdict(workspace, a, b)
        lines = ", ".join(row["name"] for row in found["lines"][:6])
        seconds = time.perf_counter() - start
        print(
            f"| `{a}` | {found['n_a']} | {found['real']} | {found['cause']} | {lines} | {seconds:.1f} s |", flush=True
        )


def alarms(n: int = 200) -> None:
    """Random selections of 10 to 1500 objects that are said to be real, or to have a cause."""
    workspace, random = demo(), np.random.default_rng(18)
    total, called_real, with_cause = workspace.survey(SURVEY).n, 0, 0
    for seed in range(n):
        rows = random.choice(total, int(np.exp(random.uniform(np.log(10), np.log(1500)))), replace=False)
        keep_selection(workspace, SURVEY, "random", rows)
        found = verdict(workspace, "@random", seed=seed)
        called_real += found["real"]
        with_cause += found["cause"] is not None
    print(f"{called_real} of {n} random selections are called real, {with_cause} have a cause")


LABELS, BATCH, SEEDS = 40, 10, 10
MOST_LABELS = 80
"""Labels after which teaching ends; the table says at how many of them half of the goal was found."""

GOALS = ("A star", "M star", "blend", "arm break", "low S/N", "missing range", "broad-line AGN", "narrow-line AGN")


def taught(workspace: Workspace, model: str, survey: str, goal: np.ndarray, start: list[int]) -> np.ndarray:
    """Whether each object that is scored, ten at a time after those of the start, is of the goal, (MOST_LABELS,)."""
    ids, scored = workspace.survey(survey).ids, list(start)
    while len(scored) < MOST_LABELS + len(start):
        scores = {str(ids[row]): 5.0 * bool(goal[row]) for row in scored}
        teacher = teach(workspace, ignore, Path(), model=model, survey=survey, scores=scores, replaces="teacher")
        scored += [one.row for one in recommend(workspace, teacher, BATCH)[1]]
    return goal[scored[len(start) :]]


def until_half(found: np.ndarray, of: int) -> float:
    """Labels until half of ``of`` objects are found; infinite where they are not."""
    enough = np.flatnonzero(np.cumsum(found) >= of / 2)
    return enough[0] + 1 if len(enough) else np.inf


def compare_orders(workspace: Workspace, model: str, survey: str, name: str, goal: np.ndarray) -> None:
    """One line of the table: found after 40 labels, and labels until half are found, by each order."""
    order = np.argsort(-local_outlier_factor(workspace.encoding(model, survey).latents).scores)
    random, found = np.random.default_rng(18), {"taught": [], "LOF": [], "random": []}
    for _ in range(SEEDS):
        known = int(random.choice(np.flatnonzero(goal)))
        found["taught"].append(taught(workspace, model, survey, goal, [known]))
        found["LOF"].append(goal[order[order != known]])
        found["random"].append(goal[random.permutation(np.delete(np.arange(len(goal)), known))])
    cells = []
    for orders in found.values():
        counts = [flags[:LABELS].sum() for flags in orders]
        half = np.median([until_half(flags, goal.sum() - 1) for flags in orders])
        cells += [
            f"{np.mean(counts):.1f} ± {np.std(counts):.1f}",
            f"{half:.0f}" if np.isfinite(half) else f"> {MOST_LABELS}",
        ]
    first = order[:BATCH].tolist()
    nothing = goal[first].sum() + taught(workspace, model, survey, goal, first)[: LABELS - BATCH].sum()
    cells += [str(nothing), str(goal[order[:LABELS]].sum())]
    print(f"| {name} | {goal.sum()} of {len(goal)} | {' | '.join(cells)} |", flush=True)


def teaching(sdss: str = "-", model: str = MODEL) -> None:
    """Interesting objects found within 40 scores, by what was taught, by LOF and at random."""
    workspace = demo()
    if model not in {one.id for one in workspace.models()}:
        kind, _, n = model.partition("-")
        config = {"n_latent": int(n)}
        train(workspace, ignore, Path(tempfile.mkdtemp()), survey=SURVEY, model=kind, config=config)
    kinds = workspace.survey(SURVEY).table["true_kind"].to_numpy(str)
    for kind in GOALS:
        compare_orders(workspace, model, SURVEY, kind, kinds == kind)
    if sdss != "-":
        ingest(workspace, ignore, Path(tempfile.mkdtemp()), paths=[sdss], name="sdss", options={})
        encode_survey(workspace, model, "sdss")
        classes = workspace.survey("sdss").table["class"].to_numpy(str)
        compare_orders(workspace, model, "sdss", "SDSS broad-line AGN", classes == "broad-line AGN")


FOLDS, HELD_OUT = 3, 0.2


def fine_tuning(sdss: str, *folds: str) -> None:
    """χ² per pixel of held-out SDSS spectra: a model of the demo, the same gone on from, one from nothing, and PCA."""
    workspace, folder = demo(), Path(tempfile.mkdtemp())
    ingest(workspace, ignore, folder, paths=[sdss], name="sdss", options={"grid": workspace.survey(SURVEY).grid})
    encode_survey(workspace, MODEL, "sdss")
    ways = {"from nothing": ("infovae", ""), "gone on from infovae-6": ("infovae", MODEL), "pca": ("pca", "")}
    found: dict[str, list[np.ndarray]] = {"infovae-6 as it is": [], **{way: [] for way in ways}}
    for fold in map(int, folds or range(FOLDS)):
        config = {"n_latent": 6, "fold": fold, "test_fraction": HELD_OUT}
        for way, (model, start_from) in ways.items():
            job = folder / f"{way}-{fold}"
            job.mkdir()
            name = train(workspace, ignore, job, survey="sdss", model=model, config=config, start_from=start_from)
            rows = unseen_objects(workspace, name, "sdss").rows
            found[way].append(workspace.encoding(name, "sdss").chi2_per_pixel[rows])
        found["infovae-6 as it is"].append(workspace.encoding(MODEL, "sdss").chi2_per_pixel[rows])
    for way, chi2 in found.items():
        values = np.concatenate(chi2)
        print(f"| {way} | {len(values)} | {np.median(values):.2f} | {values.mean():.2f} |", flush=True)


PARTS = {
    "fine": fine_tuning,
    "filter": filters,
    "columns": columns,
    "explain": explanations,
    "alarms": alarms,
    "teach": teaching,
}

if __name__ == "__main__":
    PARTS[sys.argv[1]](*sys.argv[2:])
