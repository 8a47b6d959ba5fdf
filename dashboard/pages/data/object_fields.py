"""What is known of objects beside their spectra: a table to join."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.server_files import ServerFiles
from dashboard.widgets.choices import offer
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine
from dashboard.widgets.upload import UploadField
from specvae_core.data.object_table import PLATE_MJD_FIBRE
from specvae_core.errors import UserError

from .folder_picker import FolderPicker

BY_ID = "their ids"

KEYS = {
    "the id": "id",
    "plate, MJD and fibre": ",".join(PLATE_MJD_FIBRE),
    "the position, within 1″": "ra,dec:1arcsec",
    "the position, within 3″": "ra,dec:3arcsec",
}
"""How objects find their rows in the table, beside by one of its columns."""


class ObjectFields(Viewer):
    """Fields for the arguments ``catalogue``, ``on`` and ``group`` of an ingest; all may be left alone.

    Parameters
    ----------
    files
        Says which tables of the server may be read.
    uploads
        Folder that takes an uploaded table.
    on_change
        Called when there is another table, or none.
    """

    def __init__(self, files: ServerFiles, uploads: Path, on_change: Callable[[], object], guard: Guard) -> None:
        super().__init__()
        self._files, self._on_change = files, on_change
        self.picker = FolderPicker(
            files,
            guard,
            self._changed,
            label="Table of objects to join",
            placeholder="/data/objects.csv",
            folders=False,
        )
        self.upload = UploadField(
            uploads, self._uploaded, guard, invitation="or drop the table here", css_classes=["upload", "slim"], **WIDE
        )
        self.on = pn.widgets.Select(
            label="Joined by",
            options=KEYS,
            description="Adds redshifts, classes and labels to the spectra: any table that Astropy reads.",
            css_classes=["join-on"],
            **WIDE,
        )
        self.group = group_field()
        self.error = ErrorLine()
        self._layout = pn.Column(
            self.picker, self.upload, self.on, self.group, self.error, css_classes=["form", "objects"], **WIDE
        )

    def arguments(self) -> dict[str, str]:
        """Arguments of the task by name; none without a table."""
        table = next(iter(self.picker.paths), "")
        group = {"group": self.group.value} if self.group.value else {}
        return {**({"catalogue": table, "on": self.on.value} if table else {}), **group}

    def offer(self, names: Sequence[str], groups: Sequence[str]) -> None:
        """Offer columns of the table as keys, and columns that may name the object of several spectra."""
        offer_groups(self.group, groups)
        options = {**KEYS, **{f"column {name}": name for name in names if name != "id"}}
        value = self.on.value if self.on.value in options.values() else "id"
        offer(self.on, options, value)

    def check(self) -> bool:
        """Say beneath the fields what is wrong with them; whether all is well."""
        sentence, paths = "", self.picker.paths
        try:
            if paths and not os.path.isfile(self._files.check(paths[0])):
                sentence = f"There is no file {paths[0]} on the server: choose the table, or upload it."
            elif len(paths) > 1:
                sentence = f"One table is joined, and {len(paths)} were chosen: leave out the others."
        except UserError as error:
            sentence = str(error)
        self.error.show(sentence)
        return not sentence

    def clear(self) -> None:
        """Forget what was given."""
        self.picker.field.value = ""
        self.offer([], [])
        self.upload.clear()

    def _changed(self) -> None:
        if self.check():
            self._on_change()

    def _uploaded(self) -> None:
        if self.upload.ready:
            self.picker.field.value = str(self.upload.folder / self.upload.names[0])

    def __panel__(self) -> Viewable:
        return self._layout


def group_field() -> pn.widgets.Select:
    """Field for the argument ``group`` of an ingest."""
    return pn.widgets.Select(
        label="Objects named by",
        options={BY_ID: ""},
        description="Where one object has several rows: models learn from all of them or from none.",
        css_classes=["group"],
        **WIDE,
    )


def offer_groups(field: pn.widgets.Select, names: Sequence[str]) -> None:
    """Offer columns that may name objects."""
    options = {BY_ID: "", **{f"column {name}": name for name in names}}
    field.param.update(options=options, value=field.value if field.value in options.values() else "")
