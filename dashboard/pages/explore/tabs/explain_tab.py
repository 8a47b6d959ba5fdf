"""Why the selection differs, and whether that is real."""

import html
from collections.abc import Mapping

import numpy as np
import pandas as pd
import panel as pn

from dashboard.address_texts import rows_to_text
from dashboard.widgets.computed import Computed
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.table import Column, Table
from specvae_core.analysis.track_paths import Points
from specvae_core.grid import SpectralGrid
from specvae_core.results import Kind, Result
from specvae_core.tasks.recipes import explanation_recipe
from specvae_core.tasks.selections import selections_of

from .explain_plot import ExplainPlot, build_explain, legend
from .tab import Tab

_LINES = (
    Column("name", "feature"), Column("difference", "A − B", ".3g", "median of A minus median of B"),
    Column("sigma", "σ", ".1f", "significance"), Column("q", "q", ".0e", "false-discovery rate"),
)  # fmt: skip
_COLUMNS = (Column("name", "column"), Column("effect", "effect", ".2f", "Cliff’s delta; of classes Cramér’s V"))


class ExplainTab(Tab):
    """A sentence, two median spectra with their difference, what differs, typical and extreme members."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        guard = self.view.session.guard
        self._result: Result | None = None
        self._drawn: ExplainPlot | None = None
        self.against = pn.widgets.Select(
            label="against", options={_REST: ""}, css_classes=["picker", "small", "explain-pick"]
        )
        self.start = pn.widgets.Button(label="Explain", css_classes=["pill", "primary"])
        self.start.on_click(guard(lambda _: self._start()))
        self.track = pn.widgets.Button(label="Track from B to A", css_classes=["pill", "small"], visible=False)
        self.track.on_click(guard(lambda _: self._make_track()))
        self.recipe = RecipeButton(self.view.session, "this explanation", self._recipe)
        self.recipe.visible = False
        self.members = pn.widgets.Select(
            label="members", options=[], css_classes=["picker", "small", "explain-pick"], visible=False
        )
        self.members.param.watch(guard(self._pick), "value")
        self.verdict = pn.pane.HTML("", css_classes=["evidence", "verdict"], sizing_mode="stretch_width")
        self._figures = pn.Column(sizing_mode="stretch_both", css_classes=["one", "explain-plot"])
        self.lines = Table(lambda _: None, _LINES, sizing_mode="stretch_both", css_classes=["rows", "fits"])
        self.columns = Table(lambda _: None, _COLUMNS, sizing_mode="stretch_both", css_classes=["rows", "fits"])
        self._parts = pn.Row(self._figures, self.lines, self.columns, sizing_mode="stretch_both")
        self.larger = pn.widgets.Toggle(label="Larger", css_classes=["pill", "small"])
        self.larger.param.watch(guard(lambda event: self.view.session.state.param.update(larger=event.new)), "value")
        body = pn.Column(self.verdict, self._parts, sizing_mode="stretch_both", css_classes=["tab"])
        self.explanation = Computed(self.view.session, "explain", body, self._found)
        head = pn.Row(
            self.start,
            self.against,
            self.track,
            self.recipe,
            self.members,
            self.larger,
            css_classes=["bar-row", "explain-head"],
            sizing_mode="stretch_width",
        )
        return pn.Column(head, self.explanation, sizing_mode="stretch_both", css_classes=["tab"])

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        if changed & {"map", "columns"}:
            self._offer()
        if "map" in changed:
            self._result, self._drawn = None, None
        if changed & {"map", "selection"}:
            self._say_what_to_do()
        if changed & {"map", "larger"}:
            self._arrange()
        if "theme" in changed and self._drawn is not None:
            self._drawn.dress(self.view.session.state.theme)

    def _arrange(self) -> None:
        """Plots beside the tables, or above them where the card is larger."""
        self.larger.value = self.view.session.state.larger
        self._parts.css_classes = ["split", "explain", *(["large"] if self.larger.value else [])]

    def _offer(self) -> None:
        kept = selections_of(self.view.session.workspace, self.view.session.state.survey_id)
        self.against.options = {_REST: "", **{one.title: f"@{one.title}" for one in kept}}

    def _arguments(self) -> dict[str, object]:
        state = self.view.session.state
        is_file = state.where.startswith("@") and state.where not in self.against.options.values()  # of an address
        a = f"#{rows_to_text(state.selection)}" if is_file or not state.where else state.where
        return {"model": state.model_id, "survey": state.survey_id, "a": a, "b": self.against.value}

    def _say_what_to_do(self) -> None:
        """The kept explanation of what is selected, or the offer to make one."""
        selected = len(self.view.session.state.selection)
        self.start.disabled = not selected
        if not selected:
            self.explanation.lacks(*_EMPTY)
            return
        found = self.view.session.workspace.results.find(Kind.EXPLANATIONS, **self._arguments())
        if found is not None:
            self._show(found)
        else:
            self.explanation.offer(
                f"Why are these {selected:,} objects different?", _TEXT, "Explain the selection", **self._arguments()
            )
        self._offer_more(found is not None)

    def _start(self) -> None:
        self.explanation.compute(**self._arguments())

    def _found(self, result_id: str) -> None:
        self._show(self.view.session.workspace.results.load(Kind.EXPLANATIONS, result_id))
        self._offer_more(True)

    def _offer_more(self, explained: bool) -> None:
        """What can be done with an explanation, where there is one."""
        for part in (self.track, self.recipe, self.members):
            part.visible = explained

    def _recipe(self) -> tuple[Mapping, str]:
        """Recipe of the shown explanation, and a name for its file."""
        return explanation_recipe(self.view.session.workspace, self._result.id), self._result.id

    def _show(self, result: Result) -> None:
        self._result, header, theme = result, result.header, self.view.session.state.theme
        mark = "real" if header["real"] else "artefact" if header["cause"] else "none"
        b = header["b"].removeprefix("@") or "others"
        groups = legend(theme, f"{header['n_a']:,}", f"{header['n_b']:,} ({html.escape(b)})")
        sentence = html.escape(header["sentence"])
        self.verdict.object = f'<span class="verdict-{mark}">{sentence}</span> &nbsp; {groups}'
        survey = self.view.session.workspace.survey(header["survey"])
        if isinstance(survey.grid, SpectralGrid):
            if self._drawn is None:
                self._drawn = build_explain(survey.grid.wavelength, theme)
                self._figures.objects = [
                    pn.pane.Bokeh(figure, sizing_mode="stretch_both", css_classes=["plot"])
                    for figure in self._drawn.figures
                ]
            self._drawn.show(result.arrays)
        named = [{**row, "name": row["name"] + " (Å)" * (row["unit"] == "Angstrom")} for row in header["lines"]]
        self._fill(self.lines, named, ("name", "difference", "sigma", "q"))
        self._fill(self.columns, header["columns"][:60], ("name", "effect"))
        members = {"of A…": "", **{f"typical {name}": name for name in header["typical"]}}
        members |= {f"extreme {name}": name for name in header["extreme"]}
        self.members.param.update(options=members, value="")
        self.explanation.show()

    @staticmethod
    def _fill(table: Table, rows: list[dict], names: tuple[str, ...]) -> None:
        frame = pd.DataFrame(rows, columns=list(names))
        table.fill(frame.assign(id=frame["name"]))

    def _pick(self, event: object) -> None:
        if event.new:
            self.view.session.state.picked = event.new

    def _make_track(self) -> None:
        """A track from the centre of B to that of A."""
        arrays = self._result.arrays
        path = np.stack([arrays["centre_b"], arrays["centre_a"]])
        way = Points(path, tuple(range(path.shape[1])), "latents", (), "local")
        self.view.tracks.make(way, "B to A")


_REST = "all others"
_EMPTY = (
    "Why does a selection differ, and is it real?",
    "Select objects in the map or by a filter: their spectra and catalogue are compared with all others, and S/N, "
    "redshift, coverage and the like are tried as the cause.",
)
_TEXT = (
    "Their lines, indices, continuum and catalogue are compared with the others, and the comparison is repeated "
    "with objects of similar S/N, redshift, coverage…"
)
