"""Redshifts and latents of spectra in files, fitted to the files' own pixels."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from ..analysis.redshift import RedshiftFinder
from ..data.preprocess import collect, preprocess
from ..data.preprocess_options import PreprocessOptions
from ..data.readers import read_file
from ..data.spectra import Observation, SpectraSet
from ..data.understanding import NO_HINTS, FileHints
from ..errors import BadConfig, Reason, Refused, UserError
from ..inverse.observed import ObservedFit, fit_observed
from ..lines import air_to_vacuum
from ..progress import Progress, Report, ignore
from ..workspace import Workspace
from .prior import latent_prior
from .redshift import redshift_finder

RowOfFit = dict[str, object]


class PixelFitter:
    """Fits spectra to their own pixels, one by one, under one model.

    A search starts at the redshift of the spectrum. Where there is none, or a range is given, it starts at the two best
    redshifts found by reconstruction.

    Parameters
    ----------
    workspace, model
        The workspace, and the id of the model in it.
    survey
        Survey whose latents are the prior; by default that on which the model was trained.
    redshift_range
        Lowest and highest redshift at which searches start.
    resolution
        λ / FWHM of the instrument, where it is lower than that of the training spectra.
    prior
        ``gaussian``, or ``density``: a flow that is fitted to the latents of the survey, in some seconds.
    """

    def __init__(
        self,
        workspace: Workspace,
        model: str,
        survey: str | None = None,
        redshift_range: tuple[float, float] | None = None,
        resolution: float | None = None,
        prior: str = "gaussian",
    ) -> None:
        self._network = workspace.model(model)
        self._limits, self._resolution = redshift_range, resolution
        reference = workspace.reference_survey(model, survey)
        self._make_finder = lambda: redshift_finder(workspace, model, reference.name)
        self._prior = latent_prior(workspace, model, reference, prior, ignore)

    @cached_property
    def _finder(self) -> RedshiftFinder:
        return self._make_finder()

    def fit(self, item: Observation) -> ObservedFit:
        """The most likely redshift, amplitude and latents of a spectrum.

        Raises
        ------
        UserError, Refused
            It has no errors, or the model reaches too little of it.
        """
        if item.ivar is None:
            raise BadConfig(
                f"{item.id} has no errors, and a fit to pixels weighs them by these: add a column of errors."
            )
        known = item.redshift is not None and np.isfinite(item.redshift)
        redshifts = [float(item.redshift)] if known and self._limits is None else self._found(item)
        wavelength = air_to_vacuum(item.wavelength) if item.in_air else np.asarray(item.wavelength, float)
        if item.rest_frame:
            redshifts = [0.0]
        starts = []
        for z in redshifts:
            code = self._network.encode(self._prepared(item, z))[0]
            starts.append((z, np.where(np.isfinite(code), code, self._prior.mean.numpy())))
        return fit_observed(
            self._network, wavelength, item.flux, item.ivar, starts, self._prior, self._resolution
        )  # fmt: skip

    def _found(self, item: Observation) -> list[float]:
        """The best redshifts by reconstruction."""
        fit = next(self._finder.find(self._prepared(item, 0.0), self._limits))
        if fit is None:
            raise BadConfig(
                f"{item.id} shows too little of the range of the model at any redshift: give another range."
            )
        return [z for z in (fit.z, fit.second_z) if np.isfinite(z)]

    def _prepared(self, item: Observation, z: float) -> SpectraSet:
        """A spectrum on the grid of the model, at rest under a redshift."""
        grid = self._network.grid
        options = PreprocessOptions(grid=grid, min_coverage=0.0)
        at_rest = replace(item, redshift=None if item.rest_frame else z)
        return collect([preprocess(at_rest, options)], grid)


def fit_files(
    workspace: Workspace,
    model: str,
    paths: Sequence[Path],
    *,
    survey: str | None = None,
    redshift_range: tuple[float, float] | None = None,
    resolution: float | None = None,
    prior: str = "gaussian",
    hints: FileHints = NO_HINTS,
    report: Report = ignore,
) -> Iterator[RowOfFit]:
    """Fit every spectrum of some files; yields a row for each, with ``error`` where it could not be fitted.

    Parameters
    ----------
    model
        Id of the model.
    paths
        Files of spectra in any format that can be ingested.
    survey, redshift_range, resolution, prior
        As those of `PixelFitter`.
    """
    fitter = PixelFitter(workspace, model, survey, redshift_range, resolution, prior)
    for number, path in enumerate(paths):
        report(Progress(number / len(paths), f"fitting {path.name}"))
        for item in _items(path, hints):
            try:
                if isinstance(item, Refused):
                    raise item
                yield row_of_fit(item, fitter.fit(item))
            except (UserError, Refused) as error:
                yield {"id": getattr(item, "id", path.name), "error": str(error)}


def _items(path: Path, hints: FileHints) -> Iterator[Observation | Refused]:
    """The spectra of a file; a file that cannot be read is one refusal."""
    try:
        yield from read_file(path, hints)
    except (Refused, UserError) as error:
        yield error if isinstance(error, Refused) else Refused(Reason.UNREADABLE, str(error))


def row_of_fit(item: Observation, fit: ObservedFit) -> RowOfFit:
    """What is written of a fit: ``z_file`` is the redshift that came with the spectrum, ``None`` without one."""
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
