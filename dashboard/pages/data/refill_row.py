"""Second infill: a model fills the unseen pixels of a survey, into a new survey."""

from collections.abc import Callable

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.choices import offer
from dashboard.widgets.layout import WIDE
from dashboard.widgets.titles import by_title
from specvae_core.summaries import ModelSummary, SurveySummary
from specvae_core.workspace import Workspace


class RefillRow(Viewer):
    """A model, a name for the new survey, and two buttons; hidden until it is asked for.

    Parameters
    ----------
    on_fill
        Called with survey, model and the new survey's name.
    """

    def __init__(
        self,
        workspace: Workspace,
        on_fill: Callable[[str, str, str], object],
        guard: Guard,
    ) -> None:
        super().__init__()
        self._workspace, self._on_fill = workspace, on_fill
        self._survey = ""
        self.picker = pn.widgets.Select(label="infill with", options={}, css_classes=["picker", "small"])
        self.new_name = pn.widgets.TextInput(placeholder="name of the new survey", css_classes=["small"], width=190)
        self.fill = pn.widgets.Button(label="Fill", css_classes=["pill", "primary"])
        self.fill.on_click(guard(lambda _: self._fill()))
        keep = pn.widgets.Button(label="Cancel", css_classes=["pill"])
        keep.on_click(lambda _: self.close())
        self._layout = pn.Row(
            self.picker, self.new_name, self.fill, keep, visible=False, css_classes=["bar-row"], **WIDE
        )

    def models(self, survey: SurveySummary) -> list[ModelSummary]:
        """Models that suit the survey, newest first."""
        return [model for model in self._workspace.models() if model.grid.matches(survey.grid)]

    def open(self, survey: SurveySummary) -> None:
        """Ask for the model and the name."""
        self._survey = survey.id
        models = self.models(survey)
        offer(self.picker, by_title(models), models[0].id)
        self.new_name.value = f"{survey.id[:56]}-refill"
        self._layout.visible = True

    def close(self) -> None:
        """Hide it."""
        self._layout.visible = False

    def _fill(self) -> None:
        self.close()
        self._on_fill(self._survey, self.picker.value, self.new_name.value.strip())

    def __panel__(self) -> Viewable:
        return self._layout
