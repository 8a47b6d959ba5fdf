"""Codes whose decoded spectra explain the data: Rissaki et al. (2020), Eqs. 3 and 4."""

import numpy as np
import torch
from torch import Tensor

from ..errors import BadConfig, Cancelled, GridMismatch
from ..models import Ability, LatentModel, require_ability
from ..models.density import LatentDensity
from ..models.devices import over_rows
from ..progress import Progress, Report, ignore
from .codes import CodePrior, first_codes
from .likelihood import Likelihood
from .posterior import Calibration, Posterior, bands
from .problem import InverseProblem
from .residuals import ResidualModel
from .search import MAX_STEPS, Search
from .solution import Solution, Step, Watch

METHODS = ("projected", "regularised", "density")
"""Eq. 3, Eq. 4, and Eq. 4 with a flow in place of the Gaussian."""

WEIGHTS = (1e-3, 1e3)
"""Least and largest λ of Eq. 4, in units of the precision of the codes."""

BATCH, BATCH_ON_GPU = 100, 500
"""Spectra that are solved at once: bounds the memory."""

N_ALTERNATIVES = 3
"""Alternative codes that are kept."""

MAX_EXCESS = 6.0
"""Largest χ² (and penalty) of an alternative above that of the best code: 20 times less likely."""

MIN_DISTANCE = 0.3
"""Least distance of two alternatives, in standard deviations of the prior."""


def solve(
    problem: InverseProblem,
    model: LatentModel,
    *,
    method: str = "regularised",
    starts: int = 4,
    candidates: np.ndarray | None = None,
    residual: ResidualModel | None = None,
    calibration: Calibration | None = None,
    weight: float = 1.0,
    density: LatentDensity | None = None,
    draws: int = 0,
    seed: int = 0,
    report: Report = ignore,
    watch: Watch | None = None,
) -> Solution:
    """Solve all problems at once.

    Parameters
    ----------
    problem
        n measurements.
    model
        Any model whose decoder can be differentiated; the search runs where it lies.
    method
        ``projected``: codes are kept on the set that the model's codes lie on (Eq. 3). ``regularised``: a Gaussian
        prior on the codes pulls them in (Eq. 4). ``density``: the same with a flow as the prior.
    starts
        Searches for each spectrum: from the training codes that fit best, and one from a random code.
    candidates
        (m, k) codes of training spectra.
    residual
        Model of the residuals of the decoder on training spectra.
    calibration
        Factors on the errors, from `calibrate`.
    weight
        The λ of Eq. 4 in units of the precision of the codes: factor on the penalty R(z).
    density
        The flow of the method ``density``, which needs it; the others leave it aside.
    draws
        Whole spectra to draw from the posterior of each.
    seed
        Seed of the random starts and draws.
    report
        Called after every step with the value ``misfit`` (the median). Where it raises `Cancelled`, the search ends and
        the best so far is returned, ``converged`` false.
    watch
        Called with every step.

    Raises
    ------
    BadConfig
        An unknown method, a model whose decoder has no gradient, candidates that do not fit the model.
    GridMismatch
        The operator does not take spectra of the model's grid.
    """
    _check(problem, model, method)
    if method == "density" and density is None:
        raise BadConfig("The method density needs the density of the model's latents: fit it first.")
    if not WEIGHTS[0] <= weight <= WEIGHTS[1]:
        raise BadConfig(f"The weight λ of the prior is {weight:g}: {WEIGHTS[0]:g} to {WEIGHTS[1]:g} was expected.")
    if starts < 1:
        raise BadConfig(f"{starts} starts were asked for, but a search needs at least 1.")
    here = CodePrior.of(model.eval(), candidates, weight, density if method == "density" else None)
    prior, operator = here.to(model.device), problem.operator.to(model.device)
    residual = (residual or _no_residuals(model)).to(model.device)
    generator = torch.Generator().manual_seed(seed)
    monitor = _Monitor(report, watch, len(problem))

    def solved(rows: slice) -> Solution:
        some = (values.to(model.device) for values in problem.tensors(rows))
        likelihood = Likelihood(operator, *some, residual)
        codes = first_codes(likelihood, prior, candidates, starts, generator)
        search = Search(likelihood, prior, codes, method == "projected")
        steps = _run(search, monitor, rows)
        return _finished(search, here, steps, calibration or Calibration(), draws, generator)

    size = BATCH if model.device.type == "cpu" else BATCH_ON_GPU
    return Solution.joined(over_rows(solved, len(problem), size))


