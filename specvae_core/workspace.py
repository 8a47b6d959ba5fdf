"""A folder that keeps surveys, models and what was computed from them, by id.

::

    WORKSPACE/
      workspace.json                   format number
      surveys/NAME/                    see data.survey_files
      surveys/.deleted/NAME/           the last survey deleted under that name, for a day, and its encodings
      models/ID/                       see models.storage
      encodings/MODEL/SURVEY.npz       latents of a survey under a model
      maps/MODEL/SURVEY/               what the maps of millions are drawn from; may be deleted, and is made again
      results/KIND/ID/                 see results
      labels.sqlite, labels.receipt    see annotations
      cutouts/                         see cutouts
      lines/NAME.csv                   see line_lists
      jobs/ID/                         see jobs
      uploads/                         files that came through the browser
      downloads/NAME/                  files that came from public archives
"""

import functools
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from .atomic import read_json, write_json
from .contents import Contents
from .errors import BadConfig, NameTaken, NewerFormat, NotFound, NotWritable, UserError
from .folders import copy, remove, tidy, visible
from .locks import FolderLock
from .names import printable, typed_path
from .summaries import Damaged

FORMAT = 1

LONGEST_TITLE = 64
"""Characters of the name of a survey, a model or a workspace."""

KEPT = 86400.0
"""Seconds that a deleted survey can be brought back."""


class Workspace(Contents):
    """A folder of surveys and models that are opened, named, copied, deleted and brought back.

    Use `Workspace.open`.
    """

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

    def __reduce__(self) -> tuple:  # other processes open the folder, once each
        return _opened, (str(self.folder),)

    def _tidy(self) -> None:
        """Put right what killed programs left half-done."""
        for name in ("surveys", "models"):
            tidy(self.folder / name)
        self.results.tidy()
        for made in self.folder.glob("maps/*/*"):
            tidy(made)
            if not self._encoding_path(made.parent.name, made.name).exists():
                shutil.rmtree(made, ignore_errors=True)
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
                try:
                    if kind == "model" and not any(folder.iterdir()):
                        continue  # reserved by a training
                    cache.get(folder / header)
                except FileNotFoundError:
                    if folder.is_dir():  # it is not just being deleted
                        found.append(Damaged(kind, folder.name, f"{header} is missing"))
                except UserError as error:
                    found.append(Damaged(kind, folder.name, str(error)))
        return found

    # Surveys

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

    def title_of_deleted(self, survey_id: str) -> str:
        """Title of a deleted survey that can be brought back; its id where its header cannot be read."""
        try:
            return read_json(self._deleted_survey(survey_id) / "survey" / "survey.json").get("title") or survey_id
        except (OSError, ValueError, UserError):
            return survey_id

    def _deleted_survey(self, survey_id: str) -> Path:
        return self.folder / "surveys" / ".deleted" / survey_id

    # Models

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


@functools.cache
def _opened(folder: str) -> Workspace:
    """The workspace of a process that works for another one."""
    return Workspace.open(folder, create=False)


def _entitle(header: Path, title: str) -> None:
    """Write a title into the header of a workspace, survey or model."""
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
