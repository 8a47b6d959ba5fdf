from dataclasses import dataclass, fields

import pytest

from specvae_core.errors import BadConfig
from specvae_core.models import MODELS, ModelConfig, config_from_mapping
from specvae_core.settings import option


@dataclass(frozen=True)
class Settings(ModelConfig):
    rate: float = option(0.5, "a rate", minimum=0.0, maximum=1.0)
    flag: bool = option(False, "a flag")
    kind: str = option("one", "a kind", choices=("one", "two"))


def test_strings_are_read_as_the_type_of_the_setting() -> None:
    read = config_from_mapping(Settings, {"n_latent": "4", "rate": "1e-2", "flag": "True", "kind": "two"})
    assert read == Settings(n_latent=4, rate=0.01, flag=True, kind="two")


def test_what_is_missing_keeps_its_default() -> None:
    assert config_from_mapping(Settings, {}) == Settings()


def test_a_whole_number_may_come_as_a_float_and_a_float_as_an_int() -> None:
    read = config_from_mapping(Settings, {"n_latent": 4.0, "rate": 1})
    assert (type(read.n_latent), type(read.rate)) == (int, float)


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({"n_latents": 4}, "no setting 'n_latents' here: the settings are n_latent, "),
        ({"n_latent": "four"}, "n_latent is 'four', but a whole number from 1 to 64 was expected"),
        ({"n_latent": 0}, "n_latent is 0, but"),
        ({"n_latent": 65}, "n_latent is 65, but"),
        ({"n_latent": 2.5}, "n_latent is 2.5, but"),
        ({"n_latent": True}, "n_latent is True, but"),
        ({"n_latent": None}, "n_latent is None, but"),
        ({"n_latent": [6]}, "but a whole number"),
        ({"rate": float("nan")}, "rate is nan, but a number from 0 to 1 was expected"),
        ({"rate": "NaN"}, "rate is 'NaN', but"),
        ({"flag": 1}, "flag is 1, but true or false was expected"),
        ({"kind": "three"}, "kind is 'three', but one of one, two was expected"),
    ],
)
def test_a_bad_value_is_told_in_a_sentence(mapping: dict, sentence: str) -> None:
    with pytest.raises(BadConfig) as caught:
        config_from_mapping(Settings, mapping)
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("name", list(MODELS))
def test_every_setting_of_every_model_has_a_default_that_fits_and_a_help_text(name: str) -> None:
    config_class = MODELS[name].Config
    config = config_class()
    assert config_from_mapping(config_class, config.to_json()) == config
    for field in fields(config_class):
        assert field.metadata["help"]
        assert config_from_mapping(config_class, {field.name: str(getattr(config, field.name))}) == config
