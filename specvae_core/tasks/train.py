"""Train a model on a survey."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..data.label_columns import label_names, lend_labels
from ..data.spectra import SpectraSet
from ..data.split import Part
from ..data.spool import Spool
from ..data.survey import Survey
from ..errors import BadConfig, Cancelled, UserError
from ..grid import check_grid
from ..job import remembered
from ..memory import available_memory
from ..models import MODELS, LatentModel
from ..models.abilities import Ability
from ..models.config import ModelConfig, config_from_mapping, with_declared
from ..progress import Progress, Report, ignore
from ..workspace import Workspace
from .density import density
from .encode import encode_survey
from .rewind import Rewind
from .unseen import unseen_objects

ENOUGH = 1000
"""Objects of a survey from which on the density of its latents is fitted with every model."""

BYTES = 32
"""Memory that a training takes for each pixel of each spectrum where it holds the whole survey."""

SHARE = 0.7
"""Share of the memory at hand that the spectra of a training may take."""

FINE = 0.1
"""Share of the first learning rate with which a training goes on from the weights of another model."""


def train(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    survey: str,
    model: str,
    config: Mapping,
    seed: int = 0,
    labels_from: str = "",
    start_from: str = "",
    keep_epochs: bool = True,
) -> str:
    """Fit a model, keep it, encode the survey that it was trained on; returns the model's id.

    Surveys of `ENOUGH` objects get the density of their latents, too.

    A training that is stopped keeps its best weights so far as a model, and its checkpoint in the job's folder, from
    which the same job goes on later.

    Parameters
    ----------
    workspace
        Holds the survey, gets the model.
    report
        Progress callback, called once an epoch.
    folder
        The job's own folder, for the checkpoint.
    survey
        Id of the survey.
    model
        A name from `MODELS`.
    config
        Settings by name; the others keep their defaults.
    seed
        Seed of all random numbers.
    labels_from
        A survey that shares objects with this one, by id, and lends them its labels (label transfer).
    start_from
        Id of a model of the same kind and grid whose weights are the first ones: fine-tuning for a survey that is too
        small to learn from alone. Its settings hold where ``config`` has no others.
    keep_epochs
        Whether a training of an autoencoder keeps the latents of some objects at some epochs, see `Rewind`.
    """
    source = workspace.survey(survey)
    if not labels_from:
        check_training(workspace, survey=survey, model=model, config=config, start_from=start_from)
    known = workspace.model(start_from) if start_from else None
    network = _network(source, model, config, known, start_from)
    # A job that goes on replaces its own model.
    model_id = remembered(folder, "model_id", lambda: workspace.reserve_model_id(network.name, network.n_latent))
    start = time.perf_counter()
    rewind: Rewind | None = None

    def keep() -> None:
        if known is not None:
            taught = _taught(workspace, start_from, survey)
            network.part_ids[Part.TRAINING] = np.union1d(network.part_ids[Part.TRAINING], taught)
        workspace.save_model(network, model_id, survey_id=survey, seconds=time.perf_counter() - start, seed=seed)

    try:
        with _spectra(workspace, source, network, folder, report, labels_from) as spectra:
            if keep_epochs and Ability.KEEPS_EPOCHS in network.abilities:
                rewind = Rewind(network, source, report)
            network.fit(spectra, rewind or report, seed=seed, checkpoint=folder / "checkpoint")
    except Cancelled:
        if network.history:
            keep()
        raise
    except UserError:  # without a model the id is free again
        _release(workspace, folder, model_id)
        raise
    keep()
    if rewind is not None:
        rewind.keep(workspace, model_id)
    encode_survey(workspace, model_id, survey, report, device=getattr(network.config, "device", "auto"))
    if source.n >= ENOUGH:
        density(workspace, report, folder, model=model_id, survey=survey, seed=seed)
    return model_id


def check_training(
    workspace: Workspace, *, survey: str, model: str, config: Mapping[str, object], start_from: str = ""
) -> None:
    """Refuse a training that cannot succeed, as one of labels on a survey without any, before spectra are read.

    Parameters
    ----------
    workspace, survey, model, config, start_from
        As in `train`.

    Raises
    ------
    NotFound, BadConfig
        What the catalogue of the survey lacks for these settings of the model.
    """
    source = workspace.survey(survey)
    known = workspace.model(start_from) if start_from else None
    MODELS[_checked(model)].check_catalogue(_settings(source, model, config, known), source.catalogue)


def assist(
    workspace: Workspace,
    *,
    survey: str,
    model: str,
    config: Mapping,
    seed: int = 0,
    labels_from: str = "",
    start_from: str = "",
    keep_epochs: bool = True,
) -> None:
    """Learn a share of every batch of a training whose first process runs `train`, and keep nothing.

    Parameters
    ----------
    workspace
        Holds the survey.
    survey, model, config, seed, labels_from, start_from
        As in `train`.
    keep_epochs
        Nothing is kept here; accepted since a job's arguments are those of `train`.
    """
    source = workspace.survey(survey)
    known = workspace.model(start_from) if start_from else None
    network = _network(source, model, config, known, start_from)
    with _spectra(workspace, source, network, workspace.folder, ignore, labels_from) as spectra:
        network.fit(spectra, seed=seed)


def _network(source: Survey, model: str, config: Mapping, known: LatentModel | None, start_from: str) -> LatentModel:
    """The model before it has learnt, with the weights of a known one where it goes on from that."""
    network = MODELS[_checked(model)](source.grid, _settings(source, model, config, known))
    if known is not None:
        check_grid(known.grid, source.grid)
        network.start_from(known, start_from)
    return network


def _checked(model: str) -> str:
    """The name of a model, refused where there is none."""
    if model not in MODELS:
        raise BadConfig(f"There is no model named {model}: choose one of {', '.join(MODELS)}.")
    return model


def _settings(source: Survey, model: str, config: Mapping, known: LatentModel | None) -> ModelConfig:
    """All settings: those given, then those of a model that is gone on from, the survey's columns, the defaults."""
    given = _fine(known, model) | dict(config) if known else dict(config)
    kind = MODELS[model].Config
    return config_from_mapping(kind, with_declared(source.header, kind, given))


