"""Where spectra come from: files and folders of the server, an upload, or a public archive."""

from collections.abc import Callable
from pathlib import Path

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.server_files import ServerFiles
from dashboard.widgets.layout import WIDE
from dashboard.widgets.upload import UploadField

from .folder_picker import FolderPicker

SERVER, UPLOAD, PUBLIC = "On the server", "Upload", "Public data"


class SourcePicker(Viewer):
    """Three tabs: on the server, upload, and public data, which are fetched to the server first.

    Parameters
    ----------
    files
        Says which files of the server may be read.
    uploads
        Folder that takes the uploads.
    public
        The form of the third tab.
    on_change
        Called when other files were chosen.
    """

    def __init__(
        self,
        files: ServerFiles,
        uploads: Path,
        public: Viewable | Viewer,
        guard: Guard,
        on_change: Callable[[], object],
    ) -> None:
        super().__init__()
        self._files = files
        self.server = FolderPicker(files, guard, on_change)
        self.upload = UploadField(uploads, on_change, guard, css_classes=["upload", "spectra-upload"], **WIDE)
        tabs = {SERVER: self.server, UPLOAD: self.upload, PUBLIC: public}
        self.switch = pn.widgets.RadioButtonGroup(options=list(tabs), value=SERVER, css_classes=["switch"])
        self._views = {name: pn.Column(view, visible=name == SERVER, **WIDE) for name, view in tabs.items()}
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
    def fetching(self) -> bool:
        """Whether public data are chosen, of which there are no files yet."""
        return self.switch.value == PUBLIC

    def take(self, folder: Path) -> None:
        """Choose one folder of the server."""
        self.switch.value = SERVER
        self.server.field.value = str(folder)

    @property
    def names(self) -> list[str]:
        """Names of the files and folders that were chosen."""
        if self.fetching:
            return []
        return self.upload.names if self.uploading else self.server.paths

    def paths(self) -> list[str]:
        """The paths to read, all of which may be read; none where none were chosen."""
        if self.uploading:
            return [str(self.upload.folder)]
        return [str(self._files.check(path)) for path in self.server.paths]

    def clear(self) -> None:
        """Forget what was chosen."""
        if self.uploading:
            self.upload.clear()
        self.server.field.value = ""

    def __panel__(self) -> Viewable:
        return self._layout
