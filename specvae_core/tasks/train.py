"""Train a model on a survey."""

import time
from collections.abc import Mapping
from pathlib import Path

from ..errors import BadConfig, Cancelled
from ..models import MODELS
from ..models.base import LatentModel
from ..models.config import config_from_mapping
from ..models.storage import save_model
from ..progress import Progress, Report
from ..workspace import Workspace
from .encode import encode_survey


def train(
    workspace: Workspace, report: Report, folder: Path, *, survey: str, model: str, config: Mapping, seed: int = 0
) -> str:
    """Fit a model, keep it, encode the survey that it was trained on; returns the model's id.

    A training that is stopped keeps its best weights so far as a model, and its checkpoint in the job's folder, from
    which the same job goes on later.

    Parameters
    ----------
    workspace
        Holds the survey, gets the model.
    report
        Hears once an epoch.
    folder
        The job's own folder, for the checkpoint.
    survey
        Id of the survey.
    model
        A name from `MODELS`.
    config
        Settings by name; those that are missing keep their defaults.
    seed
        Of all random numbers.
    """
    if model not in MODELS:
        raise BadConfig(f"There is no model named {model}: choose one of {', '.join(MODELS)}.")
    settings = config_from_mapping(MODELS[model].Config, config)
    report(Progress(0.0, f"reading survey {survey}"))
    spectra = workspace.survey(survey).read()
    network = MODELS[model](spectra.grid, settings)
    model_id = _model_id(workspace, folder, network)
    start = time.perf_counter()
    try:
        network.fit(spectra, report, seed=seed, checkpoint=folder / "checkpoint")
    except Cancelled:
        if network.history:
            _keep(workspace, model_id, network, survey, time.perf_counter() - start, seed)
        raise
    _keep(workspace, model_id, network, survey, time.perf_counter() - start, seed)
    encode_survey(workspace, model_id, survey, report)
    return model_id


def _model_id(workspace: Workspace, folder: Path, network: LatentModel) -> str:
    """The id that this job's model has or gets; a job that goes on replaces its own model."""
    path = folder / "model_id"
    if not path.exists():
        path.write_text(workspace.reserve_model_id(network.name, network.n_latent), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def _keep(workspace: Workspace, model_id: str, network: LatentModel, survey: str, seconds: float, seed: int) -> None:
    epochs = len(network.history)
    save_model(network, workspace.model_folder(model_id), survey_id=survey, seconds=seconds, epochs=epochs, seed=seed)
    workspace.forget_model(model_id)
