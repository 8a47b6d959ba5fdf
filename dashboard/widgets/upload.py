"""Files from the user's own machine."""

import base64
from collections.abc import Callable
from pathlib import Path

import panel as pn
import param
from panel.custom import JSComponent

from specvae_core.data.uploads import MAX_UPLOAD, MISMATCH, Upload
from specvae_core.errors import UserError

from ..page import Guard
from ..theme import ASSETS


class UploadField(JSComponent):
    """Takes files and writes them to the disk piece by piece; the browser's half is ``assets/upload.js``.

    Parameters
    ----------
    uploads
        Folder that takes the uploads.
    on_change
        Called when an upload has begun or is complete.
    """

    invitation = param.String(f"Drop files here, or click to choose (at most {MAX_UPLOAD / 1e9:.0f} GB).")

    _esm = (ASSETS / "upload.js").read_text(encoding="utf-8")

    def __init__(self, uploads: Path, on_change: Callable[[], object], guard: Guard, **params) -> None:
        super().__init__(**params)
        self._uploads, self._on_change = uploads, on_change
        self._upload: Upload | None = None
        self._folder: Path | None = None
        self._answer = guard(self.take)
        if pn.state.curdoc is not None:
            pn.state.on_session_destroyed(lambda context: self.drop())

    @property
    def names(self) -> list[str]:
        """Names of the files."""
        return self._upload.names if self._upload else []

    @property
    def ready(self) -> bool:
        """Whether all of them are there."""
        return self._folder is not None

    @property
    def folder(self) -> Path:
        """Where the files are, once all of them are there."""
        if self._folder is None:
            wait = "The upload is not complete yet: wait for it." if self._upload else "Choose files to upload first."
            raise UserError(wait)
        return self._folder

    def drop(self) -> None:
        """Remove what was uploaded and not used."""
        if self._upload is not None:
            self._upload.discard()
        self._upload = self._folder = None

    def clear(self) -> None:
        """Be ready for other files; the uploaded ones stay."""
        self._upload = self._folder = None
        self._send_msg({"clear": True})

    def _handle_msg(self, data: dict) -> None:
        good = self._answer(data)
        if "done" not in data:
            self._send_msg({"ok": bool(good)})

    def take(self, data: dict) -> bool:
        """Take one message of the browser: the start of an upload, a piece of a file, or the end."""
        try:
            return self._take(data)
        except (KeyError, TypeError, ValueError, OverflowError):  # nothing that our own script sends
            raise UserError(MISMATCH) from None

    def _take(self, data: dict) -> bool:
        if "start" in data:
            self.drop()
            self._upload = Upload(self._uploads, [(str(file["name"]), int(file["size"])) for file in data["start"]])
            self._on_change()
        elif self._upload is not None and "file" in data:
            self._upload.write(int(data["file"]), base64.b64decode(data["data"]))
        elif self._upload is not None:
            self._folder = self._upload.finish()
            self._on_change()
        return self._upload is not None
