"""A folder that keeps surveys, models and what was computed from them, by id.

::

    WORKSPACE/
      workspace.json                   format number
      surveys/NAME/                    see data.survey_files
      surveys/.deleted/NAME/           the last survey deleted under that name, for a day, and its encodings
      models/ID/                       see models.storage
      encodings/MODEL/SURVEY.npz       latents of a survey under a model
      results/KIND/ID/                 see results
      labels.sqlite, labels.receipt    see annotations
      cutouts/                         see cutouts
      lines/NAME.csv                   see line_lists
      jobs/ID/                         see jobs
      uploads/                         files that came through the browser
      downloads/NAME/                  files that came from public archives
"""

import functools
import itertools
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from .annotations import Annotations
from .atomic import read_json, write_json
from .cache import Cache, FileCache, file_stamp
from .cutouts import Cutouts
from .data import survey_files
from .data.survey import Survey
from .encodings import Encoding, read_encoding, write_encoding
from .errors import BadConfig, NameTaken, NewerFormat, NotFound, NotWritable, UserError
from .folders import copy, remove, tidy, visible
from .line_lists import LineLists
from .locks import FolderLock
from .models import storage
from .names import checked, printable, typed_path
from .results import Results
from .summaries import Damaged, ModelSummary, SurveySummary, model_summary, survey_summary

if TYPE_CHECKING:
    from .models import LatentModel  # PyTorch is loaded with the first model

FORMAT = 1

LONGEST_TITLE = 64
"""Characters of the name of a survey, a model or a workspace."""

KEPT = 86400.0
"""Seconds that a deleted survey can be brought back."""