def _check(problem: InverseProblem, model: LatentModel, method: str) -> None:
    if method not in METHODS:
        raise BadConfig(f"There is no method {method!r}: choose {' or '.join(METHODS)}.")
    require_ability(model, Ability.DECODES_GRADIENT)
    if problem.operator.n_in != model.grid.n_pixel:
        raise GridMismatch(
            f"The problem is about spectra of {problem.operator.n_in} pixels, but the model makes {model.grid.n_pixel}:"
            " pose it on the model's grid."
        )


def _no_residuals(model: LatentModel) -> ResidualModel:
    """A residual model of zero: noise alone explains the residuals."""
    n = model.grid.n_pixel
    return ResidualModel(torch.zeros(n).double(), torch.zeros(0, n).double(), torch.zeros(n).double())


class _Monitor:
    """Reports the steps of a search and remembers a request to stop."""

    def __init__(self, report: Report, watch: Watch | None, n: int) -> None:
        self.report, self.watch, self.n = report, watch, n
        self.stopped = False

    def report_step(self, step: Step, rows: slice, share_done: float) -> None:
        """Report one step of a batch of rows; ``share_done`` of its spectra have converged."""
        if self.watch is not None:
            self.watch(step)
        misfit = float(np.median(step.misfit))
        n_batch = rows.stop - rows.start
        fraction = (rows.start + max(share_done, step.number / MAX_STEPS) * n_batch) / self.n
        values = {"misfit": misfit} if n_batch == self.n else {}
        try:
            self.report(Progress(fraction, f"step {step.number}: χ² per datum {misfit:.4g}", step.number, values))
        except Cancelled:
            self.stopped = True


def _run(search: Search, monitor: _Monitor, rows: slice) -> list[Step]:
    """Search for some rows until all have converged, or `MAX_STEPS` are done."""
    steps = [_where(search, 0)]
    monitor.report_step(steps[0], rows, 0.0)
    while search.active.any() and len(steps) <= MAX_STEPS and not monitor.stopped:
        search.step()
        steps.append(_where(search, len(steps)))
        monitor.report_step(steps[-1], rows, 1 - float(search.active.double().mean()))
    return steps


def _where(search: Search, number: int) -> Step:
    n_seen = search.likelihood.n_seen
    best = search.cost.argmin(dim=1, keepdim=True)
    codes = search.codes.gather(1, best[..., None].expand(-1, -1, search.codes.shape[2]))[:, 0]
    misfit = search.chi2().gather(1, best)[:, 0] / n_seen
    return Step(number, codes.cpu().numpy(), misfit.cpu().numpy())


def _finished(
    search: Search,
    prior: CodePrior,
    steps: list[Step],
    calibration: Calibration,
    draws: int,
    generator: torch.Generator,
) -> Solution:
    """Solution of a search: the best codes, their spectra and bands, and alternatives; ``prior`` on the processor."""
    order = search.cost.argsort(dim=1, stable=True)
    sorted_codes = search.codes.take_along_dim(order[..., None], dim=1)
    posterior = Posterior.at(search.likelihood, search.prior, search.decode, sorted_codes[:, 0])
    misfit = search.chi2().take_along_dim(order, dim=1) / search.likelihood.n_seen[:, None]
    active = search.active.take_along_dim(order, dim=1)[:, 0]
    codes, cost, misfit = (x.cpu() for x in (sorted_codes, search.cost.take_along_dim(order, dim=1), misfit))
    alternatives, their_misfit = _others(prior, codes, cost, misfit)
    return Solution(
        latents=codes[:, 0].numpy(),
        **bands(posterior, calibration),
        draws=posterior.draw(draws, calibration, generator).cpu().numpy(),
        misfit=misfit[:, 0].numpy(),
        trace=np.stack([step.misfit for step in steps]),
        path=np.stack([step.latents for step in steps]),
        alternatives=alternatives,
        alternatives_misfit=their_misfit,
        n_steps=len(steps) - 1,
        converged=~active.cpu().numpy(),
    )


def _others(prior: CodePrior, codes: Tensor, cost: Tensor, misfit: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Alternatives (n, N_ALTERNATIVES, k) to the first code of each row, and their misfits."""
    n, _, k = codes.shape
    found = np.full((n, N_ALTERNATIVES, k), np.nan), np.full((n, N_ALTERNATIVES), np.nan)
    close = cost < cost[:, :1] + MAX_EXCESS
    for row in range(n):
        kept = [0]
        for j in torch.nonzero(close[row])[:, 0].tolist():
            apart = prior.distance(codes[row, j] - codes[row, kept] + prior.mean) > MIN_DISTANCE**2
            if apart.all() and len(kept) <= N_ALTERNATIVES:
                found[0][row, len(kept) - 1], found[1][row, len(kept) - 1] = codes[row, j], misfit[row, j]
                kept.append(j)
    return found
