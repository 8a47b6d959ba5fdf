"""A small survey of two classes in a workspace, and a report that can stop."""

import numpy as np
import pandas as pd

from specvae_core.data.spectra import SpectraSet
from specvae_core.data.store import SurveyWriter
from specvae_core.errors import Cancelled
from specvae_core.grid import SpectralGrid
from specvae_core.progress import Progress
from specvae_core.workspace import Workspace

GRID = SpectralGrid.from_range(4000.0, 8000.0, 80)


def write_survey(workspace: Workspace, name: str = "slopes", n: int = 120, classes: int = 2) -> None:
    """Spectra of a slope and a line, at redshifts around 0.1, complete."""
    random = np.random.default_rng(0)
    slope, strength = random.uniform(-0.5, 0.5, n), random.uniform(0.2, 1.0, n)
    position = np.linspace(-1, 1, GRID.n_pixel)
    line = np.exp(-0.5 * ((position - 0.2) / 0.05) ** 2)
    flux = 1 + slope[:, None] * position + strength[:, None] * line + random.normal(0, 0.02, (n, GRID.n_pixel))
    flux /= flux.mean(axis=1, keepdims=True)
    names = np.array(["red", "blue"][:classes])[np.arange(n) % classes]
    table = pd.DataFrame({"id": [f"s-{i:03d}" for i in range(n)], "class": names})
    table["z"] = random.uniform(0.05, 0.15, n)
    ivar = np.full(flux.shape, 2500.0, dtype=np.float32)
    writer = SurveyWriter.create(workspace.survey_folder(name), name, GRID, {})
    writer.append(SpectraSet(GRID, flux.astype(np.float32), ivar, table))
    writer.write_infilled(slice(0, n), flux.astype(np.float32))
    writer.finish(report={}, infill={})


class Listener:
    """A report that remembers, and stops the task when ``stop_at`` stands in a message."""

    def __init__(self, stop_at: str | None = None) -> None:
        self.heard: list[Progress] = []
        self.stop_at = stop_at

    def __call__(self, progress: Progress) -> None:
        self.heard.append(progress)
        if self.stop_at is not None and self.stop_at in progress.message:
            raise Cancelled

    @property
    def fractions(self) -> list[float]:
        """All that were told."""
        return [progress.fraction for progress in self.heard]
