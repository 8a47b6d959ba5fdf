"""The form of a training: survey, model, settings, seed."""

import html
import inspect
from collections.abc import Callable, Mapping

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine
from dashboard.widgets.survey_select import SurveySelect
from specvae_core.models import MODELS, LatentModel, ModelConfig

from .config_form import ConfigForm


def summary_of(model: type[LatentModel]) -> str:
    """A model in one line: the first of its docstring."""
    return (inspect.getdoc(model) or "").split("\n\n")[0].replace("\n", " ").replace("`", "")


class TrainingForm(Viewer):
    """Survey, model, settings, seed and the button that starts.

    Parameters
    ----------
    on_start
        Called with survey id, model name, config and seed once all of them are good.
    """

    def __init__(self, on_start: Callable[[str, str, ModelConfig, int], object], guard: Guard) -> None:
        super().__init__()
        self._on_start = on_start
        self.survey = SurveySelect()
        self.model = pn.widgets.Select(
            label="Model",
            options={model.title: name for name, model in MODELS.items()},
            css_classes=["form-model"],
            **WIDE,
        )
        self._about = pn.pane.HTML("", css_classes=["muted", "about"], **WIDE)
        self._settings = pn.Column(css_classes=["settings"], **WIDE)
        self.forms: dict[str, ConfigForm] = {}
        self.seed = pn.widgets.TextInput(
            label="Seed",
            value="0",
            width=90,
            margin=0,
            css_classes=["form-seed"],
            description="Seed of all random numbers: the same seed gives the same model.",
        )
        self.seed_error = ErrorLine()
        self.start = pn.widgets.Button(
            label="Start training", color="primary", css_classes=["primary", "start"], **WIDE
        )
        self.start.on_click(guard(lambda _: self._start()))
        self.model.param.watch(guard(lambda event: self._choose(event.new)), "value")
        self._choose(self.model.value)
        self._layout = pn.Column(
            self.survey,
            self.model,
            self._about,
            self._settings,
            pn.Row(self.seed, self.start, css_classes=["go"], **WIDE),
            self.seed_error,
            css_classes=["form"],
            **WIDE,
        )

    @property
    def form(self) -> ConfigForm:
        """The settings of the chosen model."""
        return self.forms[self.model.value]

    def _choose(self, name: str) -> None:
        if name not in self.forms:  # kept, so that nothing typed is lost by looking at another model
            self.forms[name] = ConfigForm(MODELS[name].Config)
        self._about.object = html.escape(summary_of(MODELS[name]))
        self._settings.objects = [self.forms[name]]

    def _start(self) -> None:
        config, seed = self.form.config(), _seed(self.seed.value)
        self.seed_error.show("" if seed is not None else "The seed is a whole number of at least 0, as in 42.")
        if config is not None and seed is not None and self.survey.value:
            self._on_start(self.survey.value, self.model.value, config, seed)

    def __panel__(self) -> Viewable:
        return self._layout


def changed_settings(model: str, config: Mapping[str, object]) -> dict[str, object]:
    """The settings that are not at the default of their model."""
    if model not in MODELS:
        return dict(config)
    defaults = MODELS[model].Config().to_json()
    return {name: value for name, value in config.items() if defaults.get(name) != value}


def _seed(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
