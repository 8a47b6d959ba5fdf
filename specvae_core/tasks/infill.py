"""Second infill of a survey, by a model in place of principal components.

Portillo et al. (2020, section 4) propose it: a model that was trained on spectra whose holes were infilled by PCA fills
them again. The new survey has the same spectra and catalogue; only the filling of unseen pixels is new.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..data.spectra import SpectraSet
from ..data.store import SurveyWriter
from ..data.survey_files import ROWS_PER_CHUNK
from ..grid import check_grid
from ..models import LatentModel, require_encoder
from ..progress import Progress, Report
from ..workspace import Workspace

MAX_ITERATIONS = 5
TOLERANCE = 2e-3
"""Root mean square change of filled pixels at which the iteration stops, in units of the mean flux."""


@dataclass
class Change:
    """Changes made by the new infill, gathered chunk by chunk.

    Parameters
    ----------
    n_filled
        Unseen pixels.
    squares
        Sum over them of the squared difference between new and old filling.
    n_iterations
        Largest number of iterations that a chunk needed.
    before, after
        Latents under the old and the new filling, of spectra with holes.
    """

    n_filled: int = 0
    squares: float = 0.0
    n_iterations: int = 0
    before: list[np.ndarray] = field(default_factory=list)
    after: list[np.ndarray] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """Rms change of the filling, and shift of the latents.

        ``latents_moved`` is the distance between old and new latents in units of each latent's standard deviation
        over the spectra with holes: its median, and the value that 95% stay below.
        """
        result: dict[str, object] = {"n_filled": self.n_filled, "n_iterations": self.n_iterations}
        result["rms_change"] = float(np.sqrt(self.squares / max(self.n_filled, 1)))
        before, after = np.concatenate(self.before), np.concatenate(self.after)
        result["n_spectra_with_holes"] = len(before)
        if len(before) > 1:
            moved = np.linalg.norm((after - before) / np.maximum(before.std(axis=0), 1e-12), axis=1)
            result["latents_moved"] = {"median": float(np.median(moved)), "p95": float(np.quantile(moved, 0.95))}
        return result


def infill(workspace: Workspace, report: Report, folder: Path, *, model: str, survey: str, name: str) -> str:
    """Make a survey whose holes a model has filled; returns its name.

    The changes are in the new survey's header, under ``infill``. A run that is stopped leaves no survey.

    Parameters
    ----------
    name
        Name of the new survey.
    """
    network, source = workspace.model(model), workspace.survey(survey)
    require_encoder(network)
    check_grid(network.grid, source.grid)
    provenance = {**source.header["provenance"], "infill_of": survey, "infill_model": model}
    provenance.pop("paths", None)  # it cannot be resumed like an ingest
    change = Change()
    with SurveyWriter.create(workspace.survey_folder(name), name, source.grid, provenance, source.scale) as writer:
        try:
            for rows, spectra in source.chunks(2 * ROWS_PER_CHUNK):
                report(Progress(rows.start / source.n, f"filling holes: {rows.start:,} of {source.n:,}"))
                writer.append(spectra)
                writer.write_infilled(rows, _refilled(network, spectra, change))
        except Exception:
            writer.discard()
            raise
        writer.finish(infill={"model": model, "survey": survey, **change.to_json()})
    return name


def _refilled(model: LatentModel, spectra: SpectraSet, change: Change) -> np.ndarray:
    """Spectra (n, n_pixel) of a chunk with holes filled by the model; the changes are added to ``change``."""
    holes = ~spectra.seen
    with_holes = holes.any(axis=1)
    old = filled = spectra.complete
    for iteration in range(1, MAX_ITERATIONS + 1):
        new = np.where(holes, model.reconstruct(replace(spectra, infilled=filled)), spectra.flux)
        rms = float(np.sqrt(np.sum((new - filled)[holes] ** 2) / max(holes.sum(), 1)))
        filled = new
        change.n_iterations = max(change.n_iterations, iteration)
        if rms < TOLERANCE:
            break
    change.n_filled += int(holes.sum())
    change.squares += float(np.sum((filled - old)[holes].astype(float) ** 2))
    affected = spectra.take(np.flatnonzero(with_holes))
    change.before.append(model.encode(affected))
    change.after.append(model.encode(replace(affected, infilled=filled[with_holes])))
    return filled
