"""Mean of a difference that was measured in every combination of folds and seeds.

The combinations are not independent samples: those of one fold share its test objects, those of one seed its initial
weights. The differences are :math:`d_{fs} = \\mu + a_f + b_s + e_{fs}` with random effects of fold and seed, whose
variances follow from the mean squares of a two-way analysis of variance without replication:

.. math:: \\mathrm{Var}(\\bar d) = (MS_{fold} + MS_{seed} - MS_{rest}) / (n_{fold} n_{seed})

The training parts of folds overlap, so that even this is a little too small.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class CrossedMean:
    """Mean of differences in folds and seeds.

    Parameters
    ----------
    mean
        Of all combinations.
    error
        Standard error of the mean.
    freedom
        Degrees of freedom of that error (Satterthwaite 1946).
    low, high
        95% interval of the mean by Student's t.
    """

    mean: float
    error: float
    freedom: float
    low: float
    high: float


def crossed_mean(values: np.ndarray) -> CrossedMean:
    """Mean and error of values (n_fold, n_seed) with random effects of both, two or more of each.

    Examples
    --------
    >>> crossed_mean(np.array([[1.0, 1.2], [3.0, 3.2]])).error.round(2)  # the folds differ: two samples, not four
    np.float64(1.0)
    """
    from scipy.stats import t

    n_fold, n_seed = values.shape
    mean, of_folds, of_seeds = values.mean(), values.mean(axis=1), values.mean(axis=0)
    rest = values - of_folds[:, None] - of_seeds[None] + mean
    freedom = np.array([n_fold - 1, n_seed - 1, (n_fold - 1) * (n_seed - 1)])
    squares = np.array(
        [n_seed * np.sum((of_folds - mean) ** 2), n_fold * np.sum((of_seeds - mean) ** 2), np.sum(rest**2)]
    )
    parts = squares / freedom * [1, 1, -1]
    if parts.sum() < parts[:2].max():  # a negative variance of folds or seeds is taken as 0
        parts = np.where(np.arange(3) == parts[:2].argmax(), parts, 0)
    variance = max(parts.sum(), 1e-30)
    effective = variance**2 / np.sum(parts**2 / freedom) if parts.any() else freedom[2]
    error = np.sqrt(variance / values.size)
    reach = t.ppf(0.975, effective) * error
    return CrossedMean(float(mean), error, float(effective), float(mean - reach), float(mean + reach))
