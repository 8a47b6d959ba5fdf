"""A survey whose truth is known at a glance, and a way to wait for jobs."""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from dashboard.page import Page
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.store import SurveyWriter
from specvae_core.grid import Grid, SpectralGrid
from specvae_core.workspace import Workspace

GRID = SpectralGrid.from_range(4000.0, 8000.0, 60)


def write_survey(
    workspace: Workspace,
    name: str,
    n: int = 90,
    group: str = "",
    n_classes: int = 2,
    measured: bool = False,
    grid: Grid = GRID,
) -> None:
    """A complete survey of straight lines, a tenth of whose pixels is unseen; ``group`` is a column.

    Two classes go by the sign of the slope; more of them cut its range into equal parts. A survey with a measurement
    has the slope and its error as columns, missing for every tenth object.
    """
    rng = np.random.default_rng(0)
    slope = rng.uniform(-0.5, 0.5, n)
    flux = 1 + slope[:, None] * np.linspace(-1, 1, grid.n_pixel) + rng.normal(0, 0.01, (n, grid.n_pixel))
    ivar = np.where(rng.random(flux.shape) < 0.1, 0.0, 1e4)
    kinds = np.where(slope > 0, "red", "blue")
    if n_classes > 2:
        kinds = np.array([f"kind {i:02d}" for i in np.floor((slope + 0.5) * n_classes).astype(int)])
    table = pd.DataFrame({"id": [f"{name}-{i:03d}" for i in range(n)], "class": kinds})
    if measured:
        table["slope"] = np.where(np.arange(n) % 10, slope + rng.normal(0, 0.02, n), np.nan)
        table["slope_err"] = 0.02
    spectra = SpectraSet(grid, np.where(ivar > 0, flux, 0).astype(np.float32), ivar.astype(np.float32), table)
    writer = SurveyWriter.create(workspace.survey_folder(name), name, grid, {"paths": [], "options": {}})
    writer.append(spectra)
    writer.write_infilled(slice(0, n), flux.astype(np.float32))
    report = {"ingested": n, "skipped": 0, "reasons": {}, "files": 1, "seconds": 0.1}
    writer.finish(report=report, infill={"n_iterations": 3, "converged": True}, group=group)


def wait(condition: Callable[[], bool], page: Page | None = None, seconds: float = 60.0) -> None:
    """Let the session and the page look, as the server does, until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        if page is not None:
            page.session.live.look()
            page.poll()
        time.sleep(0.02)
