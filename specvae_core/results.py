"""Results in a workspace: tracks, outliers, comparisons, reconstructions and the others that `Kind` lists.

::

    results/KIND/ID/
      result.json      the header
      arrays.npz       the arrays, if any
    results/.deleted/KIND/ID/    the last result deleted under that id, which `Results.restore` brings back

An id is made from words that people recognise; a result is found by what its header says, as model and survey.
"""

import itertools
import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import numpy as np

from .atomic import read_json, write_json
from .cache import FileCache
from .errors import NotFound, NotWritable, UserError, disk_error
from .folders import replacing, tidy, visible
from .names import checked
from .npz import read_npz, write_npz

HEADER, ARRAYS = "result.json", "arrays.npz"

HAS_ARRAYS = "has_arrays"
"""Entry of the header: whether there are arrays, so that they are missed. Headers of earlier versions lack it."""

LONGEST_NAME = 56
"""Characters of a name that an id keeps, so that a number behind it fits in the 64 of a folder's name."""


class Kind(StrEnum):
    """All kinds of results; the value is the name of the folder."""

    description: str

    SELECTIONS = "selections", "objects of a survey, by a filter or by hand, under a name"
    EXPLANATIONS = "explanations", "how selected objects differ from others, and whether the difference is real"
    TEACHERS = "teachers", "interest in the objects of a survey, learnt from the scores of some"
    TRACKS = "tracks", "synthetic spectra along a path through latent space"
    OUTLIERS = "outliers", "objects ranked by local outlier factor, the strongest with a reason"
    DENSITIES = "densities", "density of a survey's objects in latent space, from which new ones can be drawn"
    OVERLAYS = "overlays", "a second survey on the map of the first, and its foreign objects"
    AGREEMENTS = "agreements", "neighbours that models have in common, and the catalogue columns that each one knows"
    EPOCHS = "epochs", "latents of some objects at some epochs of a training"
    PROJECTIONS = "projections", "latents of a survey on a map of two or three axes"
    CLUSTERS = "clusters", "groups in latent space"
    COMPARISONS = "comparisons", "reconstruction errors of several models on one survey"
    SEARCHES = "searches", "trials of a search for the best settings of a model"
    CROSS_VALIDATIONS = "crossvalidations", "trials of a cross-validation of Lux's settings"
    BENCHES = "benches", "models and baselines compared on inverse problems"
    PREDICTIONS = "predictions", "labels, redshifts or abundances of a survey's objects"
    PHOTOZ = "photoz", "photometric redshifts of a survey with their scores"
    REDSHIFTS = "redshifts", "redshifts found by reconstruction"
    RAW_FITS = "rawfits", "redshifts and latents fitted to the pixels of the files that objects came from"
    LEAKS = "leaks", "dependence of latents on window and noise of the observation"
    CALIBRATIONS = "calibrations", "errors of a model checked by a truth that it did not learn from"
    NOISE = "noise", "posterior widths compared with the scatter under added noise"
    RECONSTRUCTIONS = "reconstructions", "solutions of inverse problems"

    def __new__(cls, value: str, description: str) -> "Kind":
        """A string with a description."""
        kind = str.__new__(cls, value)
        kind._value_, kind.description = value, description
        return kind


