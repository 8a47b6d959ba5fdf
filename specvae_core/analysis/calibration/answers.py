"""Answers beside their truth, and what is counted of them: pulls, coverage, probability integral transforms.

The pull of an answer is (truth - estimate) / error, its PIT the posterior probability below the truth; of draws it is
the rank of the truth among them (simulation-based calibration, Talts et al. 2018). Calibrated answers have normal pulls
and uniform PITs, so that 68.3% of the truths lie inside of 1 sigma.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

SIMULATED, HELD_OUT = "simulated", "held out"
"""Kinds of truth: of spectra made by the decoder and given noise; of the catalogue, for objects not learnt from."""

COVERAGE_68, COVERAGE_95 = (0.63, 0.73), (0.92, 0.98)
"""Bounds of the coverage, 68.3 and 95.4% where errors are calibrated."""

PULL_MEAN, PULL_STD = (-0.2, 0.2), (0.8, 1.2)
"""Bounds of mean and standard deviation of the pulls: no bias of a fifth of an error, no error wrong by a fifth."""

LEAST = 10
"""Smallest number of objects from which a calibration is given."""

PIT_BINS = 10
EXTREME = 1e-9
"""Least distance of a PIT from 0 and 1, which makes a pull of 6 out of a truth that no draw reaches."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers of a model to one question about n objects, with their truth.

    What was quoted is an error, draws from a posterior, or a PIT; a band may state beside it whether it holds the
    truth.

    Parameters
    ----------
    quantity
        Name shown to people, as ``log g`` or ``band of inpaint:0.4``.
    kind
        `SIMULATED` or `HELD_OUT`.
    truth
        (n,), or (n, p) for a spectrum; NaN where unknown or not compared.
    estimate, sigma
        The same shape: the answer and its 1-sigma error.
    samples
        (n, m) draws from the posterior.
    pit
        (n,) or (n, p) posterior probability below the truth.
    inside
        The same shape, bool: whether the 68% and the 95% band hold the truth.
    subsets
        Names and masks (n,) of parts that are counted on their own, beside those of the case.
    note
        What the error stands for, as "catalogue errors added".
    """

    quantity: str
    kind: str
    truth: np.ndarray
    estimate: np.ndarray | None = None
    sigma: np.ndarray | None = None
    samples: np.ndarray | None = None
    pit: np.ndarray | None = None
    inside: tuple[np.ndarray, np.ndarray] | None = None
    subsets: Mapping[str, np.ndarray] = field(default_factory=dict)
    note: str = ""

    @property
    def probability(self) -> np.ndarray:
        """PIT of each truth, in the shape of ``truth``; NaN where there is no truth."""
        from scipy.special import ndtr

        if self.pit is not None:
            return np.where(np.isfinite(self.truth), self.pit, np.nan)
        if self.samples is not None:
            rank = (self.samples < self.truth[:, None]).sum(axis=1)
            return np.where(np.isfinite(self.truth), (rank + 0.5) / (self.samples.shape[1] + 1), np.nan)
        return ndtr((self.truth - self.estimate) / self.sigma)

    @property
    def pulls(self) -> np.ndarray:
        """Pull of each answer, in the shape of ``truth``; from the PIT where no error was quoted."""
        from scipy.special import ndtri

        if self.sigma is not None:
            return (self.truth - self.estimate) / self.sigma
        return ndtri(np.clip(self.probability, EXTREME, 1 - EXTREME))


@dataclass(frozen=True)
class Row:
    """What was counted of one quantity in one subset.

    Parameters
    ----------
    quantity, kind, subset, note
        As in `Answers`; ``all`` is the subset of all objects.
    n
        Number of objects.
    coverage_68, coverage_95
        Share of the truths inside of the 68.3 and 95.4% intervals.
    pull_mean, pull_std
        Mean and standard deviation of the pulls.
    factor
        What the errors would have to be multiplied by to hold 68.3% of the truths.
    beyond_5
        Share of the truths beyond five errors; of normal errors none in a million.
    within
        Whether all lie within the bounds, two standard errors of the count allowed for; ``None`` below `LEAST` objects.
    pit
        Share of the PITs in each of `PIT_BINS` equal bins; all 0.1 where errors are calibrated.
    """

    quantity: str
    kind: str
    subset: str
    n: int
    coverage_68: float
    coverage_95: float
    pull_mean: float
    pull_std: float
    factor: float
    beyond_5: float
    within: bool | None
    pit: tuple[float, ...]
    note: str = ""


def count(answers: Answers, subset: str = "all", mask: np.ndarray | None = None) -> Row:
    """Count the answers to one question, of all objects or of some.

    Parameters
    ----------
    answers
        Answers with their truth.
    subset
        Name of the part.
    mask
        (n,) bool, its objects.
    """
    mask = np.ones(len(answers.truth), dtype=bool) if mask is None else mask
    probability, pulls = answers.probability[mask], answers.pulls[mask]
    known = np.isfinite(probability) & np.isfinite(pulls)
    n = int(known.reshape(len(known), -1).any(axis=1).sum())
    if not n:
        nothing = float("nan")
        name = answers.quantity, answers.kind, subset
        return Row(*name, 0, *[nothing] * 6, None, (0.0,) * PIT_BINS, answers.note)
    if answers.inside is None:
        inside = [np.abs(probability[known] - 0.5) < half for half in (0.3413, 0.4772)]
    else:
        inside = [part[mask][known] for part in answers.inside]
    probability, pulls = probability[known], pulls[known]
    coverage = [float(part.mean()) for part in inside]
    mean, std = float(pulls.mean()), float(pulls.std())
    return Row(
        answers.quantity,
        answers.kind,
        subset,
        n,
        *coverage,
        mean,
        std,
        factor=float(np.quantile(np.abs(pulls), 0.6827)),
        beyond_5=float(np.mean(np.abs(pulls) > 5)),
        within=_within(n, *coverage, mean, std) if n >= LEAST else None,
        pit=tuple((np.histogram(probability, PIT_BINS, (0, 1))[0] / len(probability)).round(4).tolist()),
        note=answers.note,
    )


def _within(n: int, coverage_68: float, coverage_95: float, mean: float, std: float) -> bool:
    """Whether four figures of n objects lie in their bounds, each widened by two of its standard errors."""
    checks = (
        (coverage_68, COVERAGE_68, (0.683 * 0.317 / n) ** 0.5),
        (coverage_95, COVERAGE_95, (0.954 * 0.046 / n) ** 0.5),
        (mean, PULL_MEAN, n**-0.5),
        (std, PULL_STD, (2 * n) ** -0.5),
    )
    return all(low - 2 * error <= value <= high + 2 * error for value, (low, high), error in checks)


def table(answers: Sequence[Answers], subsets: Mapping[str, np.ndarray]) -> list[dict[str, object]]:
    """All rows as JSON: each quantity as a whole, and in each subset of at least `LEAST` objects.

    Parameters
    ----------
    answers
        Answers about the same n objects.
    subsets
        Names and masks (n,) that all of them share.
    """
    rows = []
    for one in answers:
        rows.append(count(one))
        for name, mask in {**subsets, **one.subsets}.items():
            row = count(one, name, mask)
            if row.within is not None:
                rows.append(row)
    return [asdict(row) for row in rows]
