"""Surveys, models and encodings of a workspace: their folders, and how they are read and written by id.

For the layout of the folder, and for what renames, copies and deletes them, see `workspace`.
"""

import itertools
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .annotations import Annotations
from .cache import Cache, FileCache, file_stamp
from .cutouts import Cutouts
from .data import survey_files
from .data.survey import Survey
from .encodings import Encoding, read_encoding, write_encoding
from .errors import NotFound, NotWritable, UserError
from .folders import visible
from .line_lists import LineLists
from .models import storage
from .names import checked
from .results import Results
from .summaries import ModelSummary, SurveySummary, model_summary, survey_summary

if TYPE_CHECKING:
    from .models import LatentModel  # PyTorch is loaded with the first model


class Contents:
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

    def _check_there(self) -> None:
        """Raise `NotWritable` where somebody has deleted the workspace, so that no half of it is made again."""
        if not self.folder.is_dir():
            raise NotWritable(f"The workspace {self.folder} was moved or deleted: put it back, or open another one.")

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

    def encoding_stamp(self, model_id: str, survey_id: str) -> str:
        """Another word whenever the encoding or the catalogue is another one, for what is kept beside them."""
        catalogue = self.survey_summary(survey_id).header.get(survey_files.FILES, {}).get(survey_files.CATALOGUE)
        encoding = file_stamp(self._encoding_path(model_id, survey_id))
        state = encoding, self._made_from(model_id, survey_id), catalogue
        return f"{zlib.crc32(repr(state).encode()):08x}"

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


def _readable(cache: FileCache, parent: Path, name: str) -> list:
    """Values of the headers in the folders inside ``parent``; see `Workspace.damaged` for the others."""
    return cache.all(folder / name for folder in visible(parent))
