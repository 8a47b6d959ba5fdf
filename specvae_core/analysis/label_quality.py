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
    """

    bias: float
    rmse: float
    robust: float
    catalogue_error: float
    n: int


def label_quality(predicted: np.ndarray, catalogue: Labels, rows: np.ndarray | None = None) -> dict[str, LabelQuality]:
    """Quality of each label by name.

    Parameters
    ----------
    predicted
        (n, M), NaN where there is no prediction.
    catalogue
        The same n objects and M labels.
    rows
        (n,) bool, those that count; all by default.
    """
    difference = predicted - catalogue.values
    counted = np.isfinite(difference)
    if rows is not None:
        counted &= rows[:, None]
    return {
        name: _quality(difference[counted[:, i], i], catalogue.errors[counted[:, i], i])
        for i, name in enumerate(catalogue.names)
    }


def _quality(difference: np.ndarray, errors: np.ndarray) -> LabelQuality:
    if not len(difference):
        return LabelQuality(float("nan"), float("nan"), float("nan"), float("nan"), 0)
    given = errors[np.isfinite(errors)]
    return LabelQuality(
        bias=float(difference.mean()),
        rmse=float(np.sqrt(np.mean(difference**2))),
        robust=nmad(difference),
        catalogue_error=float(given.mean()) if len(given) else float("nan"),
        n=len(difference),
    )
