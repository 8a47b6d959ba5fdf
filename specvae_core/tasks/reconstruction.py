"""Solution of an inverse problem as a result of the workspace, saved while the search goes on."""

import time
from dataclasses import asdict, dataclass, replace

import numpy as np

from ..analysis.reconstruction_lines import measure_reconstruction
from ..data.spectra import SpectraSet
from ..errors import Cancelled
from ..grid import SpectralGrid
from ..inverse import InverseProblem, Prior, Question, Solution, Step, measured_ivar, solve
from ..models.base import LatentModel
from ..progress import Progress, Report
from ..results import Kind
from ..workspace import Workspace

MOST_SHOWN = 8
"""Largest number of spectra for which every step is kept and draws of the posterior are taken."""

DRAWS = 64
"""Number of draws of the posterior; the scatter of a measurement over them is its error."""

SECONDS_BETWEEN_SAVES = 0.3

LEARNING = 0.5
"""Share of a task that learning the prior takes, before the search."""


@dataclass(frozen=True, eq=False)
class PosedProblem:
    """An inverse problem posed for some spectra; ``hidden`` (n, n_pixel) marks seen pixels that are not data."""

    question: Question
    spectra: SpectraSet
    problem: InverseProblem
    hidden: np.ndarray

    @classmethod
    def of(cls, question: Question, spectra: SpectraSet, seed: int) -> "PosedProblem":
        """Pose a problem for spectra."""
        return cls(question, spectra, *question.pose(spectra, seed))

    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays of the result that are known before the search."""
        return {
            "ids": self.spectra.ids,
            "flux": self.spectra.flux,
            "flux_ivar": measured_ivar(self.spectra).astype(np.float32),
            "hidden": self.hidden,
            "observed": self.problem.observed.astype(np.float32),
            "ivar": self.problem.ivar.astype(np.float32),
            "observed_wavelength": self.question.wavelength,
        }


class SearchRecord:
    """Saves the best solution so far, and the solution at the end."""

    def __init__(
        self, workspace: Workspace, result_id: str, header: dict, posed: PosedProblem, network: LatentModel
    ) -> None:
        self.results, self.id, self.posed, self.network = workspace.results, result_id, posed, network
        self.header = header
        self.steps: list[Step] = []
        self.stopped = False
        self._last = -np.inf

    def solve(self, prior: Prior, report: Report, **settings: object) -> Solution:
        """Search; solutions are saved on the way and at the end."""

        def listen(progress: Progress) -> None:
            try:
                report(replace(progress, fraction=LEARNING + (1 - LEARNING) * (progress.fraction or 0.0)))
            except Cancelled:
                self.stopped = True
                raise

        start = time.perf_counter()
        settings["draws"] = DRAWS if len(self.posed.spectra) <= MOST_SHOWN else 0
        solution = solve(self.posed.problem, self.network, **vars(prior), **settings, report=listen, watch=self._watch)
        seconds = time.perf_counter() - start
        header = self._summary(solution, prior, seconds)
        self.results.save(Kind.RECONSTRUCTIONS, self.id, header, self._arrays(solution))
        return solution

    def _watch(self, step: Step) -> None:
        self.steps.append(step)
        if time.monotonic() - self._last < SECONDS_BETWEEN_SAVES or len(step.latents) != len(self.posed.spectra):
            return
        header = self.header | {"state": "running", "steps": step.number, "misfit": float(np.median(step.misfit))}
        arrays = {"latents": step.latents, "misfit": step.misfit, "trace": np.stack([s.misfit for s in self.steps])}
        arrays["path"] = np.stack([step.latents for step in self.steps])
        arrays["spectrum"] = self.network.decode(step.latents)
        self.results.save(Kind.RECONSTRUCTIONS, self.id, header, self.posed.arrays() | arrays)
        self._last = time.monotonic()

    def _summary(self, solution: Solution, prior: Prior, seconds: float) -> dict[str, object]:
        flux, noise = self.posed.spectra.flux, 1 / measured_ivar(self.posed.spectra).clip(1e-30)
        squares = np.where(self.posed.hidden, (solution.spectra - flux) ** 2, np.nan)
        known = bool(self.posed.hidden.any())
        inside = {}
        for share, n_sigma in ((68, 1), (95, 2)):
            low, high = np.moveaxis(getattr(solution, f"band{share}"), 1, 0)
            held = squares < (0.5 * (high - low)) ** 2 + n_sigma**2 * noise
            inside[f"coverage{share}"] = float(held[self.posed.hidden].mean()) if known else None
        return self.header | {
            "state": "stopped" if self.stopped else "finished",
            "steps": solution.n_steps,
            "seconds": round(seconds, 3),
            "misfit": float(np.median(solution.misfit)),
            "n_converged": int(solution.converged.sum()),
            "mse_hidden": float(np.nanmean(squares)) if known else None,
            **inside,
            "calibration": asdict(prior.calibration),
            "lines": self._lines(solution),
        }

    def _lines(self, solution: Solution) -> list[dict[str, object]]:
        """Measured lines of each spectrum with draws of the posterior; photometry has none."""
        if not (solution.draws.shape[1] and isinstance(self.network.grid, SpectralGrid)):
            return []
        ivar = measured_ivar(self.posed.spectra)
        rows = zip(self.posed.spectra.flux, ivar, solution.spectra, solution.draws, strict=True)
        return [measure_reconstruction(self.network.grid, *row) for row in rows]

    def _arrays(self, solution: Solution) -> dict[str, np.ndarray]:
        fields = [name for name in Solution.__dataclass_fields__ if name not in ("n_steps", "draws", "response")]
        found = {name: getattr(solution, name) for name in fields}
        found["spectrum"] = found.pop("spectra")
        if len(solution.latents) <= MOST_SHOWN:
            path = solution.path.astype(np.float32)
            found["path_spectra"] = self.network.decode(path.reshape(-1, path.shape[2])).reshape(*path.shape[:2], -1)
        small = {name: array.astype(np.float32) if array.dtype == float else array for name, array in found.items()}
        return self.posed.arrays() | small
