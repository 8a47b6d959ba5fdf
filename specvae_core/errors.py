"""Every error that SpecVAE raises on purpose.

::

    SpecVAEError
    ├── Cancelled                 a running task was stopped on request
    └── UserError                 an input cannot be used: what came, what was expected, what to do
        ├── Refused               one file or object that does not enter a survey; carries a named Reason
        ├── GridMismatch          spectra and model lie on different wavelength grids
        ├── NotFound              no survey, model, file or column of that name
        ├── NameTaken             the name is in use and would have been overwritten
        ├── BadConfig             a setting outside its range, or unknown
        ├── IncompleteSurvey      a survey whose writing was interrupted
        ├── NewerFormat           written by a newer version of the program
        ├── Locked                another program or job writes there at this moment
        └── NotWritable           the workspace cannot be written to

The message of a ``UserError`` is one sentence that can be shown as it is.
"""

import errno
from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar


class SpecVAEError(Exception):
    """Root of the tree."""


class Cancelled(SpecVAEError):
    """Raised inside a task by its progress callback, when the task is to stop."""


class UserError(SpecVAEError):
    """An input cannot be used; the message is one sentence for the user."""

    passing: ClassVar[bool] = False
    """Whether the same call may succeed later, because it was the place that failed and not the input."""


class Reason(StrEnum):
    """Why a file or an object did not enter a survey."""

    SKY = "sky"
    ZWARNING = "zwarning"
    COVERAGE = "coverage"
    NO_GOOD_PIXELS = "no_good_pixels"
    MEAN_FLUX = "mean_flux"
    REDSHIFT = "redshift"
    UNREADABLE = "unreadable"
    FOREIGN = "foreign"
    SHAPE = "shape"
    DUPLICATE = "duplicate"
    UNIT = "unit"
    TOO_LARGE = "too_large"

    @property
    def explanation(self) -> str:
        """The reason in a few words, for reports."""
        return _EXPLANATIONS[self]


_EXPLANATIONS = {
    Reason.SKY: "sky fibre: no object was observed",
    Reason.ZWARNING: "the survey's own pipeline warns that this is not a usable spectrum",
    Reason.COVERAGE: "too little of the wavelength grid is covered",
    Reason.NO_GOOD_PIXELS: "no good pixels",
    Reason.MEAN_FLUX: "the mean flux is not positive, so it cannot be normalised",
    Reason.REDSHIFT: "the redshift is missing or impossible",
    Reason.UNREADABLE: "the file cannot be read",
    Reason.FOREIGN: "not a spectrum in a known format",
    Reason.SHAPE: "arrays of different lengths",
    Reason.DUPLICATE: "an object with this id is already in the survey",
    Reason.UNIT: "the wavelengths or units are not known",
    Reason.TOO_LARGE: "reading takes more memory or time than a file gets",
}


LONGEST_MESSAGE = 1000
"""Characters of the sentence of a refusal, which a survey keeps in a table."""


class Refused(UserError):
    """One file or object that does not enter a survey.

    Parameters
    ----------
    reason
        Which gate it failed.
    message
        One sentence with the evidence.
    answer
        The hint that would let it in, a field of `FileHints` (``wavelength_unit``, ``columns.flux``); empty where none
        would.
    choices
        Names of columns that can be the answer, where they are known.
    """

    def __init__(self, reason: Reason, message: str, answer: str = "", choices: Iterable[str] = ()) -> None:
        if len(message) > LONGEST_MESSAGE:  # it quotes names of the file, and a file may name its columns as it likes
            message = f"{message[: LONGEST_MESSAGE - 200]} … {message[-190:]}"
        super().__init__(message.encode("utf-8", "backslashreplace").decode())
        self.reason = reason
        self.answer = answer
        self.choices = tuple(choices)

    def __reduce__(self) -> tuple:  # exceptions travel between processes
        return type(self), (self.reason, str(self), self.answer, self.choices)


class GridMismatch(UserError):
    """Spectra and model lie on different wavelength grids."""


class NotFound(UserError):
    """No survey, model, file or column of that name."""


class NameTaken(UserError):
    """The name is in use and would have been overwritten."""


class BadConfig(UserError):
    """A setting is outside its range, or unknown."""


class IncompleteSurvey(UserError):
    """The writing of this survey was interrupted."""

    passing = True


class NewerFormat(UserError):
    """Written by a newer version of the program."""


class Locked(UserError):
    """Another program or job writes there at this moment."""

    passing = True


class NotWritable(UserError):
    """The workspace cannot be written to."""

    passing = True


_PLACE = {
    errno.ENOSPC: "the disk is full: free some space",
    errno.EDQUOT: "your quota is used up: free some space",
    errno.EFBIG: "the file grows beyond what the system allows: free some space, or raise the limit",
    errno.EROFS: "it is read-only: copy the workspace to a place that you can write to",
    errno.EACCES: "you may not write there: copy the workspace to a place that you can write to",
    errno.EPERM: "you may not write there: copy the workspace to a place that you can write to",
    errno.EIO: "the disk reports an error: look at it, or copy the workspace to another one",
    errno.ESTALE: "the network drive has lost it: connect it again",
}


def disk_error(error: OSError) -> NotWritable | None:
    """An error of the disk as one sentence; ``None`` where it is of another kind.

    Parameters
    ----------
    error
        What writing a file has ended in.
    """
    if error.errno not in _PLACE:
        return None
    where = error.filename if isinstance(error.filename, str) else "The workspace"
    sentence = NotWritable(f"{where} cannot be written: {_PLACE[error.errno]}; what was kept before is still there.")
    sentence.__cause__ = error
    return sentence
