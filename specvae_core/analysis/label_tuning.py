"""Choose the size of Lux's latent and its regularisation, and measure how precise its labels are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from ..data.label_columns import read_labels
from ..data.spectra import SpectraSet
from ..data.split import object_names, split_objects
from ..models import PredictsLabels
from ..models.lux.model import Lux
from ..models.lux.settings import LuxConfig
from ..progress import Progress, Report, ignore


@dataclass(frozen=True)
class Trial:
    """One choice of settings, and its errors on objects that were kept out.

    Parameters
    ----------
    n_latent, regularisation
        The settings P and Omega.
    chi2, chi2_from_labels
        Median over folds of the χ² of Eq. A1, per object, with latents from spectra and with latents from labels: the
        two panels of Fig. 14.
    label_rmse
        Root-mean-square difference of predicted and catalogue labels, over all labels in units of their scale.
    """

    n_latent: int
    regularisation: float
    chi2: float
    chi2_from_labels: float
    label_rmse: float


def cross_validate(
    spectra: SpectraSet,
    config: LuxConfig,
    n_latents: Sequence[int],
    regularisations: Sequence[float],
    n_folds: int = 5,
    report: Report = ignore,
    seed: int = 0,
) -> list[Trial]:
    """K-fold cross-validation of P and Omega (Horta et al. 2025, Appendix A), the best label error first.

    The paper weighs labels and fluxes by their χ² (Eq. A1). Pixels outnumber labels a hundredfold, so that this always
    favours the larger latent; both numbers are given, and the order is that of the labels.

    Parameters
    ----------
    spectra
        Spectra with the labels in their table.
    config
        All other settings.
    n_latents, regularisations
        Values to try, every pair.
    n_folds
        Number of folds K, 2 or more; all spectra of an object are in one, by the setting ``group``. Objects of the test
        part are left out: they are to measure the model that is chosen.
    report
        Called often within every training.
    seed
        Seed of the folds and of the trainings.
    """
    names = object_names(spectra.table, config.group)
    split = split_objects(names, config.validation_fraction, config.test_fraction)
    known = np.sort(np.concatenate([split.training, split.validation]))
    spectra, names = spectra.take(known), names[known]
    folds = [split_objects(names, 0.0, 1 / n_folds, fold) for fold in range(n_folds)]
    pairs = [(p, omega) for p in n_latents for omega in regularisations]
    trials = []
    for number, (p, omega) in enumerate(pairs):
        settings = replace(config, n_latent=p, regularisation=omega)
        scores = []
        for k, fold in enumerate(folds):
            done = (number + k / n_folds) / len(pairs)
            message = f"P = {p}, Omega = {omega:g}, fold {k + 1} of {n_folds}"

            def report_fold(progress: Progress, done: float = done, message: str = message) -> None:
                report(Progress(done, message))

            model = Lux(spectra.grid, settings).unfitted()
            model.flux_scale = spectra.scale
            with torch.inference_mode():
                model.learn(spectra.take(fold.training), spectra.take(slice(0, 0)), report_fold, seed)
                scores.append(_score(model, spectra.take(fold.test)))
        chi2, from_labels, squared = np.array(scores).T
        medians = float(np.median(chi2)), float(np.median(from_labels))
        trials.append(Trial(p, omega, *medians, float(np.sqrt(np.nanmean(squared)))))
    return sorted(trials, key=lambda trial: trial.label_rmse)


def _score(model: Lux, spectra: SpectraSet) -> tuple[float, float, float]:
    """χ² per object (Eq. A1) with latents from spectra alone and from labels, and the mean squared error of labels."""
    found = read_labels(spectra.table, model.label_names, needed=False)
    predicted, _ = model.predict_labels(spectra)
    scale = model.scale.numpy()
    difference = (predicted - found.values) / scale
    target, weight = (part.numpy() for part in model.label_targets(found.values, found.errors))
    pixel_weight = model.weigh(torch.from_numpy(spectra.ivar)).numpy()
    chi2 = np.nansum(weight * difference**2) + (pixel_weight * (spectra.flux - model.reconstruct(spectra)) ** 2).sum()
    latents, _ = model.latents_from_labels(found.values, found.errors)
    off = np.where(spectra.seen, spectra.flux - model.decode_gradient(latents).numpy(), 0)
    from_labels = (weight * (target - (latents @ model.to_labels.T).numpy()) ** 2).sum() + (pixel_weight * off**2).sum()
    return float(chi2) / len(spectra), float(from_labels) / len(spectra), float(np.nanmean(difference**2))


def label_precision(
    model: PredictsLabels, spectra: SpectraSet, signal_to_noise: Sequence[float], n_draws: int = 10, *, seed: int = 0
) -> np.ndarray:
    """Scatter of each label over repeated observations of a spectrum (section 4.6 and Fig. 10).

    Every spectrum is observed ``n_draws`` times at each S/N, with fresh Gaussian noise on top of its flux.

    Parameters
    ----------
    model
        A fitted model.
    spectra
        Spectra of better S/N than any that is tried.
    signal_to_noise
        S/N per pixel, relative to the mean flux.
    n_draws
        Noise realisations of each spectrum, 2 or more.
    seed
        Seed of the noise.

    Returns
    -------
    precision
        (n_sn, M), median over objects of the standard deviation over draws, in catalogue units.
    """
    random = np.random.default_rng(seed)
    precision = np.empty((len(signal_to_noise), len(model.label_names)))
    for i, ratio in enumerate(signal_to_noise):
        ivar = np.where(spectra.seen, ratio**2, 0).astype(np.float32)
        draws = []
        for _ in range(n_draws):
            noise = random.standard_normal(spectra.flux.shape, dtype=np.float32) / ratio
            flux = np.where(spectra.seen, spectra.flux + noise, 0).astype(np.float32)
            draws.append(model.predict_labels(replace(spectra, flux=flux, ivar=ivar))[0])
        precision[i] = np.median(np.std(draws, axis=0, ddof=1), axis=0)
    return precision
