"""Train several models at several numbers of latents on one survey, and compare their reconstruction errors."""

import dataclasses
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..analysis.compare import WAYS, distance, reconstructions
from ..analysis.folds import SMALL, fitted_folds
from ..atomic import without_nan
from ..data.spectra import SpectraSet
from ..errors import BadConfig, UserError
from ..job import remembered
from ..models import MODELS, LatentModel
from ..models.config import ModelConfig, chooses_latents, config_from_mapping, with_declared
from ..progress import Progress, Report, sub_report
from ..results import Kind
from ..workspace import Workspace

Entry = tuple[str, ModelConfig, int]
"""Name of a model, its settings, and the seed of its training."""

Tested = tuple[LatentModel, np.ndarray]
"""A fitted model, and the rows (m,) of a survey that it is tested on."""

MOST_SEEDS = 20


def compare(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    survey: str,
    models: Sequence[str],
    latents: Sequence[int],
    config: Mapping[str, object] | None = None,
    seed: int = 0,
    seeds: int = 1,
) -> str:
    """Fit each model at each number of latents and measure it on the test part; returns the comparison's id.

    The test part is the same for all, since it is chosen by id. A survey of fewer than `SMALL` spectra is
    cross-validated instead: five models are fitted, each is measured on the fold that it has not seen, and the first
    is kept. Beside the error of the model as it is stand, under ``by``, those of `WAYS`. The fitted models become
    ordinary models of the workspace. The comparison is saved after each model, so that one that is stopped keeps its
    rows and goes on from there; a model that an earlier comparison has fitted in the same way is not fitted again. A
    model that cannot use the survey is listed under ``refused`` with its reason.

    Parameters
    ----------
    workspace
        Holds the survey, gets the models and the comparison.
    report
        Progress callback, called at every epoch; ``mse/MODEL`` is the value at the step "number of latents".
    folder
        The job's own folder, for checkpoints.
    survey
        Id of the survey.
    models, latents
        Names from `MODELS`, and numbers of latents.
    config
        Other settings; each applies to the models that have it (PCA, for example, has no epochs).
    seed, seeds
        First seed of all random numbers, and how many seeds each model is fitted with.
    """
    if not 1 <= seeds <= MOST_SEEDS:
        raise BadConfig(f"{seeds} seeds were asked for: a whole number from 1 to {MOST_SEEDS} was expected.")
    source = workspace.survey(survey)
    settings_of = _plan(models, latents, config or {}, source.header)
    plan = [(name, settings, seed + more) for more in range(seeds) for name, settings in settings_of]
    report(Progress(0.0, f"reading survey {survey}"))
    spectra = source.read()
    comparison = _Comparison(workspace, folder, survey, spectra, seed)
    missing = comparison.start(plan)
    for done, number in enumerate(missing):
        name, settings, _ = plan[number]
        title = f"{MODELS[name].title}{_latents(settings.n_latent)} ({number + 1} of {len(plan)})"
        error = comparison.add(number, plan[number], sub_report(report, done / len(missing), 1 / len(missing), title))
        values = {f"mse/{name}": error} if math.isfinite(error) else {}
        k = comparison.rows[number]["n_latent"] if number in comparison.rows else settings.n_latent
        report(Progress((done + 1) / len(missing), f"{title}: done", k, values))
    if not comparison.rows:
        workspace.results.delete(Kind.COMPARISONS, comparison.id)
        raise UserError(comparison.refused[0]["reason"])
    return comparison.id


