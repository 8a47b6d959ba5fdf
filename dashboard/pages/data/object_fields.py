"""What is known of objects beside their spectra: a table to join, labels, fractions of endmembers."""

import os
from pathlib import Path

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.server_files import ServerFiles
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine
from dashboard.widgets.upload import UploadField
from specvae_core.data.label_columns import label_names
from specvae_core.errors import UserError


class ObjectFields(Viewer):
    """Fields for the arguments ``catalogue``, ``on``, ``labels``, ``simplex`` and ``group`` of an ingest.

    Parameters
    ----------
    files
        Says which tables of the server may be read.
    uploads
        Folder that takes an uploaded table.
    """

    def __init__(self, files: ServerFiles, uploads: Path, guard: Guard) -> None:
        super().__init__()
        self._files = files
        self.table = _text(
            "Table of objects to join",
            "/data/objects.csv",
            "Adds redshifts, classes and labels to the spectra: any table that Astropy reads, on the server.",
            "join-table",
        )
        self.upload = UploadField(
            uploads, self._uploaded, guard, invitation="or drop the table here", css_classes=["upload", "slim"], **WIDE
        )
        self.on = _text(
            "Joined by", "id", "id, a column, plate,mjd,fiberid, or a distance on the sky: ra,dec:1arcsec.", "join-on"
        )
        self.labels = _text("Labels", "teff,logg", "Columns that every object must have as labels.", "labels")
        self.simplex = _text(
            "Fractions", "a,b,c or 0:4", "Columns with the fractions of endmembers, which sum to 1.", "simplex"
        )
        self.group = group_field()
        self.error = ErrorLine()
        self.table.param.watch(lambda event: self.check(), "value")
        self._layout = pn.Column(
            self.table,
            self.upload,
            self.on,
            pn.Row(self.labels, self.simplex, css_classes=["grid-row"], **WIDE),
            self.group,
            self.error,
            css_classes=["form", "objects"],
            **WIDE,
        )

    def arguments(self) -> dict[str, str]:
        """Arguments of the task by name; only what was given."""
        given = {"catalogue": self.table, "on": self.on, "labels": self.labels, "simplex": self.simplex}
        given |= {"group": self.group}
        return {name: field.value.strip() for name, field in given.items() if field.value.strip()}

    def check(self) -> bool:
        """Say beneath the fields what is wrong with them; whether all is well."""
        sentence, given = "", self.arguments()
        try:
            if "catalogue" in given and not os.path.isfile(self._files.check(given["catalogue"])):
                sentence = (
                    f"There is no file {given['catalogue']} on the server: give the table's whole path, or upload it."
                )
            elif "on" in given and "catalogue" not in given:
                sentence = "Objects are joined with a table: name it, or leave the field of the key empty."
            else:
                label_names(given.get("labels", ""))
        except UserError as error:
            sentence = str(error)
        self.error.show(sentence)
        return not sentence

    def clear(self) -> None:
        """Forget what was given."""
        for field in (self.table, self.on, self.labels, self.simplex, self.group):
            field.value = ""
        self.upload.clear()

    def _uploaded(self) -> None:
        if self.upload.ready:
            self.table.value = str(self.upload.folder / self.upload.names[0])

    def __panel__(self) -> Viewable:
        return self._layout


def group_field() -> pn.widgets.TextInput:
    """Field for the argument ``group`` of an ingest."""
    return _text(
        "Objects named by",
        "id",
        "Column that names the object where one has several spectra: models learn from all of them or from none.",
        "group",
    )


def _text(label: str, example: str, description: str, css: str) -> pn.widgets.TextInput:
    return pn.widgets.TextInput(label=label, placeholder=example, description=description, css_classes=[css], **WIDE)
