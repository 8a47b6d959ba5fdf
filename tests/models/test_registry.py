import pytest

from specvae_core.errors import BadConfig
from specvae_core.grid import DEFAULT_GRID
from specvae_core.models import KEPT, MODELS, Ability, abilities_of, require_ability


@pytest.mark.parametrize("ability", Ability)
def test_every_ability_is_one_of_some_model(ability: Ability) -> None:
    assert any(ability in abilities_of(name) for name in KEPT)


def test_a_name_of_a_newer_version_has_no_abilities() -> None:
    assert abilities_of("not-yet-invented") == frozenset()


def test_a_missing_ability_is_told_with_the_models_to_choose_from() -> None:
    pca = MODELS["pca"](DEFAULT_GRID, MODELS["pca"].Config())
    with pytest.raises(BadConfig, match="one that predicts redshifts is needed: train one of sdgm"):
        require_ability(pca, Ability.PREDICTS_REDSHIFT)
    require_ability(pca, Ability.DECODES_GRADIENT)
