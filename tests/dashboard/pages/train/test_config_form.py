"""The form is made from metadata alone: here from a config that no model has."""

import dataclasses
import html
from dataclasses import dataclass

import panel as pn
import pytest

from dashboard.pages.train.config_form import ConfigForm
from dashboard.widgets.settings import Setting, label_of
from specvae_core.errors import BadConfig
from specvae_core.models import MODELS
from specvae_core.models.config import GradientConfig
from specvae_core.settings import option


@dataclass(frozen=True)
class Config(GradientConfig):
    width: int = option(0, "width of the hidden layer (0: chosen by pixels)", minimum=0, maximum=512)
    beta: float = option(2.5, "weight of the prior", minimum=0.0)
    kind: str = option("soft", "kind of the prior", choices=("soft", "hard"))
    clip: bool = option(False, "whether to clip gradients")
    mmd_lambda: float = option(1.0, "weight λ", minimum=0.0, maximum=1e6)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.clip and self.kind == "hard":
            raise BadConfig("A hard prior cannot be clipped: choose soft.")


@pytest.fixture
def form() -> ConfigForm:
    return ConfigForm(Config)


def test_untouched_form_gives_the_defaults(form):
    assert form.config() == Config()


def test_every_model_gets_a_form_that_gives_its_defaults():
    for model in MODELS.values():
        form = ConfigForm(model.Config)
        assert set(form.settings) == set(model.Config.__dataclass_fields__)
        assert form.config() == model.Config()


def test_typed_values_reach_the_config(form):
    for name, text in {"n_latent": "3", "width": " 128 ", "beta": "1e-2", "learning_rate": ".5"}.items():
        form.settings[name].widget.value = text
    form.settings["kind"].widget.value = "hard"
    assert form.config() == Config(n_latent=3, width=128, beta=0.01, learning_rate=0.5, kind="hard")


def test_an_empty_field_means_the_default(form):
    form.settings["beta"].widget.value = ""
    assert form.config().beta == 2.5


def test_automatic_is_shown_as_such(form):
    width = form.settings["width"].widget
    assert (width.value, width.placeholder) == ("", "automatic")
    assert "0: chosen by pixels" in width.description


def test_widgets_suit_the_types(form):
    kinds = {name: type(setting.widget) for name, setting in form.settings.items()}
    assert kinds["kind"] is pn.widgets.Select
    assert kinds["clip"] is pn.widgets.Checkbox
    assert kinds["beta"] is pn.widgets.TextInput
    assert "at least 0" in form.settings["beta"].widget.description
    assert "1 to 64" in form.settings["n_latent"].widget.description


@pytest.mark.parametrize("text", ["100", "0", "2.5", "many", "1; drop", "nan", "<b>7</b>"])
def test_a_bad_value_is_told_at_its_field_and_nowhere_else(form, text):
    form.settings["n_latent"].widget.value = text
    assert form.settings["n_latent"].error.startswith("“Latents” is ")
    assert "a whole number from 1 to 64 was expected" in form.settings["n_latent"].error
    assert [name for name, setting in form.settings.items() if setting.error] == ["n_latent"]
    assert form.config() is None
    form.settings["n_latent"].widget.value = "5"
    assert form.settings["n_latent"].error == ""
    assert form.config() == Config(n_latent=5)


def test_the_sentence_is_escaped(form):
    setting = form.settings["n_latent"]
    setting.widget.value = "<script>"
    assert "<script>" not in setting.error_line.object
    assert "<script>" in html.unescape(setting.error_line.object)


def test_what_is_rarely_changed_is_folded_away_until_it_is_wrong(form):
    assert form.toggle.label == "More settings (10)"
    assert form.toggle.value is False
    form.settings["patience"].widget.value = "-1"
    assert form.config() is None
    assert form.toggle.value is True


def test_columns_beside_spectra_are_folded_away_and_columns_to_predict_are_in_sight():
    form = ConfigForm(MODELS["multitask"].Config)
    common, _, more, _ = form.__panel__().objects
    shown = {name: setting.__panel__() for name, setting in form.settings.items()}
    assert more.objects == []  # not sent before they are asked for
    form.toggle.value = True
    assert more.visible is True
    assert shown["inputs"] in more.objects[0].objects
    form.toggle.value = False
    assert all(shown[name] in common.objects for name in ("classify", "regress"))
    assert more.visible is False


def test_folded_settings_are_counted_without_columns_that_the_survey_has_not():
    form = ConfigForm(MODELS["infovae"].Config)
    counted = {}
    for columns in ((), ("age", "mass"), ()):
        form.offer_columns(lambda kind, columns=columns: columns)
        counted[len(columns)] = form.toggle.label
    n = sum(setting.offered for setting in form._hidden)
    assert counted == {0: f"More settings ({n})", 2: f"More settings ({n + 1})"}


def test_two_settings_that_do_not_go_together_are_told_beneath_the_form(form):
    form.settings["clip"].widget.value = True
    form.settings["kind"].widget.value = "hard"
    assert form.config() is None
    assert form.error == "A hard prior cannot be clipped: choose soft."
    assert not any(setting.error for setting in form.settings.values())
    form.settings["kind"].widget.value = "soft"
    assert form.config() == Config(clip=True)
    assert form.error == ""


def test_labels_are_words():
    fields = Config.__dataclass_fields__
    words = {name: label_of(fields[name]) for name in ("n_latent", "learning_rate", "mmd_lambda")}
    assert words == {"n_latent": "Latents", "learning_rate": "Learning rate", "mmd_lambda": "MMD λ"}
    models = {label_of(field) for model in MODELS.values() for field in dataclasses.fields(model.Config)}
    assert {"Hidden units", "Hidden units, outer", "Monte Carlo draws", "Layers suited to"} < models
    assert not {"Hiddens", "Mcs", "Hidden outer", "Setting", "Alpha"} & models
    assert max(map(len, models)) <= 24  # two stand abreast


def test_a_setting_asks_the_check_that_it_was_given():
    seen = []
    setting = Setting(Config.__dataclass_fields__["beta"], seen.append)
    setting.widget.value = "3"
    assert seen == [{"beta": 3}]
