"""Errors of models on inverse problems, beside those of simpler methods (Rissaki et al. 2020, Fig. 2)."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..data.spectra import SpectraSet
from ..data.split import Part
from ..models import LatentModel
from ..progress import Progress, Report, ignore
from . import baselines
from .coverage import squared_error
from .measure import Prior, learn_residuals
from .operators import Identity
from .problem import UNKNOWN_NOISE, InverseProblem, measured_ivar
from .question import Question, parse_problem
from .solution import Solution
from .solve import solve

PAPER = ("projected", "regularised")
"""The two methods of the paper."""

FIGURE = (
    *(f"inpaint:{share}" for share in (0.1, 0.2, 0.4, 0.6, 0.8)),
    *(f"random:{share}" for share in (0.1, 0.2, 0.4, 0.6, 0.8)),
    *(f"denoise:{sigma}" for sigma in (0.02, 0.05, 0.1, 0.2)),
)
"""The problems of the paper's Fig. 2: missing windows, scattered missing pixels, noise."""


@dataclass(frozen=True)
class Row:
    """One cell of the comparison: numbers over spectra, on the pixels that a problem hides or spoils.

    Parameters
    ----------
    problem, who, method, part
        Names; ``part`` is test or train, ``method`` empty for baselines.
    n
        Number of spectra.
    mse_median, mse_mean
        Median and mean over spectra of the mean squared error.
    chi2_median, chi2_mean
        Median and mean over spectra of the mean of (estimate - datum)² · ivar, 1 where the estimate is the truth; NaN
        where the spectra have no errors.
    coverage68, coverage95
        Share of the pixels that lie in the bands, the data's own noise allowed for; NaN for baselines.
    seconds
        Time for all spectra.
    steps
        Steps until the last one converged; 0 for baselines.
    box
        Mean squared errors over spectra as a box plot shows them: lower whisker, quartiles (three), upper whisker.
    n_outside
        Spectra beyond the whiskers, which the figure of the paper leaves out; see `box_of`.
    """

    problem: str
    who: str
    method: str
    part: str
    n: int
    mse_median: float
    mse_mean: float
    chi2_median: float
    chi2_mean: float
    coverage68: float
    coverage95: float
    seconds: float
    steps: int
    box: tuple[float, ...] = ()
    n_outside: int = 0


WHISKER = 1.5
"""Length of whiskers at most, in units of the distance of the quartiles."""


def box_of(values: np.ndarray) -> tuple[tuple[float, ...], int]:
    """Lower whisker, quartiles, upper whisker of some numbers, and how many lie beyond the whiskers.

    Whiskers reach to the farthest number within `WHISKER` times the interquartile range of the box (Tukey 1977).

    >>> box_of(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 100.0]))
    ((1.0, 2.25, 3.5, 4.75, 5.0), 1)
    """
    low, middle, high = (float(value) for value in np.percentile(values, (25, 50, 75)))
    reach = WHISKER * (high - low)
    inside = values[(values >= low - reach) & (values <= high + reach)]
    return (float(inside.min()), low, middle, high, float(inside.max())), len(values) - len(inside)


def compare(
    models: Mapping[str, LatentModel],
    training: SpectraSet,
    test: SpectraSet,
    problems: Sequence[str] = FIGURE,
    *,
    methods: Sequence[str] = PAPER,
    n: int = 100,
    seed: int = 0,
    report: Report = ignore,
) -> Iterator[Row]:
    """Solve the same problems with every model and with the baselines; yields one row for each.

    Parameters
    ----------
    models
        Models by the name that rows give them; trained on ``training`` or a part of it.
    training
        Spectra to which priors and baselines are fitted.
    test
        Spectra that no model was trained on.
    problems
        Problems as text, see `question`.
    methods
        Methods out of `PAPER`.
    n
        Spectra of either part at most.
    seed
        Seed of all random numbers.
    """
    random = np.random.default_rng(seed)
    validation = np.any([model.in_part(Part.VALIDATION, training.ids) for model in models.values()], axis=0)
    validation |= not validation.any() and np.arange(len(training)) % 10 == 0
    chosen = random.permutation(np.flatnonzero(~validation))[:n]
    parts = {"test": test.take(np.sort(random.permutation(len(test))[:n])), "train": training.take(np.sort(chosen))}
    report(Progress(0.0, "fitting the residuals of the models"))
    residuals = {name: learn_residuals(model, training) for name, model in models.items()}
    for number, text in enumerate(problems):
        question = parse_problem(text, training.grid)
        report(Progress(number / len(problems), text))
        yield from _baselines(question, training, validation, parts["test"], seed)
        for name, model in models.items():
            prior = residuals[name].prior(model, question, seed=seed)
            for part, spectra in parts.items():
                for method in methods:
                    report(Progress(number / len(problems), f"{text}: {name}, {method}, {part}"))
                    yield _solved(question, spectra, (name, method, part), model, prior, seed)