class _Comparison:
    """A comparison in the making."""

    def __init__(self, workspace: Workspace, folder: Path, survey: str, spectra: SpectraSet, seed: int) -> None:
        self.workspace, self.folder, self.spectra = workspace, folder, spectra
        name = f"{survey}-comparison"
        self.id = remembered(folder, "comparison", lambda: workspace.results.reserve(Kind.COMPARISONS, name))
        made = workspace.survey(survey).header["created"]
        self.header = {"survey": survey, "survey_created": made, "seed": seed, "job": folder.name}
        self.rows: dict[int, dict] = {}
        self.refused: list[dict] = []

    def start(self, plan: list[Entry]) -> list[int]:
        """Take over rows of earlier comparisons; returns the entries of the plan that are left to do."""
        known = _known_rows(self.workspace, self.header)
        keys = [_key(name, config.to_json(), seed) for name, config, seed in plan]
        self.rows = {number: known[key] for number, key in enumerate(keys) if key in known}
        self._save()
        return [number for number in range(len(plan)) if number not in self.rows]

    def add(self, number: int, entry: Entry, report: Report) -> float:
        """Fit one model and keep its row as the plan's entry ``number``; returns its error, NaN where refused."""
        name, config, seed = entry
        try:
            self.rows[number] = self._fit(name, config, seed, report)
        except UserError as error:
            self.refused.append({"model": name, "n_latent": config.n_latent, "reason": str(error)})
        self._save()
        return self.rows[number]["mse"] if number in self.rows else float("nan")

    def _save(self) -> None:
        rows = [self.rows[number] for number in sorted(self.rows)]
        header = without_nan({**self.header, "rows": rows, "refused": self.refused})
        self.workspace.results.save(Kind.COMPARISONS, self.id, header)

    def _fit(self, name: str, config: ModelConfig, seed: int, report: Report) -> dict[str, object]:
        start = time.perf_counter()
        part, fitted = self._fitted(name, config, seed, report)
        network, errors = fitted[0][0], errors_by_way(fitted, self.spectra)
        seconds, epochs = time.perf_counter() - start, len(network.history)
        model_id = self.workspace.reserve_model_id(name, network.n_latent)
        survey = self.header["survey"]
        self.workspace.save_model(network, model_id, survey_id=survey, seconds=seconds, seed=seed)
        row = {"model": name, "n_latent": network.n_latent, **errors["own"], "by": errors, "part": part, "seed": seed}
        return row | {"seconds": round(seconds, 2), "epochs": epochs, "id": model_id, "config": config.to_json()}

    def _fitted(self, name: str, config: ModelConfig, seed: int, report: Report) -> tuple[str, list[Tested]]:
        """The part that is tested, and models with the rows that each is tested on; the first one is kept."""
        network = MODELS[name](self.spectra.grid, config)
        checkpoint = self.folder / f"{name}-{config.n_latent}-{seed}.checkpoint"
        part = "cross-validation"
        if len(self.spectra) < SMALL:
            fitted = list(fitted_folds(network, self.spectra, report, seed=seed, checkpoint=checkpoint))
        else:
            network.fit(self.spectra, report, seed=seed, checkpoint=checkpoint)
            unseen = network.unseen(self.spectra.ids)
            part, fitted = unseen.part, [(network, unseen.rows)]
        checkpoint.unlink(missing_ok=True)
        return part, fitted


def errors_by_way(fitted: Sequence[Tested], spectra: SpectraSet) -> dict[str, dict[str, object]]:
    """Errors of reconstructions, as fields of `ReconstructionError`, for each of `WAYS`."""
    flux = {way: np.zeros_like(spectra.flux) for way in WAYS}
    for model, rows in fitted:
        for way, found in reconstructions(model, spectra.take(rows)).items():
            flux[way][rows] = found
    tested = np.unique(np.concatenate([rows for _, rows in fitted]))
    part = spectra.take(tested)
    return {way: dataclasses.asdict(distance(values[tested], part)) for way, values in flux.items()}


def _plan(
    models: Sequence[str], latents: Sequence[int], config: Mapping[str, object], survey: Mapping[str, object]
) -> list[tuple[str, ModelConfig]]:
    """Names and settings of all models to fit, the quick ones of each name first; everything is checked here.

    A model whose number of latents follows from its labels is fitted once. ``survey`` is the header of the survey,
    which may say what its labels are.
    """
    if not models or not latents:
        raise BadConfig("A comparison needs at least one model and one number of latents, as in pca,infovae and 2,6.")
    for name in models:
        if name not in MODELS:
            raise BadConfig(f"There is no model named {name}: choose among {', '.join(MODELS)}.")
    fields = {name: {field.name for field in dataclasses.fields(model.Config)} for name, model in MODELS.items()}
    for setting in config:
        if not any(setting in known for known in fields.values()):
            raise BadConfig(f"No model has a setting {setting!r}.")
    plan = []
    for name in dict.fromkeys(models):
        kind = MODELS[name].Config
        given = {setting: value for setting, value in config.items() if setting in fields[name]}
        own = with_declared(survey, kind, given)
        numbers = sorted(set(latents)) if chooses_latents(kind) else [kind().n_latent]
        plan += [(name, config_from_mapping(kind, {**own, "n_latent": k})) for k in numbers]
    return plan


def _known_rows(workspace: Workspace, header: Mapping[str, object]) -> dict[tuple, dict]:
    """Rows of earlier comparisons of the same survey whose models are still there, by model and settings.

    A setting that an earlier version did not have was at its default.
    """
    present = {model.id for model in workspace.models()}
    return {
        _key(row["model"], MODELS[row["model"]].Config().to_json() | row["config"], row["seed"]): row
        for result in workspace.results.list(Kind.COMPARISONS)
        if all(result.header[name] == header[name] for name in ("survey", "survey_created"))
        for row in result.header["rows"]
        if row["id"] in present and row["model"] in MODELS and "by" in row and not result.header.get("where")
    }


def _key(name: str, config: Mapping[str, object], seed: int) -> tuple:
    return (name, seed, *sorted((setting, str(value)) for setting, value in config.items() if setting != "device"))


def _latents(n: int) -> str:
    return f", {n} latent{'s' if n != 1 else ''}" if n else ""
