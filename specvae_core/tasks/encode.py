"""Encoding of a survey by a model: latents, and reconstruction error of each spectrum."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..analysis.latent_errors import latents_with_errors
from ..compute import AUTOMATIC, Machines, map_batches
from ..data.spectra import SpectraSet
from ..data.survey_files import rows_per_shard
from ..encodings import ENCODED, Encoding
from ..folders import check_room
from ..grid import check_grid
from ..progress import Progress, Report, ignore
from ..workspace import Workspace

if TYPE_CHECKING:
    from ..models import LatentModel


HEAVY = 100_000
"""Spectra from which on several processes encode."""


def encode(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    model: str,
    survey: str,
    workers: int = 0,
    scheduler: str = "",
    device: str = "auto",
) -> str:
    """Encode a whole survey, chunk by chunk, and keep the result; returns the model's id.

    Parameters
    ----------
    workspace
        Holds both. Workers of a cluster find it under the same path, on a shared file system.
    workers, scheduler
        Where spectra are encoded; see `Machines`.
    device
        ``auto``, ``cpu`` or ``cuda``, of each process; see `LatentModel.on`.
    """
    encode_survey(workspace, model, survey, report, Machines(workers, scheduler), device)
    return model


def encode_survey(
    workspace: Workspace,
    model_id: str,
    survey_id: str,
    report: Report = ignore,
    machines: Machines = AUTOMATIC,
    device: str = "auto",
) -> Encoding:
    """The survey under the model, computed and kept; arguments as in `encode`.

    Raises
    ------
    GridMismatch
        Survey and model lie on different grids.
    """
    model, survey = workspace.model(model_id), workspace.survey(survey_id)
    check_grid(model.grid, survey.grid)
    k = model.n_latent
    check_room(workspace.folder, survey.n * (k * (k + 1) + 8 * k + 12), f"The encoding of {survey_id} by {model_id}")
    size = rows_per_shard(survey.grid.n_pixel)
    starts = range(0, survey.n, size)
    work = partial(encode_rows, workspace, model_id, survey_id, device, size)
    on_gpu = model.on(device).device.type == "cuda"
    parts = []
    for part in map_batches(work, starts, machines, heavy=survey.n > HEAVY and not on_gpu):
        parts.append(part)
        done = min(size * len(parts), survey.n)
        report(Progress(done / survey.n, f"encoding {done:,} of {survey.n:,} spectra"))
    encoding = _concatenate(parts)
    workspace.save_encoding(model_id, survey_id, encoding)
    return encoding


Encoded = dict[str, np.ndarray | None]
"""The arrays of an `Encoding`, of some rows."""


def encode_rows(workspace: Workspace, model_id: str, survey_id: str, device: str, size: int, start: int) -> Encoded:
    """Arrays of ``size`` rows of a survey, or as many as there are, from ``start`` on, in whatever process."""
    survey = workspace.survey(survey_id)
    model = workspace.model(model_id).on(device)
    return _encode(model, survey.read(slice(start, min(start + size, survey.n))))


def _encode(model: "LatentModel", spectra: SpectraSet) -> Encoded:
    """Latents, reconstruction χ² per pixel and squared error of some spectra."""
    latents, errors = latents_with_errors(model, spectra)
    squared = np.square(spectra.flux - model.decode_like(spectra, latents))
    n_seen = spectra.seen.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        chi2 = (spectra.ivar * squared).sum(axis=1) / n_seen
        error = np.where(spectra.seen, squared, 0).sum(axis=1) / n_seen
    known = {"log_variance": errors.log_variance, "correlation_factor": errors.factor} if errors else {}
    figures = {"chi2_per_pixel": chi2.astype(np.float32), "squared_error": error.astype(np.float32)}
    errorless = dict.fromkeys(ENCODED)
    return errorless | {"latents": latents, "n_seen": n_seen.astype(np.int32)} | known | figures


def _concatenate(parts: list[Encoded]) -> Encoding:
    joined = {}
    for name in ENCODED:
        arrays = [part[name] for part in parts]
        joined[name] = None if arrays[0] is None else np.concatenate(arrays)
    return Encoding(**joined)
