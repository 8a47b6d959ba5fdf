"""The forms that start a comparison and a search."""

from collections.abc import Callable

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine
from dashboard.widgets.survey_select import SurveySelect
from specvae_core.analysis.search import METHODS, searched
from specvae_core.digits import whole_number
from specvae_core.errors import BadConfig
from specvae_core.models import MODELS

FIRST = ("pca", "nmf", "ae", "infovae")
"""Ticked at first: the models of Portillo et al. (2020, Fig. 3)."""


class CompareForm(Viewer):
    """Survey, models, numbers of latents, and the button that starts.

    Parameters
    ----------
    on_start
        Called with the arguments of the task ``compare``.
    """

    def __init__(self, on_start: Callable[[dict], object], guard: Guard) -> None:
        super().__init__()
        self._on_start = on_start
        self.survey = SurveySelect()
        self.models = pn.widgets.CheckBoxGroup(
            options={MODELS[name].title: name for name in MODELS},
            value=[name for name in FIRST if name in MODELS],
            css_classes=["form-models"],
            **WIDE,
        )
        self.latents = _text("Numbers of latents", "2, 4, 6, 10", "form-latents", "Whole numbers separated by commas.")
        self.seeds = _text("Seeds", "1", "form-seeds", "Trainings of each model, whose scatter is drawn.")
        self.epochs = _epochs()
        self.error = ErrorLine()
        self.start = pn.widgets.Button(label="Start comparison", color="primary", css_classes=["primary"], **WIDE)
        self.start.on_click(guard(lambda _: self._start()))
        caption = pn.pane.HTML("Models", css_classes=["muted", "caption"], margin=0)
        self._layout = pn.Column(
            self.survey, caption, self.models, self.latents, self.seeds, self.epochs, self.error, self.start,
            css_classes=["form"], **WIDE,
        )  # fmt: skip

    def _start(self) -> None:
        try:
            latents = [_whole(word, "numbers of latents") for word in self.latents.value.split(",") if word.strip()]
            config, seeds = _config(self.epochs.value), _whole(self.seeds.value, "number of seeds")
            if not (self.models.value and latents):
                raise BadConfig("Tick at least one model, and give at least one number of latents.")
        except BadConfig as error:
            self.error.show(str(error))
            return
        self.error.show("")
        self._on_start(
            {
                "survey": self.survey.value,
                "models": list(self.models.value),
                "latents": latents,
                "config": config,
                "seeds": seeds,
            }
        )

    def __panel__(self) -> Viewable:
        return self._layout


class SearchForm(Viewer):
    """Survey, model, number of latents and of trials, method; arguments as those of `CompareForm`."""

    def __init__(self, on_start: Callable[[dict], object], guard: Guard) -> None:
        super().__init__()
        self._on_start = on_start
        self.survey = SurveySelect()
        self.model = pn.widgets.Select(
            label="Model", options={MODELS[name].title: name for name in MODELS if _searchable(name)}, **WIDE
        )
        self.latents = _text("Latents", "6", "form-latents", "How many numbers describe a spectrum.")
        self.trials = _text("Trials", "20", "form-trials", "Models that are trained; the best one is kept.")
        self.method = pn.widgets.Select(
            label="Method", options={"guided by earlier trials (TPE)": METHODS[0], "at random": METHODS[1]}, **WIDE
        )
        self.epochs = _epochs()
        self.error = ErrorLine()
        self.start = pn.widgets.Button(label="Start search", color="primary", css_classes=["primary"], **WIDE)
        self.start.on_click(guard(lambda _: self._start()))
        about = pn.pane.HTML(_ABOUT, css_classes=["muted", "about"], **WIDE)
        pair = pn.Row(self.latents, self.trials, css_classes=["pair"], **WIDE)
        self._layout = pn.Column(
            about, self.survey, self.model, pair, self.method, self.epochs, self.error, self.start,
            css_classes=["form"], **WIDE,
        )  # fmt: skip

    def _start(self) -> None:
        try:
            config = {"n_latent": _whole(self.latents.value, "number of latents"), **_config(self.epochs.value)}
            trials = _whole(self.trials.value, "number of trials")
        except BadConfig as error:
            self.error.show(str(error))
            return
        self.error.show("")
        chosen = {"survey": self.survey.value, "model": self.model.value, "method": self.method.value}
        self._on_start({**chosen, "trials": trials, "config": config})

    def __panel__(self) -> Viewable:
        return self._layout


_ABOUT = "Looks for λ and for the sizes of the hidden layers. Each trial is a training."


def _text(label: str, value: str, css_class: str, about: str) -> pn.widgets.TextInput:
    return pn.widgets.TextInput(label=label, value=value, description=about, css_classes=[css_class], **WIDE)


def _epochs() -> pn.widgets.TextInput:
    about = "Longest training. Fewer epochs take less time and favour models that converge fast."
    return pn.widgets.TextInput(
        label="Epochs at most",
        placeholder="each model's default",
        description=about,
        css_classes=["form-epochs"],
        **WIDE,
    )


def _config(epochs: str) -> dict[str, object]:
    return {"max_epochs": _whole(epochs, "number of epochs")} if epochs.strip() else {}


def _whole(text: str, what: str) -> int:
    number = whole_number(text)
    if number is None or not 0 < number < 1_000_000:
        raise BadConfig(f"{text!r} is not a {what}: a whole number of at least 1 was expected.")
    return number


def _searchable(name: str) -> bool:
    try:
        return bool(searched(MODELS[name].Config))
    except BadConfig:
        return False
