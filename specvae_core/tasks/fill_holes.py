"""Unseen pixels of a new survey are filled, and the scale of each spectrum is found."""

import numpy as np

from ..data.infill import fit_infill, whole_mean
from ..data.store import SurveyWriter
from ..data.survey_files import ROWS_PER_CHUNK
from ..progress import Progress, Report

FITTED_ROWS = 5_000
"""Spectra at most on which the components that fill holes are found."""


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
    mean = np.empty(writer.n)
    for start in range(0, writer.n, 16 * ROWS_PER_CHUNK):
        chunk = slice(start, min(writer.n, start + 16 * ROWS_PER_CHUNK))
        spectra = writer.stored(chunk, unit[chunk])
        filled = result.basis.apply(spectra.flux, spectra.ivar)
        mean[chunk] = whole_mean(filled) if normalise else filled.mean(axis=1)
        factor = 1 / mean[chunk] if normalise else unit[chunk]
        writer.write_infilled(chunk, filled / unit[chunk, None], factor)
        report(Progress(0.97 + 0.03 * chunk.stop / writer.n, f"filling holes: {chunk.stop:,} of {writer.n:,}"))
    scale = appended * mean if normalise else appended / unit
    mean_flux = scale if normalise else scale * mean
    brightness = np.log10(mean_flux, out=np.full(writer.n, np.nan), where=mean_flux > 0)
    columns = {"scale": scale, "mean_flux": mean_flux, "brightness": brightness}
    return result.to_json() | {"fitted_rows": len(rows)}, columns


def _survey_unit(scales: np.ndarray) -> float:
    """The flux for which 1 stands in a survey that keeps its scale: 1, unless fluxes lie far from it."""
    typical = 10.0 ** round(float(np.median(np.log10(scales))))
    return 1.0 if 1e-4 <= typical <= 1e4 else typical
