"""Comparison of models: reconstruction error of a survey's test part, and one object under each model.

Portillo et al. (2020), section 3.1: Fig. 3 is the mean squared error of held-out spectra against the number of
latents, Figs. 4-7 are single objects under several models.
"""

from dataclasses import dataclass

import numpy as np

from ..data.spectra import SpectraSet
from ..models import Ability, LatentModel
from ..progress import Report, ignore
from .latent_search import needs_search, search_latents

UNCLASSIFIED = "unclassified"

WAYS = {
    "own": "as the model does by itself",
    "encoder": "by the encoder alone",
    "search": "by the same search for every decoder",
}
"""Ways to find the latents of a spectrum that is to be reconstructed."""


@dataclass(frozen=True)
class ReconstructionError:
    """Distance of reconstructions from spectra.

    Parameters
    ----------
    n
        Number of spectra with a seen pixel.
    mse
        Mean over all their seen pixels of the squared residual of normalised flux; NaN where there are none.
    chi2_per_pixel
        Mean over the same pixels of ``ivar`` times the squared residual.
    per_class
        ``mse`` of each class.
    """

    n: int
    mse: float
    chi2_per_pixel: float
    per_class: dict[str, float]


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """One object under one model.

    Parameters
    ----------
    flux
        (n_pixel,) float32, the reconstruction of normalised flux.
    residual
        (n_pixel,) float32, observed minus reconstructed in units of the pixel's 1-sigma error; NaN where unseen.
    chi2_per_pixel, mse
        Over seen pixels.
    labels
        Value and 1-sigma error of each label that the model predicts, by name.
    redshift_pdf
        Redshifts and the density at them, (n_z,) each; ``None`` for models without.
    """

    flux: np.ndarray
    residual: np.ndarray
    chi2_per_pixel: float
    mse: float
    labels: dict[str, tuple[float, float]]
    redshift_pdf: tuple[np.ndarray, np.ndarray] | None = None


def reconstruction_error(model: LatentModel, spectra: SpectraSet) -> ReconstructionError:
    """Reconstruction error of spectra on the model's grid, overall and by the catalogue column ``class``."""
    return distance(model.reconstruct(spectra), spectra)


def distance(flux: np.ndarray, spectra: SpectraSet) -> ReconstructionError:
    """Distance of reconstructions (n, n_pixel) from spectra, overall and by the catalogue column ``class``."""
    squared = np.where(spectra.seen, np.square(spectra.flux - flux), 0).astype(float)
    total, weighted = squared.sum(axis=1), (spectra.ivar * squared).sum(axis=1)
    n_seen = spectra.seen.sum(axis=1)
    names = spectra.table["class"].astype(str).to_numpy() if "class" in spectra.table else np.full(len(spectra), "")
    per_class = {
        str(name) or UNCLASSIFIED: _ratio(total[names == name].sum(), n_seen[names == name].sum())
        for name in np.unique(names)
    }
    pixels = n_seen.sum()
    return ReconstructionError(
        int((n_seen > 0).sum()), _ratio(total.sum(), pixels), _ratio(weighted.sum(), pixels), per_class
    )


def reconstructions(model: LatentModel, spectra: SpectraSet, report: Report = ignore) -> dict[str, np.ndarray]:
    """Reconstructions (n, n_pixel) from latents that are found in each of `WAYS`.

    A decoder should be compared with others by the same search, and an encoder without any: an InfoVAE searches with
    the likelihood and a free amplitude by itself, which an autoencoder does not.
    """
    own = model.reconstruct(spectra)
    if not needs_search(model):
        return dict.fromkeys(WAYS, own)
    alone = model.with_posterior("encoder") if Ability.CHOOSES_POSTERIOR in model.abilities else model
    start = alone.encode(spectra)
    searched = search_latents(alone, spectra, start, report)
    return {"own": own, "encoder": alone.decode_like(spectra, start), "search": alone.decode_like(spectra, searched)}


def reconstruct_one(model: LatentModel, spectrum: SpectraSet) -> Reconstruction:
    """One object (a set of one row) under a model on the same grid."""
    flux = model.reconstruct(spectrum)[0]
    seen, ivar = spectrum.seen[0], spectrum.ivar[0]
    difference = spectrum.flux[0] - flux
    residual = np.where(seen, difference * np.sqrt(ivar), np.nan).astype(np.float32)
    labels = {}
    if Ability.PREDICTS_LABELS in model.abilities:
        values, errors = model.predict_labels(spectrum)
        labels = {
            name: (float(value), float(error))
            for name, value, error in zip(model.label_names, values[0], errors[0], strict=True)
        }
    redshift_pdf = None
    if Ability.PREDICTS_REDSHIFT in model.abilities:
        redshift_pdf = model.redshift_grid, model.redshift_pdf(spectrum)[0]
    return Reconstruction(
        flux=flux,
        residual=residual,
        chi2_per_pixel=_ratio(np.square(residual[seen], dtype=float).sum(), seen.sum()),
        mse=_ratio(np.square(difference[seen], dtype=float).sum(), seen.sum()),
        labels=labels,
        redshift_pdf=redshift_pdf,
    )


def _ratio(total: float, count: float) -> float:
    return float(total / count) if count else float("nan")
