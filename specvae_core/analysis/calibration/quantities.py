"""The list of all quantities whose errors are checked. A new one is a function and an entry here.

A quantity is a function of a `Case` that yields `Answers`: for each object of ``case.spectra``, in their order, a truth
and what the model quotes, an error or draws or a PIT. It learns, chooses and scales nothing on ``case.spectra``.
"""

from ...models import Ability, LatentModel
from .bands import bands
from .case import Quantity
from .latents import latents
from .predictions import abundances, columns, labels, redshifts

QUANTITIES: tuple[tuple[frozenset[Ability], frozenset[Ability], Quantity], ...] = (
    (frozenset({Ability.ENCODES_UNCERTAINTY}), frozenset(), latents),
    (frozenset({Ability.PREDICTS_LABELS}), frozenset({Ability.HAS_ENDMEMBERS}), labels),
    (frozenset({Ability.PREDICTS_LABELS, Ability.HAS_ENDMEMBERS}), frozenset(), abundances),
    (frozenset({Ability.PREDICTS_COLUMNS}), frozenset(), columns),
    (frozenset({Ability.PREDICTS_REDSHIFT}), frozenset(), redshifts),
    (frozenset({Ability.DECODES_GRADIENT}), frozenset({Ability.PREDICTS_REDSHIFT}), bands),
)
"""Abilities that a model needs for a quantity, those that it must not have, and the quantity."""


def quantities_of(model: LatentModel) -> list[Quantity]:
    """The quantities that a model quotes errors of."""
    return [
        quantity for needed, other, quantity in QUANTITIES if needed <= model.abilities and not other & model.abilities
    ]