def _solved(
    question: Question, spectra: SpectraSet, what: tuple[str, str, str], model: LatentModel, prior: Prior, seed: int
) -> Row:
    """One model's row; ``what`` is its name, the method and the part."""
    problem, compared = question.pose(spectra, seed + 1)
    start = time.perf_counter()
    solution = solve(problem, model, method=what[1], seed=seed, **vars(prior))
    seconds = time.perf_counter() - start
    inside = [_inside(spectra, compared, solution, name) for name in ("band68", "band95")]
    errors, box = _errors(solution.spectra, spectra, compared)
    return Row(question.text, *what, *errors, *inside, seconds, solution.n_steps, *box)


def _baselines(
    question: Question, training: SpectraSet, validation: np.ndarray, test: SpectraSet, seed: int
) -> Iterator[Row]:
    problem, compared = question.pose(test, seed + 1)
    choosing = training.take(np.flatnonzero(validation))
    ppca, q = baselines.probabilistic_pca(training.take(np.flatnonzero(~validation)), choosing, question, seed)
    fills: dict[str, Callable[[InverseProblem], np.ndarray]] = {
        "linear interpolation": baselines.interpolation,
        "smoothing spline": baselines.smoothing_spline(choosing, question, seed),
        f"probabilistic PCA ({q})": ppca,
        "iterative PCA (10)": baselines.iterative_pca(training),
    }
    if not isinstance(question.operator, Identity):
        fills = {name: fill for name, fill in fills.items() if "probabilistic" in name}  # the others know pixels only
    for name, fill in fills.items():
        start = time.perf_counter()
        filled = fill(problem)
        seconds = time.perf_counter() - start
        errors, box = _errors(filled, test, compared)
        yield Row(question.text, name, "", "test", *errors, np.nan, np.nan, seconds, 0, *box)


def _errors(
    filled: np.ndarray, spectra: SpectraSet, compared: np.ndarray
) -> tuple[tuple[int, float, float, float, float], tuple[tuple[float, ...], int]]:
    """``n, mse_median, mse_mean, chi2_median, chi2_mean`` of the spectra with a pixel to compare, and `box_of`."""
    rows = compared.any(axis=1)
    ivar = measured_ivar(spectra)
    squares = np.where(compared, (filled - spectra.flux) ** 2, 0.0)[rows]
    count = compared[rows].sum(axis=1)
    mse, chi2 = squares.sum(axis=1) / count, (squares * ivar[rows]).sum(axis=1) / count
    if (ivar == UNKNOWN_NOISE).any():
        chi2 = np.full_like(chi2, np.nan)
    return (len(count), *(float(f(v)) for v in (mse, chi2) for f in (np.median, np.mean))), box_of(mse)


def _inside(spectra: SpectraSet, compared: np.ndarray, solution: Solution, name: str) -> float:
    """Share of the compared pixels inside of a band, the noise of the data allowed for, also where it was seen."""
    low, high = np.moveaxis(getattr(solution, name), 1, 0)
    n_sigma = 1.0 if name == "band68" else 2.0
    squares, noise = squared_error(solution, spectra)
    held = squares < (0.5 * (high - low)) ** 2 + n_sigma**2 * noise
    return float(held[compared].mean())
