"""A folder that keeps surveys, models and what was computed from them, by id.

::

    WORKSPACE/
      workspace.json                   format number
      surveys/NAME/                    see data.store
      models/ID/                       see models.storage
      encodings/MODEL/SURVEY.npz       latents of a survey under a model
      results/KIND/ID/                 see results
      labels.sqlite                    see labels
      jobs/ID/                         see jobs
      uploads/                         files that came through the browser
      downloads/NAME/                  files that came from public archives
"""

import itertools
import json
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from .analysis.basis import Basis, principal_basis
from .annotations import Labels
from .atomic import write_json, write_with
from .data import store
from .data.store import Survey
from .errors import NameTaken, NewerFormat, NotFound, NotWritable, UserError
from .grid import Grid, grid_from_json
from .models import storage
from .names import checked
from .results import Results

if TYPE_CHECKING:
    from .models import LatentModel

FORMAT = 1
CACHED = 4
Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Encoding:
    """A survey under a model: what a map needs.

    Parameters
    ----------
    latents
        (n, n_latent) float32, posterior means.
    log_variance
        (n, n_latent) float32, log of the posterior variance; ``None`` for models without one.
    chi2_per_pixel
        (n,) float32, mean over seen pixels of ``ivar * (flux - reconstruction) ** 2``; NaN without seen pixels.
    squared_error
        (n,) float32, mean over seen pixels of the squared residual of normalised flux.
    n_seen
        (n,) int32, number of seen pixels.
    basis
        Principal components of the latents, which maps show; found here where it is not given.
    """

    latents: np.ndarray
    log_variance: np.ndarray | None
    chi2_per_pixel: np.ndarray
    squared_error: np.ndarray
    n_seen: np.ndarray
    basis: Basis | None = None

    def __post_init__(self) -> None:
        if self.basis is None:
            object.__setattr__(self, "basis", principal_basis(self.latents, self.log_variance))

    def component_names(self, model: str) -> tuple[str, ...]:
        """What the principal components are called: *VAE 1*… under a model with a posterior, else by its own name."""
        word = "VAE" if self.log_variance is not None else model.upper()
        return tuple(f"{word} {number + 1}" for number in range(self.latents.shape[1]))


ENCODED = ("latents", "log_variance", "chi2_per_pixel", "squared_error", "n_seen")
"""The arrays of an `Encoding` that have one entry for each object."""


@dataclass(frozen=True)
class SurveySummary:
    """One line about a survey, from its header alone."""

    id: str
    n: int
    grid: Grid
    created: str
    complete: bool
    header: dict


@dataclass(frozen=True)
class ModelSummary:
    """One line about a model, from its header alone."""

    id: str
    name: str
    n_latent: int
    grid: Grid
    survey_id: str
    created: str
    header: dict


class Cache(Generic[Value]):
    """The few values used last; several threads may ask at once."""

    def __init__(self) -> None:
        self._values: OrderedDict[object, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object, make: Callable[[], Value]) -> Value:
        """Look ``key`` up, or make and keep it; the least recently used values are let go."""
        with self._lock:
            if key not in self._values:
                self._values[key] = make()
            self._values.move_to_end(key)
            while len(self._values) > CACHED:
                self._values.popitem(last=False)
            return self._values[key]

    def drop(self, *keys: object) -> None:
        """Forget these keys."""
        with self._lock:
            for key in keys:
                self._values.pop(key, None)


