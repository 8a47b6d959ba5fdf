"""Unseen pixels of a new survey are filled, and the scale of each spectrum is found."""

import os
from contextlib import closing

import numpy as np

from ..data.infill import fit_infill, whole_mean
from ..data.store import SurveyWriter
from ..data.survey_files import rows_per_shard
from ..jobs import several_at_once
from ..progress import Progress, Report

FITTED_ROWS = 5_000
"""Spectra at most on which the components that fill holes are found."""

SHARDS_AT_ONCE = 4
"""Files of spectra that are filled at once, each by a thread: some 100 MB of memory each."""


def fill_holes(writer: SurveyWriter, report: Report) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """Fill the unseen pixels of a survey by iterative PCA, and find the scale of each spectrum.

    The components are found on at most `FITTED_ROWS` spectra, drawn at random; all spectra are then filled, chunk by
    chunk, so that a survey need not fit into memory.

    Returns
    -------
    infill
        How it converged.
    columns
        ``scale``, ``mean_flux`` and ``brightness`` (n,), now that whole spectra are known.
    """
    normalise = writer.scale == "mean"
    appended = writer.committed()["scale"].to_numpy(float)
    unit = np.ones(writer.n) if normalise else appended / _survey_unit(appended)
    rows = np.arange(writer.n)
    if writer.n > FITTED_ROWS:
        rows = np.sort(np.random.default_rng(0).choice(writer.n, FITTED_ROWS, replace=False))
    sample = writer.stored(rows, unit[rows])
    result = fit_infill(
        sample.flux,
        sample.ivar,
        normalise=normalise,
        report=lambda progress: report(Progress(0.96, f"filling holes: {progress.message}")),
    )
    mean, size = np.empty(writer.n), rows_per_shard(writer.grid.n_pixel)

    def fill(start: int) -> None:
        chunk = slice(start, min(writer.n, start + size))
        spectra = writer.stored(chunk, unit[chunk])
        filled = result.basis.apply(spectra.flux, spectra.ivar)
        mean[chunk] = whole_mean(filled) if normalise else filled.mean(axis=1)
        writer.write_fill(chunk, filled / unit[chunk, None])

    writer.make_room_for_fill()
    starts = range(0, writer.n, size)
    with closing(several_at_once(fill, starts, min(SHARDS_AT_ONCE, os.cpu_count() or 1))) as filled_ones:
        for done, _ in enumerate(filled_ones, 1):
            n = min(done * size, writer.n)
            report(Progress(0.97 + 0.03 * n / writer.n, f"filling holes: {n:,} of {writer.n:,}"))
    writer.write_factors(1 / mean if normalise else unit)
    scale = appended * mean if normalise else appended / unit
    mean_flux = scale if normalise else scale * mean
    brightness = np.log10(mean_flux, out=np.full(writer.n, np.nan), where=mean_flux > 0)
    columns = {"scale": scale, "mean_flux": mean_flux, "brightness": brightness}
    return result.to_json() | {"fitted_rows": len(rows)}, columns


def _survey_unit(scales: np.ndarray) -> float:
    """The flux for which 1 stands in a survey that keeps its scale: 1, unless fluxes lie far from it."""
    typical = 10.0 ** round(float(np.median(np.log10(scales))))
    return 1.0 if 1e-4 <= typical <= 1e4 else typical
