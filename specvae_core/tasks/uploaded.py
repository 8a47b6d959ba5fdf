"""Spectra that were uploaded, made ready for a model: its grid, its rest frame, its normalisation."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..data.preprocess import collect, preprocess
from ..data.preprocess_options import PreprocessOptions
from ..data.readers import read_file
from ..data.spectra import Observation, SpectraSet
from ..data.understanding import NO_HINTS, FileHints
from ..errors import BadConfig, GridMismatch, Reason, Refused
from ..grid import SpectralGrid
from ..inverse import (
    Identity,
    InverseProblem,
    Prior,
    RedshiftPosterior,
    Scaled,
    fit_redshift,
    measured_ivar,
    observed_grid,
    solve,
)
from ..models.base import LatentModel
from ..progress import Report

MOST = 500
"""Spectra that are taken from one file."""


class Uploaded:
    """The spectra of a file.

    Parameters
    ----------
    path
        In any format that can be ingested.
    model
        Whose grid they are put on.
    hints
        The user's hints.

    Attributes
    ----------
    notes
        Sentences about what was odd in the file.
    redshift
        What was found, once it was looked for.
    """

    def __init__(self, path: Path, model: LatentModel, hints: FileHints = NO_HINTS) -> None:
        if not isinstance(model.grid, SpectralGrid):
            raise GridMismatch(f"The model knows the bands {model.grid}, no spectra: choose one that knows spectra.")
        self.model = model
        self.notes: list[str] = []
        self.redshift: RedshiftPosterior | None = None
        self._observations: list[Observation] = []
        for item in read_file(path, hints, most=MOST):
            if isinstance(item, Refused):
                raise item
            self._observations.append(item)
        for item in self._observations:
            n_nan = int((~np.isfinite(item.flux)).sum())
            if n_nan:
                self.notes.append(
                    f"{n_nan} of {len(item.flux)} fluxes of {item.id} are not numbers: taken as not seen."
                )

    def at_rest(self) -> SpectraSet:
        """On the model's grid, at the file's own redshift, divided by the mean over seen pixels; see `rescaled`.

        Where the model learnt brightness, fluxes are those of the file.
        """
        return self._prepared(self._observations, self.model.grid)

    def with_redshift(self, limits: Sequence[float], prior: Prior, seed: int, report: Report) -> SpectraSet:
        """The same at the redshift between two limits that suits the model best; for a single spectrum."""
        if len(self._observations) != 1 or len(limits) != 2:
            raise BadConfig(
                f"A redshift was asked for, for {len(self._observations)} spectra and {len(limits)} limits: give one "
                "spectrum and the lowest and the highest redshift."
            )
        as_seen = replace(self._observations[0], redshift=None, rest_frame=False)
        seen = self._prepared([as_seen], observed_grid(self.model.grid, *limits))
        self.redshift = fit_redshift(seen, self.model, prior, (limits[0], limits[1]), seed=seed, report=report)
        return self._prepared([replace(as_seen, redshift=self.redshift.redshift)], self.model.grid)

    def _prepared(self, observations: Sequence[Observation], grid: SpectralGrid) -> SpectraSet:
        keeps = self.model.flux_scale == "none"
        options = PreprocessOptions(grid=grid, min_coverage=0.0, scale="none" if keeps else "mean")
        prepared = []
        for item in observations:
            try:
                prepared.append(preprocess(item, options))
            except Refused as refusal:
                raise _explained(refusal, item.wavelength, grid) from refusal
        spectra = collect(prepared, grid)
        if not keeps:
            return spectra
        scale = spectra.table["scale"].to_numpy(np.float32)[:, None]
        table = spectra.table.assign(scale=1.0)
        return replace(spectra, flux=spectra.flux * scale, ivar=spectra.ivar / scale**2, table=table, scale="none")


def rescaled(spectra: SpectraSet, model: LatentModel, prior: Prior, seed: int, report: Report) -> SpectraSet:
    """Uploaded spectra on the scale of the model's: divided by the mean that they would have on the whole grid."""
    if spectra.scale == model.flux_scale:
        return spectra
    scaled = Scaled(model)
    problem = InverseProblem(Identity(model.grid.n_pixel), spectra.flux.astype(float), measured_ivar(spectra))
    candidates = scaled.candidates(prior.candidates, seed)
    solution = solve(problem, scaled, candidates=candidates, residual=prior.residual, seed=seed, report=report)
    scale = np.exp(solution.latents[:, -1:]).astype(np.float32)
    table = spectra.table.assign(scale=spectra.physical_scale * scale[:, 0])
    flux, ivar = spectra.flux / scale, spectra.ivar * scale**2
    return replace(spectra, flux=flux, ivar=ivar, table=table, scale=model.flux_scale)


def _explained(refusal: Refused, wavelength: np.ndarray, grid: SpectralGrid) -> Exception:
    if refusal.reason is not Reason.COVERAGE:
        return refusal
    low, high = grid.wavelength[[0, -1]]
    return GridMismatch(
        f"The spectrum runs from {wavelength[0]:.0f} to {wavelength[-1]:.0f} Å and shows nothing of the {low:.0f} to "
        f"{high:.0f} Å that the model knows: choose a model that covers it, or mend the redshift."
    )