class Workspace:
    """Opens, names and caches; never computes.

    Use `Workspace.open`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = Results(folder / "results")
        self.labels = Labels(folder / "labels.sqlite")
        self._surveys: Cache[Survey] = Cache()
        self._models: Cache[LatentModel] = Cache()
        self._encodings: Cache[Encoding] = Cache()

    @classmethod
    def open(cls, folder: Path | str, create: bool = True) -> "Workspace":
        """Open a workspace, or make a new one where there is nothing.

        Raises
        ------
        NotFound
            There is none, and ``create`` is false.
        UserError
            The folder holds something else, or cannot be written to.
        """
        folder = Path(folder).expanduser().resolve()
        header = folder / "workspace.json"
        if not header.exists():
            if not create:
                raise NotFound(f"There is no workspace at {folder}: `specvae ingest` or `specvae demo` makes one.")
            _make(folder)
        try:
            found = json.loads(header.read_text(encoding="utf-8"))["format"]
        except (OSError, ValueError, KeyError) as error:
            raise UserError(f"{header} cannot be read ({error}): choose another folder as workspace.") from None
        if found > FORMAT:
            raise NewerFormat(f"The workspace {folder} has format {found}, not {FORMAT}: upgrade specvae.")
        if not os.access(folder, os.W_OK):
            raise NotWritable(f"The workspace {folder} is read-only: copy it to a place that you can write to.")
        return cls(folder)

    # Surveys

    def survey_folder(self, survey_id: str) -> Path:
        """Where a survey of that name lies or would lie."""
        return self.folder / "surveys" / checked(survey_id, "survey")

    def surveys(self) -> list[SurveySummary]:
        """All surveys, by name; half-written ones too."""
        summaries = []
        for path in sorted(self.folder.glob("surveys/*/survey.json")):
            header = store.read_header(path.parent)
            grid = grid_from_json(header["grid"])
            summaries.append(
                SurveySummary(path.parent.name, header["n"], grid, header["created"], header["complete"], header)
            )
        return summaries

    def survey(self, survey_id: str) -> Survey:
        """A complete survey by name."""
        folder = self.survey_folder(survey_id)
        if not folder.is_dir():
            self._surveys.drop(survey_id)
            names = ", ".join(survey.id for survey in self.surveys()) or "none yet"
            raise NotFound(f"There is no survey named {survey_id}: this workspace has {names}.")
        return self._surveys.get(survey_id, lambda: Survey.open(folder))

    def delete_survey(self, survey_id: str) -> None:
        """Remove a survey, whole or half-written, and its encodings; models trained on it stay."""
        folder = self.survey_folder(survey_id)
        if not folder.is_dir():
            raise NotFound(f"There is no survey named {survey_id}.")
        self._surveys.drop(survey_id)
        for path in self.folder.glob(f"encodings/*/{survey_id}.npz"):
            path.unlink()
            self._encodings.drop((path.parent.name, survey_id))
        shutil.rmtree(folder)

    # Models

    def models(self) -> list[ModelSummary]:
        """All models, newest first."""
        summaries = []
        for path in self.folder.glob("models/*/model.json"):
            header = storage.read_header(path.parent)
            summaries.append(
                ModelSummary(
                    id=path.parent.name,
                    name=header["model"],
                    n_latent=header.get("n_latent", header["config"]["n_latent"]),
                    grid=grid_from_json(header["grid"]),
                    survey_id=header["survey_id"],
                    created=header["created"],
                    header=header,
                )
            )
        return sorted(summaries, key=lambda model: (model.created, model.id), reverse=True)

    def model_folder(self, model_id: str) -> Path:
        """Where a model of that id lies or would lie."""
        return self.folder / "models" / checked(model_id, "model")

    def reserve_model_id(self, name: str, n_latent: int) -> str:
        """Take the first free id of the form ``infovae-6``, ``infovae-6-2``…"""
        for number in itertools.count(1):
            model_id = f"{name}-{n_latent}" + (f"-{number}" if number > 1 else "")
            if not self.model_folder(model_id).exists():
                break
        self.model_folder(model_id).mkdir(parents=True)
        return model_id

    def forget_model(self, model_id: str) -> None:
        """Let go of what is cached of a model that was written anew, and of encodings under its former weights."""
        self._models.drop(model_id)
        for path in self.folder.glob(f"encodings/{model_id}/*.npz"):
            path.unlink()
            self._encodings.drop((model_id, path.stem))

    def delete_model(self, model_id: str) -> None:
        """Put a model away, and drop what it made of surveys; `restore_model` brings it back."""
        self.model(model_id)  # there is one, or a sentence says so
        folder = self.model_folder(model_id)
        shutil.rmtree(away := folder.parent / ".deleted" / model_id, ignore_errors=True)
        away.parent.mkdir(exist_ok=True)
        os.rename(folder, away)
        self.forget_model(model_id)

    def restore_model(self, model_id: str) -> None:
        """Bring back the model that was deleted last under that id."""
        folder = self.model_folder(model_id)
        if folder.exists() or not (away := folder.parent / ".deleted" / model_id).exists():
            raise NotFound(f"There is no deleted model {model_id} to bring back.")
        os.rename(away, folder)

    def model(self, model_id: str) -> "LatentModel":
        """A model by id, ready to encode and decode."""
        folder = self.model_folder(model_id)
        if not (folder / "model.json").exists():
            self._models.drop(model_id)
            names = ", ".join(model.id for model in self.models()) or "none yet"
            raise NotFound(f"There is no model {model_id}: this workspace has {names}.")
        return self._models.get(model_id, lambda: storage.load_model(folder))

    def model_name(self, model_id: str) -> str:
        """Name of the method of a model, as in `MODELS`, from its header alone."""
        return storage.read_header(self.model_folder(model_id))["model"]

    # Encodings

    def _encoding_path(self, model_id: str, survey_id: str) -> Path:
        return self.folder / "encodings" / checked(model_id, "model") / f"{checked(survey_id, 'survey')}.npz"

    def encoding(self, model_id: str, survey_id: str) -> Encoding | None:
        """The survey under the model, or ``None`` where that was not computed yet."""
        path = self._encoding_path(model_id, survey_id)
        if not path.exists():
            return None
        return self._encodings.get((model_id, survey_id), lambda: _read_encoding(path))

    def save_encoding(self, model_id: str, survey_id: str, encoding: Encoding) -> None:
        """Keep what a model makes of a survey."""
        path = self._encoding_path(model_id, survey_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = {name: getattr(encoding, name) for name in ENCODED if getattr(encoding, name) is not None}
        arrays |= {f"basis_{name}": array for name, array in vars(encoding.basis).items()}
        write_with(path, lambda temporary: np.savez(temporary, **arrays))
        self._encodings.drop((model_id, survey_id))


def _make(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        raise NameTaken(
            f"{folder} holds files but no workspace: give a new or an empty folder, or one that specvae has made."
        )
    try:
        for name in ("surveys", "models", "encodings", "jobs", "uploads"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        write_json(folder / "workspace.json", {"format": FORMAT})
    except OSError as error:
        raise NotWritable(f"No workspace can be made at {folder} ({error.strerror}): choose another folder.") from None


def _read_encoding(path: Path) -> Encoding:
    with np.load(path, allow_pickle=False) as file:
        basis = {name: file.get(f"basis_{name}") for name in Basis.__dataclass_fields__}
        known = all(array is not None for array in basis.values())  # an older file does not have it
        return Encoding(**{name: file.get(name) for name in ENCODED}, basis=Basis(**basis) if known else None)
