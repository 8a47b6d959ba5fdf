"""The list of all models. A new one is one file beside this and one word in `MODELS`."""

from collections.abc import Mapping

from ..errors import BadConfig
from ..grid import BandGrid, Grid
from .abilities import Ability
from .autoencoder import Autoencoder
from .base import LatentModel
from .cannon import Cannon
from .config import declared_columns
from .embedding import Embedding
from .glo import GLO
from .infovae import InfoVAE
from .lux.model import Lux
from .multitask import MultiTask
from .nmf import NMF
from .pca import PCA
from .pls import PLS
from .sdgm.model import SDGM
from .untapped.model import Untapped

MODELS: dict[str, type[LatentModel]] = {
    model.name: model for model in (InfoVAE, MultiTask, Autoencoder, PCA, NMF, GLO, Lux, Cannon, PLS, SDGM, Untapped)
}
"""Every model that can be trained, by the name that the command line takes."""

KEPT: dict[str, type[LatentModel]] = {**MODELS, Embedding.name: Embedding}
"""Every model that a workspace can hold: those, and embeddings that come from files."""


def abilities_of(name: str) -> frozenset[Ability]:
    """Abilities of the models of a name; none for a name that only a newer version knows."""
    return KEPT[name].abilities if name in KEPT else frozenset()


def suited_model(grid: Grid, header: Mapping[str, object]) -> str:
    """Name of the model that the columns of a survey ask for: the first of all where they ask for none.

    Photometry asks for redshifts, fractions for a model that learns them, labels for one that predicts them.

    Parameters
    ----------
    grid, header
        Those of the survey.
    """
    if isinstance(grid, BandGrid):
        return next(name for name, model in MODELS.items() if Ability.PREDICTS_REDSHIFT in model.abilities)
    asked = {name: header.get(name) for name in ("labels", "simplex")}
    learns = (name for name, model in MODELS.items() if declared_columns(asked, model.Config))
    return next(learns, next(iter(MODELS)))


def require_ability(model: LatentModel, ability: Ability) -> None:
    """Raise `BadConfig`, with the models to choose from, unless a model has an ability."""
    if ability not in model.abilities:
        able = ", ".join(name for name, other in MODELS.items() if ability in other.abilities)
        raise BadConfig(
            f"A model of the kind {model.name} was given, but one that {ability} is needed: train one of {able}."
        )


def require_encoder(model: LatentModel) -> None:
    """Raise `BadConfig` where a model encodes no spectra but only looks objects up."""
    if Ability.LOOKS_UP in model.abilities:
        raise BadConfig(
            "An embedding knows the vectors of its objects and encodes no spectra, which is needed here: choose a "
            f"trained model, such as {', '.join(list(MODELS)[:3])}."
        )
