"""Reading an uploaded spectrum on another thread than the page's, whatever is in the file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.aside import Aside
from dashboard.page import Session
from dashboard.widgets.unit_question import question_of
from specvae_core.data.readers.axis import read_hints
from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import BadConfig, Refused
from specvae_core.models.base import LatentModel
from specvae_core.tasks.uploaded import Uploaded


@dataclass(frozen=True)
class _Read:
    spectra: SpectraSet
    notes: list[str] = field(default_factory=list)


class UploadReader:
    """Reads the last file that was asked for, once for each model and each set of hints.

    Parameters
    ----------
    on_read
        Called without arguments once a spectrum is there.
    """

    def __init__(self, session: Session, on_read: Callable[[], object]) -> None:
        self._session, self._on_read = session, on_read
        self._aside: Aside[_Read] = Aside(session.runner.aside)
        self._asked: tuple[object, ...] = ()
        self._spectra: SpectraSet | None = None
        self.busy = False
        """Whether a file is being read."""

    def spectra(self, path: Path, model: LatentModel, hints: Mapping[str, str]) -> SpectraSet | None:
        """The one spectrum of a file on the grid of a model; ``None`` while it is read, and where it cannot be."""
        asked = (path, model, *sorted(hints.items()))
        if asked != self._asked:
            self._asked, self._spectra, self.busy = asked, None, True
            self._aside.ask(lambda: _read(path, model, dict(hints)))
        return self._spectra

    def forget(self) -> None:
        """Drop what was read, or is being read."""
        self._aside.forget()
        self._asked, self._spectra, self.busy = (), None, False

    def poll(self) -> None:
        """Take what has been read since; why it cannot be read, and what is odd in it, become notices."""
        answer = self._aside.take()
        if answer is None:
            return
        self.busy = False
        if answer.value is None:
            self._session.notify(answer.trouble, kind="bad")
        else:
            self._spectra = answer.value.spectra
            for note in answer.value.notes:
                self._session.notify(note)
        self._on_read()


def _read(path: Path, model: LatentModel, hints: Mapping[str, str]) -> _Read:
    try:
        file = Uploaded(path, model, read_hints(hints))
    except Refused as refusal:
        if refusal.answer != "wavelength_unit":
            raise
        raise BadConfig(f"{question_of(str(refusal))} Choose it beneath the file.") from refusal
    spectra = file.at_rest()
    if len(spectra) != 1:
        raise BadConfig(f"{path.name} holds {len(spectra)} spectra, one was expected: ingest it under Data instead.")
    return _Read(spectra, file.notes)