@dataclass(frozen=True, eq=False)
class Result:
    """One result.

    Parameters
    ----------
    kind, id
        Kind of result, and its id within that kind.
    header
        Description, JSON; not to be changed, since others read the same one.
    folder
        Folder with its files.
    """

    kind: Kind
    id: str
    header: dict
    folder: Path

    @property
    def created(self) -> str:
        """When it was made, ISO 8601 in UTC."""
        return self.header.get("created", "")

    @property
    def title(self) -> str:
        """Name shown to people: the id, unless it was renamed."""
        return self.header.get("title") or self.id

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by name, read when they are first asked for."""
        path = self.folder / ARRAYS
        if not (self.header.get(HAS_ARRAYS) or os.path.lexists(path)):
            return {}
        try:
            return read_npz(path)
        except (OSError, ValueError) as error:
            raise UserError(f"The arrays of {self.kind} {self.id} cannot be read ({error}): make it again.") from error


class Results:
    """All results of a workspace.

    Parameters
    ----------
    folder
        Folder of all kinds; made when the first result is saved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._headers = FileCache(_read_header)

    def tidy(self) -> None:
        """Put right what killed programs left half-done."""
        for kind in Kind:
            tidy(self.folder / kind)

    def path(self, kind: Kind, result_id: str) -> Path:
        """Folder of a result, whether it exists or not."""
        return self.folder / Kind(kind) / checked(result_id, "result")

    def save(
        self, kind: Kind, result_id: str, header: Mapping[str, object], arrays: Mapping[str, np.ndarray] | None = None
    ) -> Result:
        """Keep a result, all of it or nothing; an older one of that id is replaced.

        Parameters
        ----------
        kind, result_id
            As `Kind.TRACKS` and ``my-track``.
        header
            JSON; ``created`` is added unless it is there.
        arrays
            Numbers or strings, no objects.
        """
        target = self.path(kind, result_id)
        content = {"created": datetime.now(UTC).isoformat(timespec="milliseconds"), **header, HAS_ARRAYS: bool(arrays)}
        if not self.folder.parent.is_dir():
            raise NotWritable(f"The workspace {self.folder.parent} was moved or deleted: put it back.")
        try:
            with replacing(target) as new:
                write_npz(new / ARRAYS, arrays or {})  # an empty file too, by which a header that is gone is missed
                write_json(new / HEADER, content)
        except OSError as error:
            raise disk_error(error) or NotWritable(
                f"{kind} {result_id} cannot be kept in {self.folder} ({error.strerror}): is the disk full or read-only?"
            ) from error
        return self.load(kind, result_id)

    def load(self, kind: Kind, result_id: str) -> Result:
        """One result.

        Raises
        ------
        NotFound
            When there is none of that id.
        """
        folder = self.path(kind, result_id)
        try:
            header = self._headers.get(folder / HEADER)
        except FileNotFoundError:
            names = ", ".join(result.id for result in self.list(kind)) or "none yet"
            raise NotFound(
                f"There is nothing named {result_id} among the {kind}: this workspace has {names}."
            ) from None
        if header is None:
            raise UserError(f"{folder / HEADER} cannot be read: delete that folder.")
        return Result(Kind(kind), result_id, header, folder)

    def damaged(self) -> list[tuple[Kind, str]]:
        """Kind and id of the results whose headers cannot be read; `list` leaves them out."""
        return [
            (kind, folder.name)
            for kind in Kind
            for folder in visible(self.folder / kind)
            if self._is_unreadable(folder)
        ]

    def _is_unreadable(self, folder: Path) -> bool:
        """Whether the header is damaged, or gone and has left arrays behind; an empty folder is a reserved id."""
        try:
            return self._headers.get(folder / HEADER) is None
        except FileNotFoundError:
            return os.path.lexists(folder / HEADER) or os.path.lexists(folder / ARRAYS)

    def list(self, kind: Kind) -> list[Result]:
        """All results of a kind, the newest first; what cannot be read is left out."""
        found = []
        for folder in visible(self.folder / Kind(kind)):
            for header in self._headers.all([folder / HEADER]):
                if header is not None:
                    found.append(Result(Kind(kind), folder.name, header, folder))
        return sorted(found, key=lambda result: (result.created, result.id), reverse=True)

    def find(self, kind: Kind, **header: object) -> Result | None:
        """The newest result whose header has these entries; ``None`` where there is none.

        An entry ``None`` asks for headers that lack it.
        """
        return next(
            (one for one in self.list(kind) if all(one.header.get(key) == value for key, value in header.items())), None
        )

    def exists(self, kind: Kind, result_id: str) -> bool:
        """Whether there is a result of that id."""
        return (self.path(kind, result_id) / HEADER).exists()

    def reserve(self, kind: Kind, name: str, like: Mapping[str, object] | None = None) -> str:
        """Make the id of a new result from a name: the first free one among ``name``, ``name-2``…

        Parameters
        ----------
        kind
            Kind of result.
        name
            Any text. Characters that cannot stand in a folder's name become dashes, and `LONGEST_NAME` are kept.
        like
            Entries of a header: an older result that has them is replaced, so that its id is returned.
        """
        older = self.find(kind, **like) if like else None
        if older is not None:
            return older.id
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:LONGEST_NAME] or str(kind)
        for number in itertools.count(1):
            result_id = plain if number == 1 else f"{plain}-{number}"
            try:
                self.path(kind, result_id).mkdir(parents=True)
            except FileExistsError:
                continue
            return result_id
        raise AssertionError("numbers do not end")

    def release(self, kind: Kind, result_id: str) -> None:
        """Give a reserved id back, unless a result was saved under it."""
        with suppress(OSError):  # a folder that holds a result is left as it is
            self.path(kind, result_id).rmdir()

    def rename(self, kind: Kind, result_id: str, title: str) -> None:
        """Give a result another title; its id stays."""
        result = self.load(kind, result_id)
        write_json(result.folder / HEADER, result.header | {"title": title.strip()})

    def copy(self, kind: Kind, result_id: str, title: str) -> str:
        """Keep a result a second time, under another title; its new id."""
        original = self.load(kind, result_id)
        copy_id = self.reserve(kind, title)
        header = {key: value for key, value in original.header.items() if key != "created"}
        self.save(kind, copy_id, header | {"title": title}, original.arrays)
        return copy_id

    def delete(self, kind: Kind, result_id: str) -> None:
        """Delete a result; `restore` brings it back."""
        self.load(kind, result_id)
        self._move(self.path(kind, result_id), self._deleted(kind, result_id))

    def restore(self, kind: Kind, result_id: str) -> None:
        """Bring back the last result deleted under that id."""
        away = self._deleted(kind, result_id)
        if not away.exists() or self.exists(kind, result_id):
            raise NotFound(f"There is no deleted {result_id} among the {kind} to bring back.")
        self._move(away, self.path(kind, result_id))

    def _deleted(self, kind: Kind, result_id: str) -> Path:
        return self.folder / ".deleted" / kind / result_id

    @staticmethod
    def _move(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        os.rename(source, target)


def _read_header(path: Path) -> dict | None:
    """The header in a file, ``None`` where it is damaged."""
    try:
        return read_json(path)
    except FileNotFoundError:
        raise
    except (OSError, ValueError):
        return None
