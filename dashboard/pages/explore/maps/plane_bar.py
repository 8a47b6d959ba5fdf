"""The axes of the focus map: latents, at any epoch, a second view of them, or any columns and expressions."""

from importlib.util import find_spec

import panel as pn

from dashboard.widgets.job_progress import JobProgress
from dashboard.widgets.layout import WIDE
from dashboard.widgets.recipe_button import RecipeButton
from specvae_core.job import Job
from specvae_core.results import Kind
from specvae_core.tasks import submit
from specvae_core.tasks.object_columns import object_columns

from ..map_recipe import recipe_of_map
from ..view import MapView

LATENTS, COLUMNS, EPOCHS = "latents", "columns", "epochs"
VIEWS = {"latents": LATENTS, "epochs": EPOCHS, "columns": COLUMNS, "t-SNE": "tsne", "UMAP": "umap", "PCA": "pca"}


class PlaneBar:
    """A button, and the row that it opens: the kind of view, and the two axes by name or expression."""

    def __init__(self, view: MapView) -> None:
        self.view = view
        guard = view.session.guard
        known = {name: kind for name, kind in VIEWS.items() if kind != "umap" or find_spec("umap") is not None}
        self.toggle = pn.widgets.Toggle(label="axes", css_classes=["pill", "small", "plane-toggle"], value=False)
        self.kind = pn.widgets.Select(label="view", options=known, css_classes=["picker", "plane-kind"])
        self.x, self.y = (
            pn.widgets.AutocompleteInput(
                placeholder=f"{axis}: a column or expression",
                restrict=False,
                min_characters=1,
                case_sensitive=False,
                search_strategy="includes",
                css_classes=["small", f"plane-{axis}"],
                **WIDE,
            )
            for axis in "xy"
        )
        self.progress = JobProgress(view.session, self._ended)
        self.player = pn.widgets.DiscretePlayer(
            options=[0],
            interval=500,
            loop_policy="once",
            show_loop_controls=False,
            show_value=False,  # its place in the list; the title of the map names the epoch
            visible_buttons=["previous", "reverse", "pause", "play", "next"],
            visible=False,
            css_classes=["epochs"],
            **WIDE,
        )
        self.player.param.watch(guard(lambda event: self._wind(event.new)), "value")
        self._known = known
        self.recipe = RecipeButton(view.session, "this map", lambda: recipe_of_map(view))
        row = pn.Row(self.kind, self.x, self.y, self.recipe, css_classes=["bar-row"], **WIDE)
        self.row = pn.Column(row, self.player, self.progress, visible=False, **WIDE)
        self.toggle.link(self.row, value="visible")
        self.toggle.param.watch(guard(lambda event: event.new and self._offer()), "value")
        self.kind.param.watch(guard(lambda event: self._choose(event.new)), "value")
        for field in (self.x, self.y):
            field.param.watch(guard(lambda event: self._enter()), "value")
        self._following = False

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, or ``map``."""
        if not changed & {"map", "plane", "epoch"}:
            return
        state = self.view.session.state
        plane, epoch, kept = state.plane, state.epoch, self.view.epochs()
        kinds = [kind for kind in self._known.values() if kind != EPOCHS or kept is not None]
        method = EPOCHS if epoch else plane[0].rpartition("_")[0] if plane else LATENTS
        self._following = True
        options = {name: kind for name, kind in self._known.items() if kind in kinds}
        self.kind.param.update(options=options, value=method if method in kinds else COLUMNS)
        self.player.visible = bool(epoch)
        if epoch and kept is not None:
            self.player.param.update(options=kept.header["epochs"], value=epoch)
        self.x.value, self.y.value = plane or ("", "")
        self._following = False
        if (plane or epoch) and not self.toggle.value:
            self.toggle.value = True

    def _offer(self) -> None:
        """Names to complete."""
        state, workspace = self.view.session.state, self.view.session.workspace
        names = list(object_columns(workspace, state.survey_id, state.model_id))
        self.x.options = self.y.options = names

    def _choose(self, kind: str) -> None:
        """Show the latents or a second view, which is computed where there is none yet."""
        if self._following or kind == COLUMNS:
            return
        state = self.view.session.state
        if kind == LATENTS:
            state.param.update(plane=[], epoch=0)
            return
        if kind == EPOCHS:
            state.param.update(plane=[], epoch=self.view.epochs().header["epochs"][0])
            return
        asked = {"model": state.model_id, "survey": state.survey_id}
        found = self.view.session.workspace.results.find(Kind.PROJECTIONS, **asked, method=kind)
        if found is not None:
            state.param.update(plane=found.header["columns"][:2], epoch=0)
        elif not self.progress.busy:
            runner, workspace = self.view.session.runner, self.view.session.workspace
            self.progress.follow(submit(runner, workspace, "project", **asked, settings={"method": kind}))

    def _ended(self, job: Job) -> None:
        state = self.view.session.state
        if job.state != "finished":
            self.refresh({"plane"})
            return
        header = self.view.session.workspace.results.load(Kind.PROJECTIONS, job.result).header
        self._offer()
        if (header["model"], header["survey"]) == (state.model_id, state.survey_id):
            state.param.update(plane=header["columns"][:2], epoch=0)

    def _enter(self) -> None:
        texts = [self.x.value.strip(), self.y.value.strip()]
        if not self._following and all(texts):
            self.view.session.state.param.update(plane=texts, epoch=0)

    def _wind(self, epoch: int) -> None:
        if not self._following and self.player.visible:
            self.view.session.state.epoch = epoch