class Workspace:
    """Surveys, models, encodings, results and annotations in one folder, by id; nothing is computed here.

    Use `Workspace.open`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = Results(folder / "results")
        self.annotations = Annotations(folder / "labels.sqlite")
        self.cutouts = Cutouts(folder / "cutouts")
        self.line_lists = LineLists(folder / "lines")
        self._surveys: Cache[Survey] = Cache()
        self._models: Cache[LatentModel] = Cache()
        self._encodings: Cache[Encoding] = Cache()
        self._survey_summaries = FileCache(survey_summary)
        self._model_summaries = FileCache(model_summary)

    @classmethod
    def open(cls, folder: Path | str, create: bool = True) -> "Workspace":
        """Open a workspace; a missing or empty folder becomes a new one.

        Raises
        ------
        NotFound
            There is no workspace, and ``create`` is false.
        UserError
            The folder holds something else, or cannot be written to.
        """
        folder = Path(os.path.realpath(typed_path(folder)))
        header = folder / "workspace.json"
        if not header.exists():
            if not create:
                raise NotFound(f"There is no workspace at {folder}: `specvae ingest` or `specvae demo` makes one.")
            _make(folder)
        try:
            found = read_json(header)["format"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{header} cannot be read ({error}): choose another folder as workspace.") from None
        if found > FORMAT:
            raise NewerFormat(f"The workspace {folder} has format {found}, not {FORMAT}: upgrade specvae.")
        workspace = cls(folder)
        if not workspace.read_only:
            workspace._tidy()
        return workspace

    @property
    def name(self) -> str:
        """Name shown to people: that of the folder, unless it was given another one."""
        try:
            return str(read_json(self.folder / "workspace.json").get("title") or self.folder.name)
        except (OSError, ValueError):
            return self.folder.name

    def rename(self, title: str) -> None:
        """Give the workspace another name; its folder stays.

        Raises
        ------
        BadConfig
            The name is empty or too long.
        """
        _entitle(self.folder / "workspace.json", title)

    @property
    def read_only(self) -> bool:
        """Whether everything can be explored and nothing written."""
        return not os.access(self.folder, os.W_OK)

    def _check_there(self) -> None:
        """Raise `NotWritable` where somebody has deleted the workspace, so that no half of it is made again."""
        if not self.folder.is_dir():
            raise NotWritable(f"The workspace {self.folder} was moved or deleted: put it back, or open another one.")

    def __reduce__(self) -> tuple:  # other processes open the folder, once each
        return _opened, (str(self.folder),)

    def _tidy(self) -> None:
        """Put right what killed programs left half-done."""
        for name in ("surveys", "models"):
            tidy(self.folder / name)
        self.results.tidy()
        with suppress(OSError):  # a full disk
            self.annotations.keep_receipt()
        for away in (self.folder / "surveys" / ".deleted").glob("*"):
            with suppress(FileNotFoundError):  # another program has opened the workspace as well
                if time.time() - away.stat().st_mtime > KEPT:
                    shutil.rmtree(away, ignore_errors=True)

    def damaged(self) -> list[Damaged]:
        """Surveys and models whose headers cannot be read; `surveys` and `models` leave them out."""
        found = []
        for kind, cache, header in (
            ("survey", self._survey_summaries, "survey.json"),
            ("model", self._model_summaries, "model.json"),
        ):
            for folder in visible(self.folder / f"{kind}s"):
                if kind == "model" and not any(folder.iterdir()):
                    continue  # reserved by a training
                try:
                    cache.get(folder / header)
                except FileNotFoundError:
                    found.append(Damaged(kind, folder.name, f"{header} is missing"))
                except UserError as error:
                    found.append(Damaged(kind, folder.name, str(error)))
        return found

    # Surveys

    def survey_folder(self, survey_id: str) -> Path:
        """Folder of a survey, whether it exists or not."""
        return self.folder / "surveys" / checked(survey_id, "survey")

    def surveys(self) -> list[SurveySummary]:
        """All surveys, by name; half-written ones too."""
        return _readable(self._survey_summaries, self.folder / "surveys", "survey.json")

    def survey_summary(self, survey_id: str) -> SurveySummary:
        """One survey by name, from its header alone; a half-written one too."""
        try:
            return self._survey_summaries.get(self.survey_folder(survey_id) / "survey.json")
        except FileNotFoundError:
            raise self._no_survey(survey_id) from None

    def survey(self, survey_id: str) -> Survey:
        """A complete survey by name."""
        folder = self.survey_folder(survey_id)
        stamp = survey_files.header_stamp(folder)
        if stamp is None:
            self._surveys.drop(survey_id)
            raise self._no_survey(survey_id)
        return self._surveys.get(survey_id, lambda: Survey.open(folder), stamp)

    def _no_survey(self, survey_id: str) -> NotFound:
        names = ", ".join(survey.id for survey in self.surveys()) or "none yet"
        return NotFound(f"There is no survey named {survey_id}: this workspace has {names}.")

    def delete_survey(self, survey_id: str) -> None:
        """Delete a survey, whole, half-written or damaged, and its encodings; models trained on it stay.

        `restore_survey` brings both back; a day later they go for good when a workspace is opened. Of a survey that is
        a link, the link alone is removed: its spectra and encodings stay.

        Raises
        ------
        Locked
            The survey is being written.
        """
        folder = self.survey_folder(survey_id)
        if not os.path.lexists(folder):
            raise self._no_survey(survey_id)
        linked = folder.is_symlink()
        with FolderLock(folder):
            if linked:
                remove(folder)
            else:
                away = self._deleted_survey(survey_id)
                shutil.rmtree(away, ignore_errors=True)
                (away / "encodings").mkdir(parents=True)
                os.rename(folder, away / "survey")
        self._surveys.drop(survey_id)
        for path in () if linked else self.folder.glob(f"encodings/*/{survey_id}.npz"):
            os.replace(path, away / "encodings" / f"{path.parent.name}.npz")
            self._encodings.drop((path.parent.name, survey_id))

    def restore_survey(self, survey_id: str) -> None:
        """Bring back the last survey deleted under that id, and its encodings by the models that are still there."""
        folder, away = self.survey_folder(survey_id), self._deleted_survey(survey_id)
        if os.path.lexists(folder) or not (away / "survey").is_dir():
            raise NotFound(f"There is no deleted survey {survey_id} to bring back.")
        os.rename(away / "survey", folder)
        for path in (away / "encodings").iterdir():
            if self.model_folder(path.stem).is_dir():
                os.replace(path, self.folder / "encodings" / path.stem / f"{survey_id}.npz")
        shutil.rmtree(away, ignore_errors=True)

    def rename_survey(self, survey_id: str, title: str) -> None:
        """Give a survey another title; its id stays, so that models, results and links still find it.

        Raises
        ------
        BadConfig
            The title is empty or too long.
        Locked
            The survey is being written.
        """
        self.survey_summary(survey_id)
        with FolderLock(folder := self.survey_folder(survey_id)):
            _entitle(folder / "survey.json", title)

    def copy_survey(self, survey_id: str, copy_id: str) -> None:
        """Copy a complete survey, and its encodings, under another id.

        Raises
        ------
        NameTaken
            There is a survey of that id.
        """
        original, target = self.survey(survey_id), self.survey_folder(copy_id)
        copy(original.folder, target, lambda new: _renew(new / "survey.json", name=copy_id))
        for model_id in self.encoded_by(survey_id):
            self.save_encoding(model_id, copy_id, self.encoding(model_id, survey_id))

    def deleted_surveys(self) -> list[str]:
        """Ids of the deleted surveys that can be brought back, the last deleted first."""
        taken = {path.name for path in visible(self.folder / "surveys")}
        found = [path for path in (self.folder / "surveys" / ".deleted").glob("*/survey") if path.is_dir()]
        found.sort(key=lambda path: path.parent.stat().st_mtime, reverse=True)
        return [path.parent.name for path in found if path.parent.name not in taken]

    def _deleted_survey(self, survey_id: str) -> Path:
        return self.folder / "surveys" / ".deleted" / survey_id

    # Models

    def models(self) -> list[ModelSummary]:
        """All models, newest first."""
        found = _readable(self._model_summaries, self.folder / "models", "model.json")
        return sorted(found, key=lambda model: (model.created, model.id), reverse=True)

    def model_summary(self, model_id: str) -> ModelSummary:
        """One model by id, from its header alone."""
        try:
            return self._model_summaries.get(self.model_folder(model_id) / "model.json")
        except FileNotFoundError:
            raise self._no_model(model_id) from None

    def trained_on(self, model_id: str) -> str:
        """Name of the survey that a model was trained on; that survey may be deleted since."""
        return self.model_summary(model_id).survey_id

    def reference_survey(self, model_id: str, stand_in: str | None) -> Survey:
        """The survey that a model was trained on, or another one like it where that survey is gone.

        Parameters
        ----------
        model_id
            The model.
        stand_in
            Name of the survey to take then; ``None`` where there is none.

        Raises
        ------
        NotFound
            The survey is gone, and so is the stand-in.
        """
        trained_on = self.trained_on(model_id)
        complete = {survey.id for survey in self.surveys() if survey.complete}
        if trained_on in complete:
            return self.survey(trained_on)
        if stand_in is None:
            raise NotFound(
                f"The survey {trained_on}, which the model {model_id} was trained on, is gone, and its spectra are "
                "needed to say how well the model does: give a survey that is like it."
            )
        return self.survey(stand_in)

    def model_folder(self, model_id: str) -> Path:
        """Folder of a model, whether it exists or not."""
        return self.folder / "models" / checked(model_id, "model")

    def reserve_model_id(self, name: str, n_latent: int) -> str:
        """Take the first free id of the form ``infovae-6``, ``infovae-6-2``…"""
        for number in itertools.count(1):
            model_id = f"{name}-{n_latent}" + (f"-{number}" if number > 1 else "")
            with suppress(FileExistsError):
                self.model_folder(model_id).mkdir(parents=True)
                return model_id
        raise AssertionError("numbers do not end")

    def save_model(self, model: "LatentModel", model_id: str, *, survey_id: str, seconds: float, seed: int) -> None:
        """Keep a fitted model; an older one of that id is replaced, and encodings under its weights are dropped.

        Parameters
        ----------
        model
            The model, with the history of its training.
        model_id
            See `reserve_model_id`.
        survey_id
            The survey that it was trained on.
        seconds
            Duration of the training.
        seed
            Seed of the training.
        """
        self._check_there()
        epochs = len(model.history)
        folder = self.model_folder(model_id)
        storage.save_model(model, folder, survey_id=survey_id, seconds=seconds, epochs=epochs, seed=seed)
        self._forget_model(model_id)

    def _forget_model(self, model_id: str) -> None:
        """Drop a model from memory, and its encodings from memory and disk."""
        self._models.drop(model_id)
        for path in self.folder.glob(f"encodings/{model_id}/*.npz"):
            path.unlink(missing_ok=True)
            self._encodings.drop((model_id, path.stem))

    def delete_model(self, model_id: str) -> None:
        """Delete a model, a damaged one too, and its encodings; `restore_model` brings the model back."""
        folder = self.model_folder(model_id)
        if not folder.is_dir() or not any(folder.iterdir()):
            raise self._no_model(model_id)
        with FolderLock(folder):
            shutil.rmtree(away := folder.parent / ".deleted" / model_id, ignore_errors=True)
            away.parent.mkdir(exist_ok=True)
            os.rename(folder, away)
        self._forget_model(model_id)

    def restore_model(self, model_id: str) -> None:
        """Bring back the last model deleted under that id."""
        folder = self.model_folder(model_id)
        if folder.exists() or not (away := folder.parent / ".deleted" / model_id).exists():
            raise NotFound(f"There is no deleted model {model_id} to bring back.")
        os.rename(away, folder)

    def rename_model(self, model_id: str, title: str) -> None:
        """Give a model another title; its id stays. Errors as in `rename_survey`."""
        self.model_summary(model_id)
        with FolderLock(folder := self.model_folder(model_id)):
            _entitle(folder / "model.json", title)

    def copy_model(self, model_id: str, copy_id: str) -> None:
        """Copy a model, and the encodings by it, under another id.

        Raises
        ------
        NameTaken
            There is a model of that id.
        """
        self.model_summary(model_id)
        copy(self.model_folder(model_id), self.model_folder(copy_id), lambda new: _renew(new / "model.json"))
        for path in sorted(self.folder.glob(f"encodings/{model_id}/*.npz")):
            if (encoding := self.encoding(model_id, path.stem)) is not None:
                self.save_encoding(copy_id, path.stem, encoding)

    def model(self, model_id: str) -> "LatentModel":
        """A model by id, ready to encode and decode."""
        folder = self.model_folder(model_id)
        try:
            stamp = file_stamp(folder / "model.json")
        except OSError:
            self._models.drop(model_id)
            raise self._no_model(model_id) from None
        return self._models.get(model_id, lambda: storage.load_model(folder), stamp)

    def _no_model(self, model_id: str) -> NotFound:
        names = ", ".join(model.id for model in self.models()) or "none yet"
        return NotFound(f"There is no model {model_id}: this workspace has {names}.")

    # Encodings

    def _encoding_path(self, model_id: str, survey_id: str) -> Path:
        return self.folder / "encodings" / checked(model_id, "model") / f"{checked(survey_id, 'survey')}.npz"

    def _made_from(self, model_id: str, survey_id: str) -> str:
        """The very model and survey that an encoding belongs to, so that it is never read under others of those ids."""
        try:
            model, survey = self.model_summary(model_id).header, self.survey_summary(survey_id).header
        except UserError:
            return ""
        return " ".join(str(header.get("uid", header["created"])) for header in (model, survey))

    def encoding(self, model_id: str, survey_id: str) -> Encoding | None:
        """Encoding of a survey by a model, ``None`` where it was not computed yet."""
        path = self._encoding_path(model_id, survey_id)
        try:
            stamp = file_stamp(path), self._made_from(model_id, survey_id)
        except FileNotFoundError:
            return None
        return self._encodings.get((model_id, survey_id), lambda: read_encoding(path, stamp[1]), stamp)

    def encoded_by(self, survey_id: str) -> list[str]:
        """Ids of the models and embeddings under which a survey is encoded, newest first."""
        return [model.id for model in self.models() if self._encoding_path(model.id, survey_id).exists()]

    def save_encoding(self, model_id: str, survey_id: str, encoding: Encoding) -> None:
        """Keep the encoding of a survey by a model.

        Raises
        ------
        NotFound
            Another program has deleted one of the two meanwhile.
        """
        self._check_there()
        path = self._encoding_path(model_id, survey_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_encoding(path, encoding, self._made_from(model_id, survey_id))
        except FileNotFoundError as error:
            raise NotFound(
                f"Model {model_id} or survey {survey_id} was deleted while its encoding was being kept: choose another."
            ) from error
        self._encodings.drop((model_id, survey_id))


@functools.cache
def _opened(folder: str) -> Workspace:
    """The workspace of a process that works for another one."""
    return Workspace.open(folder, create=False)


def _readable(cache: FileCache, parent: Path, name: str) -> list:
    """Values of the headers in the folders inside ``parent``; see `Workspace.damaged` for the others."""
    return cache.all(folder / name for folder in visible(parent))


def _entitle(header: Path, title: str) -> None:
    """Write a title into the header of a survey or model."""
    title = title.strip()
    if not 0 < len(title) <= LONGEST_TITLE or not title.isprintable():
        raise BadConfig(f"{printable(title)!r} cannot be a name: 1 to {LONGEST_TITLE} printable characters can.")
    write_json(header, read_json(header) | {"title": title}, allow_nan=True)


def _renew(header: Path, **changes: object) -> None:
    """Make a copy a survey or model of its own: encodings of the original are not taken for those of the copy."""
    content = {key: value for key, value in read_json(header).items() if key != "title"}
    write_json(header, content | {"uid": uuid4().hex, **changes}, allow_nan=True)


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
