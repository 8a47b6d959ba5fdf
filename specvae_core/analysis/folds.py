"""Cross-validation of surveys that are too small to spare a test part that says anything."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..data.spectra import SpectraSet
from ..models import LatentModel
from ..progress import Report, ignore, sub_report

SMALL, FOLDS = 200, 5
"""Spectra of a survey below which it is cross-validated, and in how many folds: a tenth of them would say little."""


def fitted_folds(
    model: LatentModel, spectra: SpectraSet, report: Report = ignore, *, seed: int = 0, checkpoint: Path | None = None
) -> Iterator[tuple[LatentModel, np.ndarray]]:
    """A model fitted without each fold in turn, with the rows of that fold; together they are the whole survey.

    Parameters
    ----------
    model
        Kind, grid and settings to fit with; the model itself is left as it is.
    spectra
        The whole survey.
    report
        Progress callback of all fits.
    seed
        Seed of each fit.
    checkpoint
        File from whose name those of the folds are made.
    """
    for fold in range(FOLDS):
        network = type(model)(model.grid, replace(model.config, fold=fold, test_fraction=1 / FOLDS))
        own = checkpoint and checkpoint.with_suffix(f".{fold}{checkpoint.suffix}")
        share = sub_report(report, fold / FOLDS, 1 / FOLDS, f"fold {fold + 1} of {FOLDS}")
        network.fit(spectra, share, seed=seed, checkpoint=own)
        if own is not None:
            own.unlink(missing_ok=True)
        yield network, network.unseen(spectra.ids).rows