@contextmanager
def _spectra(
    workspace: Workspace, source: Survey, network: LatentModel, folder: Path, report: Report, labels_from: str
) -> Iterator[SpectraSet | Spool]:
    """Spectra of a survey: in memory where they fit, else in a file of the folder, for models that learn from one."""
    report(Progress(0.0, f"reading survey {source.name}"))
    large = BYTES * source.n * source.grid.n_pixel > SHARE * available_memory()
    if large and Ability.STREAMS in network.abilities:
        with Spool(source, folder, report) as spool:
            yield spool
        return
    spectra = source.read()
    if labels_from:
        names = label_names(getattr(network.config, "labels", ""))
        spectra = replace(spectra, table=lend_labels(spectra.table, workspace.survey(labels_from).table, names))
    yield spectra


def _fine(known: LatentModel, model: str) -> dict[str, object]:
    """Settings of a training that goes on from a model: its own, with a tenth of the learning rate."""
    if known.name != model or Ability.STARTS_FROM not in known.abilities:
        raise BadConfig(
            f"A training of {model} cannot start from a model of kind {known.name}: name one of the same kind that was "
            "trained by gradient descent."
        )
    settings = known.config.to_json()
    return settings | {"learning_rate": FINE * settings["learning_rate"]}


def _taught(workspace: Workspace, model: str, survey: str) -> np.ndarray:
    """Ids of objects that have taught or chosen a model: they count as learnt by one that goes on from it."""
    unseen, ids = unseen_objects(workspace, model, survey), workspace.survey(survey).ids
    return ids[~unseen.mask] if unseen.part in ("test", "other") else ids


def _release(workspace: Workspace, folder: Path, model_id: str) -> None:
    with suppress(OSError):  # a folder that holds an older model of this job is left as it is
        workspace.model_folder(model_id).rmdir()
        (folder / "model_id").unlink()
