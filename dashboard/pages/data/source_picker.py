"""Where spectra come from: files and folders of the server, or an upload."""

from collections.abc import Callable
from pathlib import Path

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.layout import WIDE
from dashboard.widgets.upload import UploadField
from specvae_core.errors import UserError

from .folder_picker import FolderPicker

SERVER, UPLOAD = "On the server", "Upload"


class SourcePicker(Viewer):
    """Two tabs: on the server, and upload.

    Parameters
    ----------
    uploads
        Folder that takes the uploads.
    on_change
        Called when other files were chosen.
    """

    def __init__(self, uploads: Path, guard: Guard, on_change: Callable[[], object]) -> None:
        super().__init__()
        self.server = FolderPicker(guard, on_change)
        self.upload = UploadField(uploads, on_change, guard, css_classes=["upload"], **WIDE)
        self.switch = pn.widgets.RadioButtonGroup(options=[SERVER, UPLOAD], value=SERVER, css_classes=["switch"])
        self._views = {SERVER: pn.Column(self.server, **WIDE), UPLOAD: pn.Column(self.upload, visible=False, **WIDE)}
        self._layout = pn.Column(self.switch, *self._views.values(), css_classes=["source"], **WIDE)
        self.switch.param.watch(lambda event: self._show(event.new), "value")

    def _show(self, source: str) -> None:
        for name, view in self._views.items():
            view.visible = name == source

    @property
    def uploading(self) -> bool:
        """Whether files are uploaded, and not read where they lie on the server."""
        return self.switch.value == UPLOAD

    @property
    def names(self) -> list[str]:
        """Names of the files and folders that were chosen."""
        return self.upload.names if self.uploading else self.server.paths

    def paths(self) -> list[str]:
        """The paths to read."""
        if self.uploading:
            return [str(self.upload.folder)]
        if not self.server.paths:
            raise UserError("Nothing was chosen: give a file or folder on the server, or upload files.")
        return self.server.paths

    def clear(self) -> None:
        """Forget what was chosen."""
        if self.uploading:
            self.upload.clear()
        self.server.field.value = ""

    def __panel__(self) -> Viewable:
        return self._layout
