"""Search λ and layer sizes; the best trial becomes a model."""

import math
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..analysis.compare import reconstruction_error
from ..analysis.search import METHODS, propose, searched
from ..atomic import without_nan
from ..data.spectra import SpectraSet
from ..data.split import Part
from ..errors import BadConfig
from ..job import remembered
from ..models import MODELS
from ..models.base import LatentModel
from ..models.config import config_from_mapping, with_declared
from ..progress import Progress, Report, sub_report
from ..results import Kind
from ..workspace import Workspace

MOST_TRIALS = 1000
DIVERGED = 1e9


def search(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    survey: str,
    model: str,
    trials: int = 20,
    method: str = "bayesian",
    config: Mapping[str, object] | None = None,
    seed: int = 0,
) -> str:
    """Train with one setting after the other and keep the best as a model; returns the search's id.

    The best trial has the lowest mean squared error on the validation part; the loss does not compare trials, since it
    contains λ. The error of the best on the test part, by which nothing was chosen, is kept as ``test``. Each trial is
    saved when it is done, so that a search that is stopped keeps its trials and the best model so far, and goes on
    from there.

    Parameters
    ----------
    workspace
        Holds the survey, gets the model and the search.
    report
        Progress callback, called at every epoch; ``search/mse`` and ``search/best`` are the values by trial.
    folder
        The job's own folder, for the checkpoint of the present trial.
    survey, model
        Id of the survey, and a name from `MODELS`.
    trials
        Number of trials.
    method
        ``bayesian`` or ``random``.
    config
        Settings that all trials share; these are not searched.
    seed
        Seed of all random numbers.
    """
    shared = dict(config or {})
    names = _checked(model, shared, trials, method)
    report(Progress(0.0, f"reading survey {survey}"))
    source = workspace.survey(survey)
    shared = with_declared(source.header, MODELS[model].Config, shared)
    spectra = source.read()
    run = _Search(workspace, folder, {"survey": survey, "model_name": model, "method": method, "seed": seed})
    while len(run.trials) < trials:
        number = len(run.trials)
        done = [({name: trial[name] for name in names}, _error(trial)) for trial in run.trials]
        settings = propose(names, method, done, seed)
        title = f"trial {number + 1} of {trials}"
        run.add(settings, shared, spectra, sub_report(report, number / trials, 1 / trials, title))
        values = {"search/mse": _error(run.trials[-1]), "search/best": _error(run.best)}
        message = f"{title}: best error {values['search/best']:.4g}"
        report(Progress((number + 1) / trials, message, number + 1, values))
    return run.id


class _Search:
    """A search in the making."""

    def __init__(self, workspace: Workspace, folder: Path, header: dict) -> None:
        self.workspace, self.folder = workspace, folder
        name = f"{header['survey']}-{header['model_name']}"
        self.id = remembered(folder, "search", lambda: workspace.results.reserve(Kind.SEARCHES, name))
        self.header = {**header, "job": folder.name, "model": None, "best": None, "trials": []}
        if workspace.results.exists(Kind.SEARCHES, self.id):
            known = workspace.results.load(Kind.SEARCHES, self.id).header
            self.header = {**known, "trials": list(known["trials"])}

    @property
    def trials(self) -> list[dict]:
        """All finished trials."""
        return self.header["trials"]

    @property
    def best(self) -> dict:
        """The trial of the lowest error."""
        return self.trials[self.header["best"]]

    def add(self, settings: Mapping[str, float], shared: Mapping, spectra: SpectraSet, report: Report) -> None:
        """Make one trial and save it."""
        model_class, seed = MODELS[self.header["model_name"]], self.header["seed"]
        network = model_class(spectra.grid, config_from_mapping(model_class.Config, {**shared, **settings}))
        checkpoint = self.folder / f"trial-{len(self.trials)}.checkpoint"
        start = time.perf_counter()
        network.fit(spectra, report, seed=seed, checkpoint=checkpoint)
        seconds = time.perf_counter() - start
        validation = np.flatnonzero(network.in_part(Part.VALIDATION, spectra.ids))
        mse = reconstruction_error(network, spectra.take(validation)).mse
        losses = [entry["validation/loss"] for entry in network.history if "validation/loss" in entry]
        trial = {"trial": len(self.trials) + 1, **settings, "val_loss": min(losses, default=math.nan), "mse": mse}
        self.trials.append({**trial, "epochs": len(network.history), "seconds": round(seconds, 2)})
        self.header["best"] = int(np.argmin([_error(entry) for entry in self.trials]))
        if self.header["best"] == len(self.trials) - 1:
            self._keep(network, seconds)
            unseen = network.unseen(spectra.ids)
            test = reconstruction_error(network, spectra.take(unseen.rows))
            self.header["test"] = {"part": unseen.part, "n": test.n, "mse": test.mse}
        self.workspace.results.save(Kind.SEARCHES, self.id, without_nan(self.header))
        checkpoint.unlink(missing_ok=True)

    def _keep(self, network: LatentModel, seconds: float) -> None:
        """Make the network the search's model, in the place of the one that was best before."""
        if self.header["model"] is None:
            self.header["model"] = self.workspace.reserve_model_id(network.name, network.n_latent)
        survey, seed = self.header["survey"], self.header["seed"]
        self.workspace.save_model(network, self.header["model"], survey_id=survey, seconds=seconds, seed=seed)


def _error(trial: Mapping[str, float | None]) -> float:
    """The error of a trial; `DIVERGED` for one without a finite error."""
    mse = trial["mse"]
    return mse if mse is not None and math.isfinite(mse) else DIVERGED


def _checked(model: str, shared: dict, trials: int, method: str) -> list[str]:
    """Settings to search, after everything that was asked for was checked."""
    if model not in MODELS:
        raise BadConfig(f"There is no model named {model}: choose one of {', '.join(MODELS)}.")
    if not 1 <= trials <= MOST_TRIALS:
        raise BadConfig(f"{trials} trials were asked for: a whole number from 1 to {MOST_TRIALS} was expected.")
    if method not in METHODS:
        raise BadConfig(f"There is no search method {method!r}: choose one of {', '.join(METHODS)}.")
    config_from_mapping(MODELS[model].Config, shared)
    names = [name for name in searched(MODELS[model].Config) if name not in shared]
    if not names:
        raise BadConfig("Every setting that could be searched was given: leave at least one of them open.")
    return names
