"""The form of an ingest: files, kind of data, name, grid and options."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.server_files import ServerFiles
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine, Setting, field_grid
from specvae_core.data.data_kind import DataKind
from specvae_core.data.file_lists import list_files
from specvae_core.data.preprocess_options import PreprocessOptions
from specvae_core.errors import BadConfig
from specvae_core.grid import parse_grid
from specvae_core.names import free_name
from specvae_core.workspace import Workspace

from .band_fields import BandFields
from .download_form import DownloadForm
from .file_look import FileLook
from .grid_fields import GridFields
from .kind_fields import SPECTRAL_KINDS, KindFields
from .object_fields import ObjectFields
from .source_picker import SourcePicker
from .vector_fields import VectorFields

NOT_SEEN = "Looking at the files…"
NO_FILES = "Nothing was chosen: give a file or folder on the server, or upload files."

IN_SIGHT = ("min_coverage", "assumed_sn")
"""Options that are always in sight; the others are under *More settings*."""

ELSEWHERE = ("air",)
"""Options that other fields of the form stand for."""


class IngestForm(Viewer):
    """Files, kind of data, name, grid, options and the button that starts.

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
        self._workspace, self._on_start = workspace, on_start
        uploads = workspace.folder / "uploads"
        self.download = DownloadForm(workspace, on_download, aside, guard)
        self.source = SourcePicker(files, uploads, self.download, guard, self._chosen)
        self.kind = KindFields(self._arrange, guard)
        self.survey_name = pn.widgets.TextInput(label="Name of the survey", css_classes=["survey-name"], **WIDE)
        self.survey_name.param.watch(lambda event: self._check_name(), "value")
        self.name_error, self.error = ErrorLine(), ErrorLine()
        self.look = FileLook(workspace, aside, files.limit, theme, self._fill, guard)
        self.objects = ObjectFields(files, uploads, self._look, guard)
        self.grid = GridFields(guard)
        check = PreprocessOptions.from_mapping
        self.settings = {
            field.name: Setting(field, check)
            for field in fields(PreprocessOptions)
            if field.metadata and field.name not in ELSEWHERE
        }
        hidden = [setting for name, setting in self.settings.items() if name not in IN_SIGHT]
        more = pn.Column(
            field_grid(hidden),
            self.look.fields.arms,
            self.look.fields.columns,
            self.objects,
            visible=False,
            css_classes=["form"],
            **WIDE,
        )
        self.toggle = pn.widgets.Toggle(label="More settings", css_classes=["more"])
        self.toggle.link(more, value="visible")
        self.start = pn.widgets.Button(label="Ingest", color="primary", css_classes=["primary", "start"], **WIDE)
        self.start.on_click(guard(lambda _: self._start()))
        self._starts_when_seen = False
        common = field_grid(self.settings[name] for name in IN_SIGHT)
        self._naming = pn.Column(self.survey_name, self.name_error, css_classes=["form"], **WIDE)
        self._spectra = pn.Column(self.grid, common, self.toggle, more, css_classes=["form"], **WIDE)
        self.bands = BandFields()
        self.vectors = VectorFields(workspace, self._arrange, guard)
        parts = (self.kind, self.look, self._naming, self.bands, self.vectors, self._spectra, self.error, self.start)
        rest = pn.Column(*parts, css_classes=["form"], **WIDE)
        self.source.switch.param.watch(lambda event: setattr(rest, "visible", not self.source.fetching), "value")
        self._layout = pn.Column(self.source, rest, css_classes=["form"], **WIDE)

    @property
    def chosen_name(self) -> str:
        """Name of the survey: what was typed, else what is suggested."""
        return self.survey_name.value.strip() or self.survey_name.placeholder

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
        """Show the fields of the kind of data."""
        kind = self.kind.chosen
        self.bands.shown, self.vectors.shown = kind == DataKind.PHOTOMETRY, kind == DataKind.EMBEDDING
        self._spectra.visible = self.look.fields.shown = kind in SPECTRAL_KINDS
        self._naming.visible = kind != DataKind.EMBEDDING or self.vectors.for_new_survey
        self._label_start()

    def _label_start(self) -> None:
        word = "Embed" if self.kind.chosen == DataKind.EMBEDDING else "Ingest"
        self.start.label = NOT_SEEN if self._starts_when_seen else word

    def _chosen(self) -> None:
        """Suggest a name after the files that were chosen, and look at them."""
        self._suggest_name()
        self.error.show("")
        self.grid.forget()
        self.kind.forget()
        self._look()

    def _look(self) -> None:
        ready = not self.source.uploading or self.source.upload.ready
        paths = self.source.paths() if self.source.names and ready else ()
        self.look.look(paths, self.objects.arguments().get("catalogue", ""))

    def _fill(self, seen: Mapping | None) -> None:
        """Fill in what the look found, ``None`` where it failed; then start, where the user has asked for it."""
        if seen is not None:
            self.kind.fill(seen)
            self.bands.fill(seen["catalogues"])
            self.objects.offer(seen["keys"], seen["groups"])
            self.vectors.fill(seen)
            ranges = [kind["wavelength_range"] for kind in seen["kinds"] if kind["wavelength_range"]]
            if seen["grid"]:
                own = self.kind.chosen in (DataKind.STARS, DataKind.MIXTURES)
                self.grid.suit(parse_grid(seen["grid"]), ranges, own=own)
            self._arrange()
        if self._starts_when_seen:
            self._starts_when_seen = False
            self._label_start()
            self._start()

    def _suggest_name(self) -> None:
        """Suggest the name of the folder or file."""
        names = self.source.names
        stem = (
            "upload" if self.source.uploading and len(names) > 1 else Path(names[0]).name.split(".")[0] if names else ""
        )
        taken = {survey.id for survey in self._workspace.surveys()}
        self.survey_name.placeholder = free_name(stem, taken, "survey") if names else ""

    def _check_name(self) -> bool:
        name, sentence = self.chosen_name, ""
        try:
            if self._workspace.survey_folder(name).exists():
                sentence = f"There is a survey named {name} already: choose another name, or delete that one."
        except BadConfig as error:
            sentence = str(error) if name else "Give the survey a name."
        self.name_error.show(sentence)
        return not sentence

    def _arguments(self) -> Mapping[str, object] | None:
        """Arguments of the task besides files and name; ``None`` where a field is wrong."""
        self.error.show("")
        if self.kind.chosen == DataKind.EMBEDDING:
            return self.vectors.arguments(list_files(self.source.paths(), self.look.root))
        if self.kind.chosen == DataKind.PHOTOMETRY:
            return self.bands.arguments()
        options, columns = self.options(), self.kind.arguments()
        if options is None or columns is None:
            return None
        return {"options": options, "hints": self.look.fields.hints(), **columns, **self.objects.arguments()}

    def _start(self) -> None:
        if self.look.waiting:
            self._starts_when_seen = True
            self._label_start()
            return
        if not self.source.names:
            self.error.show(NO_FILES)
            return
        arguments, named = self._arguments(), not self._naming.visible or self._check_name()
        if arguments is not None and named:
            name = self.chosen_name
            if self.kind.chosen == DataKind.EMBEDDING:
                self._on_start({**arguments, "survey": arguments["survey"] or name})
            else:
                self._on_start({"paths": self.source.paths(), "name": name, **arguments})
            self._clear()

    def _clear(self) -> None:
        """Be ready for other files."""
        self.survey_name.param.update(value="", placeholder="")
        for part in (self.source, self.objects, self.kind, self.bands, self.vectors):
            part.clear()
        self.look.look(())
        self.name_error.show("")
        self._arrange()

    def __panel__(self) -> Viewable:
        return self._layout
