"""Redshifts and latents of spectra in files, fitted to the files' own pixels."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..data.preprocess import PreprocessOptions, collect, preprocess
from ..data.readers import read_file
from ..data.spectra import Observation, SpectraSet
from ..data.understanding import NO_HINTS, FileHints
from ..errors import BadConfig, Reason, Refused, UserError
from ..inverse.observed import ObservedFit, fit_observed
from ..lines import air_to_vacuum
from ..models import LatentModel
from ..progress import Progress, Report, ignore
from ..workspace import Workspace
from .outlier_table import encoded
from .redshift import redshift_finder

RowOfFit = dict[str, object]


def fit_files(
    workspace: Workspace,
    model: str,
    paths: Sequence[Path],
    *,
    survey: str | None = None,
    redshift_range: tuple[float, float] | None = None,
    resolution: float | None = None,
    hints: FileHints = NO_HINTS,
    report: Report = ignore,
) -> Iterator[RowOfFit]:
    """Fit every spectrum of some files; yields a row for each, with ``error`` where it could not be fitted.

    A search starts at the redshift in the file. Where there is none, or a range is given, it starts at the two best
    redshifts found by reconstruction.

    Parameters
    ----------
    model
        Id of the model.
    paths
        Files of spectra in any format that can be ingested.
    survey
        Survey whose latents are the prior; by default that on which the model was trained.
    redshift_range
        Lowest and highest redshift at which searches start.
    resolution
        λ / FWHM of the instrument, where it is lower than that of the training spectra.
    """
    network = workspace.model(model)
    reference = workspace.reference_survey(model, survey).name
    latents = encoded(workspace, model, reference, ignore).latents
    latents = latents[np.isfinite(latents).all(axis=1)].astype(float)
    prior = latents.mean(axis=0), np.maximum(latents.std(axis=0), 1e-6)
    finder = None
    for number, path in enumerate(paths):
        report(Progress(number / len(paths), f"fitting {path.name}"))
        for item in _items(path, hints):
            try:
                if isinstance(item, Refused):
                    raise item
                redshifts = [] if redshift_range is not None or item.redshift is None else [item.redshift]
                if not np.isfinite(redshifts).all() or not redshifts:
                    finder = finder or redshift_finder(workspace, model, reference)
                    redshifts = _found(finder, network, item, redshift_range)
                fit = _fitted(network, item, redshifts, prior, resolution)
                yield _row(item, fit)
            except (UserError, Refused) as error:
                yield {"id": getattr(item, "id", path.name), "error": str(error)}


def _items(path: Path, hints: FileHints) -> Iterator[Observation | Refused]:
    """The spectra of a file; a file that cannot be read is one refusal."""
    try:
        yield from read_file(path, hints)
    except (Refused, UserError) as error:
        yield error if isinstance(error, Refused) else Refused(Reason.UNREADABLE, str(error))


def _found(finder, network: LatentModel, item: Observation, limits: tuple[float, float] | None) -> list[float]:
    """The best redshifts by reconstruction."""
    fit = next(finder.find(_prepared(network, item, 0.0), limits))
    if fit is None:
        raise BadConfig(f"{item.id} shows too little of the range of the model at any redshift: give another range.")
    return [z for z in (fit.z, fit.second_z) if np.isfinite(z)]


def _prepared(network: LatentModel, item: Observation, z: float) -> SpectraSet:
    """A spectrum on the grid of the model, at rest under a redshift."""
    options = PreprocessOptions(grid=network.grid, min_coverage=0.0)
    at_rest = replace(item, redshift=None if item.rest_frame else z)
    return collect([preprocess(at_rest, options)], network.grid)


def _fitted(network, item: Observation, redshifts: list[float], prior, resolution: float | None) -> ObservedFit:
    if item.ivar is None:
        raise BadConfig(f"{item.id} has no errors, and a fit to pixels weighs them by these: add a column of errors.")
    wavelength = air_to_vacuum(item.wavelength) if item.in_air else np.asarray(item.wavelength, float)
    if item.rest_frame:
        redshifts = [0.0]
    starts = []
    for z in redshifts:
        code = network.encode(_prepared(network, item, z))[0]
        starts.append((z, np.where(np.isfinite(code), code, prior[0])))
    return fit_observed(network, wavelength, item.flux, item.ivar, starts, prior, resolution)


def _row(item: Observation, fit: ObservedFit) -> RowOfFit:
    known = item.redshift is not None and np.isfinite(item.redshift)
    return {
        "id": item.id,
        "z": fit.z,
        "z_error": fit.z_error,
        "z_file": float(item.redshift) if known else None,
        "latents": fit.latents.tolist(),
        "latent_errors": np.sqrt(fit.covariance.diagonal()).tolist(),
        "amplitude": fit.amplitude,
        "chi2_per_pixel": fit.chi2 / fit.n_pixel,
        "n_pixel": fit.n_pixel,
        "inflation": fit.inflation,
    }
