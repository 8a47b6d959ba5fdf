"""Times of docs/discover.md at one million objects: ``python benchmarks/million.py [N] [DIMENSIONS] [FOLDER]``.

Vectors of 768 components (six latents, mixed, with noise) of objects with a catalogue of ten columns become an
embedding and a survey without spectra; then everything that answers a selection is timed. Seconds by the clock and of
processors: on a machine that others use, the clock is the larger one. A folder that is given is kept: a second run goes
on with the file of vectors, or with the workspace, that it finds there.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dashboard.pages.explore.binned import Binned
from specvae_core.data.filters import Filter
from specvae_core.progress import ignore
from specvae_core.tasks.embed import embed
from specvae_core.tasks.explain import explain
from specvae_core.tasks.select import choose
from specvae_core.tasks.selections import find_selection, keep_selection, rows_of
from specvae_core.tasks.similar import similar
from specvae_core.tasks.teach import recommend, teach
from specvae_core.workspace import Workspace

SURVEY, MODEL = "million", "vectors"
WHERE = 'class == "quiescent" and snr > 10 and width < 2'
NUMBERS = ("snr", "width", "strength")
CLASSES = ("quiescent", "emission-line", "broad-line AGN")
AT_ONCE = 20_000


def write_vectors(path: Path, n: int, dimensions: int) -> None:
    """A Parquet file of ids, vectors and a catalogue whose columns depend on the latents, in groups of rows."""
    random = np.random.default_rng(0)
    mixing = random.normal(size=(6, dimensions)).astype(np.float32)
    writer = None
    for first in range(0, n, AT_ONCE):
        rows = np.arange(first, min(first + AT_ONCE, n))
        latents = random.standard_normal((len(rows), 6), dtype=np.float32)
        vectors = latents @ mixing + 0.5 * random.standard_normal((len(rows), dimensions), dtype=np.float32)
        columns = {name: 5 + 5 * random.normal(size=len(rows)) + latents[:, i] for i, name in enumerate(NUMBERS)}
        columns["spectype"] = np.array(CLASSES)[np.digitize(latents[:, 0], [-0.5, 1.5])]
        columns["z"] = 0.1 + 0.02 * latents[:, 3] ** 2
        columns["object_id"] = [f"object-{row}" for row in rows]
        lists = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dimensions)
        table = pa.table({**columns, "embedding": lists})
        writer = writer or pq.ParquetWriter(path, table.schema, compression="none", use_dictionary=False)
        writer.write_table(table)
    writer.close()


def timed(what: str, goal: float, work: Callable[[], object]) -> object:
    """Do it, and print a line of the table."""
    wall, processors = time.perf_counter(), time.process_time()
    found = work()
    wall, processors = time.perf_counter() - wall, time.process_time() - processors
    print(f"| {what} | ≤ {goal:g} s | {wall:.2f} s | {processors:.2f} s |", flush=True)
    return found


def brush(table: pd.DataFrame, binned: list[Binned]) -> None:
    """Selected rows of a condition, and the counts of six histograms."""
    rows = np.flatnonzero(Filter.of("0 <= snr <= 12").mask(table)).astype(np.int32)
    for one in binned:
        one.counts(rows)


def main(n: int = 1_000_000, dimensions: int = 768, kept: str = "") -> None:
    """The table."""
    folder = Path(kept or tempfile.mkdtemp())
    try:
        made(folder, n, dimensions)
        answers(Workspace.open(folder / "workspace"))
    finally:
        if not kept:
            shutil.rmtree(folder)


def made(folder: Path, n: int, dimensions: int) -> None:
    """The file of vectors and the workspace with their embedding, unless the folder has them."""
    folder.mkdir(exist_ok=True)
    path, half = folder / "vectors.parquet", folder / "half.parquet"
    workspace = Workspace.open(folder / "workspace", create=True)
    print(f"{n:,} objects, {dimensions} components; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    if workspace.model_folder(MODEL).exists():
        return
    if not path.exists():
        write_vectors(half, n, dimensions)
        half.rename(path)
    given = {"path": str(path), "survey": SURVEY, "model": MODEL}
    timed("embed: read, match, principal components, encode", 30, lambda: embed(workspace, ignore, folder, **given))
    path.unlink()


def answers(workspace: Workspace) -> None:
    """Times of what answers a selection."""
    survey = timed("open the survey and its encoding", 1, lambda: opened(workspace))
    timed("load the model, which the page does when it draws the map", 1, lambda: workspace.model(MODEL))
    for when, row in (("first", 17), ("then", 17), ("of another object", survey.n // 2)):
        timed(f"20 nearest by whole vectors, {when}", 0.2, lambda row=row: similar(workspace, MODEL, SURVEY, [row], 20))
    for where in (WHERE, "component_1 > 1 and snr > 5"):
        rows = timed(f"filter `{where}`", 1, lambda where=where: choose(workspace, SURVEY, where, MODEL).rows)
    timed("keep them by name", 1, lambda: keep_selection(workspace, SURVEY, "kept", rows))
    everything = np.arange(survey.n)
    timed("keep all by name", 1, lambda: keep_selection(workspace, SURVEY, "all", everything))
    timed("take a kept one", 1, lambda: rows_of(find_selection(workspace, SURVEY, "all"), survey))
    timed("filter `@kept and not snr > 15`", 1, lambda: choose(workspace, SURVEY, "@kept and not snr > 15", MODEL))
    names = ["snr", "width", "strength", "z", "class"]
    binned = timed("bins of five columns, once", 1, lambda: [Binned.of(survey.table[name]) for name in names])
    timed("a brush: rows, and counts of all histograms", 0.3, lambda: brush(survey.table, binned))
    asked = {"model": MODEL, "survey": SURVEY}
    timed("explain", 1, lambda: explain(workspace, ignore, Path(), **asked, a="component_1 > 1"))
    scores = {str(survey.ids[row]): 5.0 * (row < 10) for row in range(20)}
    teacher = timed(
        "teach, first (isolation once)", 60, lambda: teach(workspace, ignore, Path(), **asked, scores=scores)
    )
    timed("teach, then", 5, lambda: teach(workspace, ignore, Path(), **asked, scores=scores, replaces=teacher))
    timed("recommend", 5, lambda: recommend(workspace, teacher, 20))


def opened(workspace: Workspace) -> object:
    """The survey, with its ids, table and encoding in memory."""
    survey = workspace.survey(SURVEY)
    workspace.encoding(MODEL, SURVEY)
    survey.index.row_of(str(survey.table["id"][0]))
    return survey


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:4])
