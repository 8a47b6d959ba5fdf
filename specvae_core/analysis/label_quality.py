"""Bias and scatter of predicted labels against the catalogue, for each label (Horta et al. 2025, Fig. 7)."""

from dataclasses import dataclass

import numpy as np

from ..data.label_columns import Labels
from .robust import nmad


@dataclass(frozen=True)
class LabelQuality:
    """Predicted minus catalogue, for one label, in its own unit.

    Parameters
    ----------
    bias
        Mean difference.
    rmse
        Root of the mean squared difference.
    robust
        1.4826 times the median absolute deviation from the median difference: the scatter of all but the outliers.
    catalogue_error
        Mean error that the catalogue states; NaN where it states none.
    n
        Objects with both.
    coverage
        Share of the catalogue's labels within one error, those of the catalogue added: 0.68 where errors are right. NaN
        where no errors were given.
    pull
        Mean difference in units of these errors: how far a bias exceeds them.
    """

    bias: float
    rmse: float
    robust: float
    catalogue_error: float
    n: int
    coverage: float = float("nan")
    pull: float = float("nan")


def label_quality(
    predicted: np.ndarray, catalogue: Labels, rows: np.ndarray | None = None, errors: np.ndarray | None = None
) -> dict[str, LabelQuality]:
    """Quality of each label by name.

    Parameters
    ----------
    predicted
        (n, M), NaN where there is no prediction.
    catalogue
        The same n objects and M labels.
    rows
        (n,) bool, those that count; all by default.
    errors
        (n, M) 1-sigma errors of the predictions.
    """
    errors = np.full(predicted.shape, np.nan) if errors is None else errors
    difference = predicted - catalogue.values
    counted = np.isfinite(difference)
    if rows is not None:
        counted &= rows[:, None]
    return {
        name: _quality(*(part[counted[:, i], i] for part in (difference, catalogue.errors, errors)))
        for i, name in enumerate(catalogue.names)
    }


def _quality(difference: np.ndarray, errors: np.ndarray, predicted_errors: np.ndarray) -> LabelQuality:
    if not len(difference):
        return LabelQuality(float("nan"), float("nan"), float("nan"), float("nan"), 0)
    given = errors[np.isfinite(errors)]
    pulls = difference / np.hypot(predicted_errors, np.where(np.isfinite(errors), errors, 0.0))
    return LabelQuality(
        bias=float(difference.mean()),
        rmse=float(np.sqrt(np.mean(difference**2))),
        robust=nmad(difference),
        catalogue_error=float(given.mean()) if len(given) else float("nan"),
        n=len(difference),
        coverage=float(np.mean(np.abs(pulls) < 1)) if np.isfinite(pulls).all() else float("nan"),
        pull=float(pulls.mean()),
    )
