"""The z-z plot: spectroscopic against photometric redshift; tap, lasso and box."""

import numpy as np
import panel as pn

from dashboard.page import Session
from dashboard.plots.shade import Ink, colour_scale, hex_colour, make_ink
from dashboard.theme import PALETTES
from dashboard.widgets.card import Card
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.save_button import save_button
from dashboard.widgets.scatter_map import ScatterMap
from specvae_core.analysis.photoz import OUTLIER
from specvae_core.tasks.figures import figure_recipe
from specvae_core.tasks.photoz import ESTIMATORS

from .legend import legend_html
from .redshifts import DENSITY, Redshifts


class ZZCard:
    """Zoomable; the state's selection is in colour, the picked object has a ring."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.redshifts: Redshifts | None = None
        guard = session.guard
        self.estimator = pn.widgets.RadioButtonGroup(
            options={"Marginal": ESTIMATORS[0], "Importance": ESTIMATORS[1]}, css_classes=["switch"]
        )
        self.colour = pn.widgets.Select(
            label="colour by", options=[DENSITY], css_classes=["picker", "zz-colour"], width=130
        )
        self.legend = pn.pane.HTML("", css_classes=["zz-legend"], sizing_mode="stretch_width")
        self.map = ScatterMap(session, "zz", (600, 600), tool="lasso")
        self.map.on_pick, self.map.on_draw = self._pick, self._head
        self.map.on_select = lambda rows: session.state.param.update(selection=rows, where="")
        figure = self.map.figure
        figure.xaxis.axis_label, figure.yaxis.axis_label = "spectroscopic redshift", "photometric redshift"
        ends = np.array([0.0, 20.0])
        self._rules = [figure.line(ends, ends, line_width=1.2)]
        for side in (-OUTLIER, OUTLIER):
            self._rules.append(figure.line(ends, ends + side * (1 + ends), line_width=1.0, line_dash="dashed"))
        self.estimator.param.watch(guard(lambda _: self.redraw()), "value")
        self.colour.param.watch(guard(lambda _: self.redraw()), "value")
        save = save_button(session, "zz-card", lambda: f"{session.state.survey_id}-photoz")
        self.card = Card(
            "Photometric against spectroscopic",
            pn.Row(self.estimator, self.legend, self.colour, css_classes=["bar-row"], sizing_mode="stretch_width"),
            self.map.pane,
            actions=(self.map.tools, self.map.reset_button, RecipeButton(session, "this figure", self._recipe), save),
            css_classes=["zz-card"], sizing_mode="stretch_both",
        )  # fmt: skip
        self.dress()

    def dress(self) -> None:
        """Take the colours of the state's theme."""
        theme = self.session.state.theme
        self.map.dress(theme)
        for rule in self._rules:
            rule.glyph.line_color = PALETTES[theme].muted
        self.redraw()

    def show(self, redshifts: Redshifts) -> None:
        """Look at other redshifts, on whole axes."""
        self.redshifts = None  # no drawing of the former ones in the new colours
        self.colour.options = redshifts.columns
        if self.colour.value not in redshifts.columns:
            self.colour.value = DENSITY
        self.redshifts = redshifts
        self.ring()
        self.map.show(*redshifts.xy(self.estimator.value), self._ink(), (redshifts.limits, redshifts.limits))

    def redraw(self) -> None:
        """Draw again on the present axes: for another column, estimator, theme or selection."""
        if self.redshifts is not None:
            self.map.move(*self.redshifts.xy(self.estimator.value), self._ink())

    def _ink(self) -> Ink:
        """Colours of the points; the legend shows what they mean."""
        state = self.session.state
        colouring = self.redshifts.colouring(self.colour.value or DENSITY, self.estimator.value)
        scale = [hex_colour(colour) for colour in colour_scale(state.theme)[:: len(colour_scale(state.theme)) // 8]]
        self.legend.object = legend_html(colouring, scale)
        return make_ink(colouring, colouring.visible([], state.selection), state.theme)

    def ring(self) -> None:
        """Mark the picked object."""
        self.map.ring(None if self.redshifts is None else self.redshifts.survey.row_of(self.session.state.picked))

    def _recipe(self) -> tuple[dict, str]:
        names, state = (self.redshifts.survey.name, self.redshifts.model_id), self.session.state
        colour = "" if self.colour.value == DENSITY else self.colour.value
        asked = {"estimator": self.estimator.value, "colour": colour, "rows": state.selection, "where": state.where}
        return figure_recipe(self.session.workspace, "redshifts", *names, **asked), "-".join((*names, "redshifts"))

    def _head(self, words: str) -> None:
        known = int(np.isfinite(self.redshifts.scores[ESTIMATORS[0]].z_spec).sum())
        self.card.entitle("Photometric against spectroscopic", f"{words} of {known:,}")

    def _pick(self, row: int) -> None:
        self.session.state.picked = self.redshifts.survey.index.ids_of([row])[0]
