"""The form of an ingest: files, name, grid and options."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.server_files import ServerFiles
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine, Setting, field_grid
from specvae_core.data.preprocess_options import PreprocessOptions
from specvae_core.data.readers import list_files
from specvae_core.errors import BadConfig
from specvae_core.grid import parse_grid
from specvae_core.names import free_name
from specvae_core.workspace import Workspace

from .band_fields import BandFields
from .download_form import DownloadForm
from .file_look import FileLook
from .grid_fields import GridFields
from .object_fields import ObjectFields
from .source_picker import SourcePicker
from .vector_fields import VectorFields

IN_SIGHT = ("min_coverage", "assumed_sn")
"""Options that are always in sight; the others are under *More settings*."""

ELSEWHERE = ("air",)
"""Options that other fields of the form stand for."""


class IngestForm(Viewer):
    """Files, name, grid, options and the button that starts.

    Parameters
    ----------
    files
        Says which files of the server may be read.
    on_start
        Called with the arguments of an ingest once all of them are good.
    on_download
        Called with the arguments of a download.
    aside
        Runs work on another thread.
    """

    def __init__(
        self,
        workspace: Workspace,
        files: ServerFiles,
        on_start: Callable[[Mapping[str, object]], object],
        on_download: Callable[[Mapping[str, object]], object],
        aside: Callable[[Callable[[], object]], object],
        theme: str,
        guard: Guard,
    ) -> None:
        super().__init__()
        self._workspace, self._on_start, self._suggested = workspace, on_start, ""
        uploads = workspace.folder / "uploads"
        self.download = DownloadForm(workspace, on_download, aside, guard)
        self.source = SourcePicker(files, uploads, self.download, guard, self._chosen)
        self.survey_name = pn.widgets.TextInput(label="Name of the survey", css_classes=["survey-name"], **WIDE)
        self.survey_name.param.watch(lambda event: self._check_name(), "value")
        self.name_error, self.error = ErrorLine(), ErrorLine()
        self.look = FileLook(workspace, aside, files.limit, theme, self._fill, guard)
        self.objects = ObjectFields(files, uploads, guard)
        self.grid = GridFields(guard)
        check = PreprocessOptions.from_mapping
        self.settings = {
            field.name: Setting(field, check)
            for field in fields(PreprocessOptions)
            if field.metadata and field.name not in ELSEWHERE
        }
        hidden = [setting for name, setting in self.settings.items() if name not in IN_SIGHT]
        more = pn.Column(
            field_grid(hidden), self.look.fields.arms, self.objects, visible=False, css_classes=["form"], **WIDE
        )
        self.toggle = pn.widgets.Toggle(label="More settings", css_classes=["more"])
        self.toggle.link(more, value="visible")
        self.start = pn.widgets.Button(label="Ingest", color="primary", css_classes=["primary", "start"], **WIDE)
        self.start.on_click(guard(lambda _: self._start()))
        common = field_grid(self.settings[name] for name in IN_SIGHT)
        self._naming = pn.Column(self.survey_name, self.name_error, css_classes=["form"], **WIDE)
        self._spectra = pn.Column(self.grid, common, self.toggle, more, css_classes=["form"], **WIDE)
        self.bands = BandFields(lambda chosen: self._arrange(), guard)
        self.vectors = VectorFields(workspace, self._arrange, guard)
        parts = (self.look, self._naming, self.bands, self.vectors, self._spectra, self.error, self.start)
        rest = pn.Column(*parts, css_classes=["form"], **WIDE)
        self.source.switch.param.watch(lambda event: setattr(rest, "visible", not self.source.fetching), "value")
        self._layout = pn.Column(self.source, rest, css_classes=["form"], **WIDE)

    def options(self) -> dict[str, object] | None:
        """The options by name; ``None`` where something is wrong, which then stands at the field."""
        self.error.show("")
        grid = self.grid.grid()
        wrong = [name for name, setting in self.settings.items() if not setting.check()]
        known = self.objects.check()
        if set(wrong) - set(IN_SIGHT) or not known:
            self.toggle.value = True
        if grid is None or wrong or not known:
            return None
        options: dict[str, object] = {"grid": grid}
        for setting in self.settings.values():
            options |= setting.value
        try:
            PreprocessOptions.from_mapping(options)
        except BadConfig as error:  # two options that do not go together
            self.error.show(str(error))
            return None
        return options

    def _arrange(self) -> None:
        """Show the fields of what the files are: spectra, a catalogue of photometry, or vectors."""
        bands, vectors = self.bands.chosen, self.vectors.chosen
        bands.visible, vectors.visible = not vectors.value, not bands.value
        self._spectra.visible = not (bands.value or vectors.value)
        self._naming.visible = not vectors.value or self.vectors.for_new_survey
        self.start.label = "Embed" if vectors.value else "Ingest"

    def _chosen(self) -> None:
        """Name the survey after the files that were chosen, and look at them."""
        self._suggest_name()
        self.grid.forget()
        ready = not self.source.uploading or self.source.upload.ready
        self.look.look(self.source.paths() if self.source.names and ready else ())

    def _fill(self, seen: Mapping) -> None:
        """Take the grid of the files where the chosen one does not suit them."""
        ranges = [kind["wavelength_range"] for kind in seen["kinds"] if kind["wavelength_range"]]
        if seen["grid"]:
            self.grid.suit(parse_grid(seen["grid"]), ranges)
        self.vectors.fill(seen)

    def _suggest_name(self) -> None:
        """Name the survey after its folder or file, unless the user has named it."""
        if self.source.names and self.survey_name.value in ("", self._suggested):
            several = self.source.uploading and len(self.source.names) > 1
            stem = "upload" if several else Path(self.source.names[0]).name.split(".")[0]
            self._suggested = free_name(stem, {survey.id for survey in self._workspace.surveys()}, "survey")
            self.survey_name.value = self._suggested

    def _check_name(self) -> bool:
        name, sentence = self.survey_name.value.strip(), ""
        try:
            if self._workspace.survey_folder(name).exists():
                sentence = f"There is a survey named {name} already: choose another name, or delete that one."
        except BadConfig as error:
            sentence = str(error) if name else "Give the survey a name."
        self.name_error.show(sentence)
        return not sentence

    def _arguments(self) -> Mapping[str, object] | None:
        """Arguments of the task besides files and name; ``None`` where a field is wrong."""
        if self.vectors.chosen.value:
            self.error.show("")
            return self.vectors.arguments(list_files(self.source.paths(), self.look.root))
        if self.bands.chosen.value:
            self.error.show("")
            return self.bands.arguments()
        options = self.options()
        if options is None:
            return None
        return {"options": options, "hints": self.look.fields.hints(), **self.objects.arguments()}

    def _start(self) -> None:
        arguments, named = self._arguments(), not self._naming.visible or self._check_name()
        if arguments is not None and named:
            name = self.survey_name.value.strip()
            if self.vectors.chosen.value:
                self._on_start({**arguments, "survey": arguments["survey"] or name})
            else:
                self._on_start({"paths": self.source.paths(), "name": name, **arguments})
            self._suggested = self.survey_name.value = ""
            self.source.clear()
            self.objects.clear()
            self.bands.clear()
            self.vectors.clear()
            self.look.look(())
            self.name_error.show("")

    def __panel__(self) -> Viewable:
        return self._layout
