"""What was computed or made by hand in a workspace: tracks, outliers, comparisons, reconstructions…

::

    results/KIND/ID/
      result.json      the header: whatever describes it
      arrays.npz       its arrays, where it has any
    results/.deleted/KIND/ID/    what was deleted last under that id, so that it can come back
"""

import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np

from .atomic import write_json
from .errors import NotFound, NotWritable, UserError
from .names import checked

HEADER, ARRAYS = "result.json", "arrays.npz"


@dataclass(frozen=True, eq=False)
class Result:
    """One result.

    Parameters
    ----------
    kind, id
        What it is, and its name within that kind.
    header
        What describes it, JSON.
    folder
        Where it lies.
    """

    kind: str
    id: str
    header: dict
    folder: Path

    @property
    def created(self) -> str:
        """When it was made, ISO 8601 in UTC."""
        return self.header.get("created", "")

    @property
    def title(self) -> str:
        """What people call it: its id, unless it was renamed."""
        return self.header.get("title") or self.id

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by name, read when they are first asked for."""
        path = self.folder / ARRAYS
        if not path.exists():
            return {}
        try:
            with np.load(path, allow_pickle=False) as file:
                return dict(file)
        except (OSError, ValueError) as error:
            raise UserError(f"The arrays of {self.kind} {self.id} cannot be read ({error}): make it again.") from error


class Results:
    """All results of a workspace.

    Parameters
    ----------
    folder
        Where they lie; made when the first one is saved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, kind: str, result_id: str) -> Path:
        """Where a result lies or would lie."""
        return self.folder / checked(kind, "kind of result") / checked(result_id, "result")

    def save(
        self, kind: str, result_id: str, header: Mapping[str, object], arrays: Mapping[str, np.ndarray] | None = None
    ) -> Result:
        """Keep a result, all of it or nothing; an older one of that id is replaced.

        Parameters
        ----------
        kind, result_id
            As ``tracks`` and ``my-track``.
        header
            JSON; ``created`` is added unless it is there.
        arrays
            Numbers or strings, no objects.
        """
        target = self.path(kind, result_id)
        content = {"created": datetime.now(UTC).isoformat(timespec="milliseconds"), **header}
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".saving-", dir=target.parent) as temporary:
                new = Path(temporary) / "new"
                new.mkdir()
                if arrays:
                    np.savez(new / ARRAYS, **arrays)
                write_json(new / HEADER, content)
                if target.exists():
                    os.rename(target, Path(temporary) / "old")
                os.rename(new, target)
        except OSError as error:
            raise NotWritable(
                f"{kind} {result_id} cannot be kept in {self.folder} ({error.strerror}): is the disk full or read-only?"
            ) from error
        return self.load(kind, result_id)

    def load(self, kind: str, result_id: str) -> Result:
        """One result.

        Raises
        ------
        NotFound
            When there is none of that id.
        """
        folder = self.path(kind, result_id)
        try:
            header = json.loads((folder / HEADER).read_text(encoding="utf-8"))
        except FileNotFoundError:
            names = ", ".join(result.id for result in self.list(kind)) or "none yet"
            raise NotFound(
                f"There is nothing named {result_id} among the {kind}: this workspace has {names}."
            ) from None
        except (OSError, ValueError) as error:
            raise UserError(f"{folder / HEADER} cannot be read ({error}): delete that folder.") from error
        return Result(kind, result_id, header, folder)

    def list(self, kind: str) -> list[Result]:
        """All results of a kind, the newest first; what cannot be read is left out."""
        found = []
        for path in self.folder.glob(f"{checked(kind, 'kind of result')}/*/{HEADER}"):
            try:
                found.append(Result(kind, path.parent.name, json.loads(path.read_text(encoding="utf-8")), path.parent))
            except (OSError, ValueError):
                continue
        return sorted(found, key=lambda result: (result.created, result.id), reverse=True)

    def exists(self, kind: str, result_id: str) -> bool:
        """Whether there is a result of that id."""
        return (self.path(kind, result_id) / HEADER).exists()

    def reserve(self, kind: str, name: str, like: Mapping[str, object] | None = None) -> str:
        """Find the first free id among ``name``, ``name-2``…, and take it.

        Where ``like`` is given, an older result whose header says the same is to be replaced, and its id is returned.
        """
        for result in self.list(kind) if like else ():
            if all(result.header.get(key) == value for key, value in like.items()):
                return result.id
        for number in itertools.count(1):
            result_id = name if number == 1 else f"{name}-{number}"
            try:
                self.path(kind, result_id).mkdir(parents=True)
            except FileExistsError:
                continue
            return result_id
        raise AssertionError("numbers do not end")

    def rename(self, kind: str, result_id: str, title: str) -> None:
        """Call it something else; its id stays."""
        result = self.load(kind, result_id)
        write_json(result.folder / HEADER, result.header | {"title": title.strip()})

    def delete(self, kind: str, result_id: str) -> None:
        """Put it away; `restore` brings it back."""
        self.load(kind, result_id)
        self._move(self.path(kind, result_id), self._deleted(kind, result_id))

    def restore(self, kind: str, result_id: str) -> None:
        """Bring back what was deleted last under that id."""
        away = self._deleted(kind, result_id)
        if not away.exists() or self.exists(kind, result_id):
            raise NotFound(f"There is no deleted {result_id} among the {kind} to bring back.")
        self._move(away, self.path(kind, result_id))

    def _deleted(self, kind: str, result_id: str) -> Path:
        return self.folder / ".deleted" / kind / result_id

    @staticmethod
    def _move(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        os.rename(source, target)
