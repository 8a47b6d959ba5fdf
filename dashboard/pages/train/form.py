"""The form of a training: survey, model, settings, seed."""

import html
import inspect
from collections.abc import Callable, Mapping, Sequence

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine
from dashboard.widgets.survey_select import SurveySelect
from specvae_core.data.split import Part
from specvae_core.digits import whole_number
from specvae_core.models import MODELS, Ability, GradientConfig, LatentModel, suited_model
from specvae_core.models.config import declared_columns
from specvae_core.summaries import ModelSummary, SurveySummary

from .config_form import ConfigForm

NEW = "new weights"

FEW = 500
"""Spectra below which a network that starts from new weights mostly learns noise."""


def summary_of(model: type[LatentModel]) -> str:
    """A model in one line: the first of its docstring."""
    return (inspect.getdoc(model) or "").split("\n\n")[0].replace("\n", " ").replace("`", "")


class TrainingForm(Viewer):
    """Survey, model, settings, seed and the button that starts.

    Parameters
    ----------
    on_start
        Called with survey id, model name, config, seed and the model to start from, empty for new weights, once all
        of them are good. Where there is such a model, its settings hold but for those that were changed here.
    columns
        Names of the columns of a survey, by its id and by what they hold, ``numbers`` or ``words``.
    lack
        Called as ``on_start``, seed left out: what the survey lacks for such a training, in a sentence, or nothing.
    """

    def __init__(
        self,
        on_start: Callable[[str, str, Mapping[str, object], int, str], object],
        columns: Callable[[str, str], Sequence[str]],
        lack: Callable[[str, str, Mapping[str, object], str], str],
        guard: Guard,
    ) -> None:
        super().__init__()
        self._on_start, self._columns, self._lack, self._guard = on_start, columns, lack, guard
        self._surveys: dict[str, SurveySummary] = {}
        self._preferred = ""
        self._models: list[ModelSummary] = []
        self.survey = SurveySelect()
        self.model = pn.widgets.Select(
            label="Model",
            options={model.title: name for name, model in MODELS.items()},
            css_classes=["form-model"],
            **WIDE,
        )
        self._about = pn.pane.HTML("", css_classes=["muted", "about"], **WIDE)
        self.start_from = pn.widgets.Select(
            label="Start from", options={NEW: ""}, css_classes=["form-from"], description=_ABOUT_FROM, **WIDE
        )
        self.few = pn.pane.HTML("", css_classes=["muted", "few"], visible=False, **WIDE)
        self._settings = pn.Column(css_classes=["settings"], **WIDE)
        self.forms: dict[str, ConfigForm] = {}
        self.seed = _seed_field()
        self.seed_error, self.lacking = ErrorLine(), ErrorLine()
        self.start = pn.widgets.Button(
            label="Start training", color="primary", css_classes=["primary", "start"], **WIDE
        )
        self.start.on_click(guard(lambda _: self._start()))
        self._follow()
        self._layout = pn.Column(
            self.survey,
            self.model,
            self._about,
            self.few,
            self.start_from,
            self._settings,
            pn.Row(self.seed, self.start, css_classes=["go"], **WIDE),
            self.seed_error,
            self.lacking,
            css_classes=["form"],
            **WIDE,
        )

    def _follow(self) -> None:
        """Let the fields follow each other."""
        self._suited = self.model.value
        self.survey.param.watch(self._guard(lambda event: self._suit()), "value")
        self.model.param.watch(self._guard(lambda event: self._choose(event.new)), "value")
        for field in (self.survey, self.model, self.start_from):
            field.param.watch(self._guard(lambda event: self._offer_starts()), "value")
        self._choose(self.model.value)

    @property
    def form(self) -> ConfigForm:
        """The settings of the chosen model."""
        return self.forms[self.model.value]

    def offer(self, surveys: Sequence[SurveySummary], preferred: str, models: Sequence[ModelSummary]) -> None:
        """Offer these surveys, one of them first, and these models to start from.

        The choice stays as it is until another survey is preferred.
        """
        self._surveys, self._models = {survey.id: survey for survey in surveys}, list(models)
        self.survey.offer(surveys, preferred)
        if preferred != self._preferred and preferred in self._surveys:
            self._preferred = self.survey.value = preferred
        self._offer_starts()

    def _suit(self) -> None:
        """Choose the model that the survey asks for, unless the user has chosen one."""
        survey = self._surveys.get(self.survey.value)
        if survey is not None and self.model.value == self._suited:
            self._suited = self.model.value = suited_model(survey.grid, survey.header)

    def _offer_starts(self) -> None:
        """Models of the chosen kind on the grid of the survey; where that is small, say so."""
        survey, name = self._surveys.get(self.survey.value), self.model.value
        self.form.declare(declared_columns(survey.header, MODELS[name].Config) if survey else {})
        self.form.offer_columns(lambda kind: self._columns(survey.id, kind) if survey else ())
        fitting: list[ModelSummary] = []
        if survey is not None and Ability.STARTS_FROM in MODELS[name].abilities:
            fitting = [one for one in self._models if one.name == name and one.grid.matches(survey.grid)]
        options = {NEW: "", **{self._start_title(one): one.id for one in fitting}}
        if options != self.start_from.options:
            value = self.start_from.value if self.start_from.value in options.values() else ""
            self.start_from.param.update(options=options, value=value)
        self.start_from.visible = bool(fitting)
        few = survey is not None and survey.n < FEW and _learns(name) and not self.start_from.value
        larger = next((one for one in fitting if self._size(one) >= FEW), None)
        self.few.visible = few
        if few:
            what = f"start from {larger.title} below" if larger else "choose PCA, or train on a larger survey first"
            self.few.object = html.escape(
                f"{survey.n:,} spectra are few for {MODELS[name].title} from new weights: {what}."
            )
        self._show_lack()

    def _start_title(self, model: ModelSummary) -> str:
        """A model to start from; of one that was renamed the id stands there, too, as titles may be equal."""
        name = model.title if model.title == model.id else f"{model.title} ({model.id})"
        survey = self._surveys.get(model.survey_id)
        return f"{name}, trained on {survey.title if survey else model.survey_id}"

    def _size(self, model: ModelSummary) -> int:
        """Spectra that a model was fitted and tested on; those of its survey where its header does not count them."""
        counts = [model.header.get(f"n_{part}") for part in Part]
        survey = self._surveys.get(model.survey_id)
        return sum(n or 0 for n in counts) if counts[0] else survey.n if survey else 0

    def _choose(self, name: str) -> None:
        if name not in self.forms:  # kept, so that nothing typed is lost by looking at another model
            self.forms[name] = form = ConfigForm(MODELS[name].Config)
            for setting in form.settings.values():
                setting.widget.param.watch(self._guard(lambda event: self._show_lack()), "value")
            self._settings.append(form)
        self._about.object = html.escape(summary_of(MODELS[name]))
        for other, form in self.forms.items():
            form.show(other == name)

    def _given(self) -> tuple[str, str, dict[str, object], str] | None:
        """Survey, model, settings and the model to start from; ``None`` where a setting is wrong."""
        config, name, start_from = self.form.config(), self.model.value, self.start_from.value
        if config is None or not self.survey.value:
            return None
        given = changed_settings(name, config.to_json()) if start_from else config.to_json()
        return self.survey.value, name, given, start_from

    def _show_lack(self) -> bool:
        """Say what the survey lacks for the training that is asked for; whether it lacks something."""
        given = self._given()
        self.lacking.show(self._lack(*given) if given else "")
        return self.lacking.visible

    def _start(self) -> None:
        given, seed = self._given(), whole_number(self.seed.value)
        self.seed_error.show("" if seed is not None else "The seed is a whole number of at least 0, as in 42.")
        if given is None or seed is None or self._show_lack():
            return
        survey, name, config, start_from = given
        self._on_start(survey, name, config, seed, start_from)

    def __panel__(self) -> Viewable:
        return self._layout


def _seed_field() -> pn.widgets.TextInput:
    return pn.widgets.TextInput(
        label="Seed",
        value="0",
        width=90,
        margin=0,
        css_classes=["form-seed"],
        description="Seed of all random numbers: the same seed gives the same model.",
    )


_ABOUT_FROM = (
    "Continues from the weights of a model, for example for a survey that is too small to learn from alone. The "
    "settings of that model hold, but for those that are changed here."
)


def changed_settings(model: str, config: Mapping[str, object]) -> dict[str, object]:
    """The settings that are not at the default of their model."""
    if model not in MODELS:
        return dict(config)
    defaults = MODELS[model].Config().to_json()
    return {name: value for name, value in config.items() if defaults.get(name) != value}


def _learns(model: str) -> bool:
    """Whether a model is trained from first weights, and not fitted in one step."""
    return issubclass(MODELS[model].Config, GradientConfig)
