"""The list of all models. A new one is one file beside this and one word in `MODELS`."""

from .autoencoder import Autoencoder
from .base import LatentModel
from .glo import GLO
from .infovae import InfoVAE
from .lux.model import Lux
from .multitask import MultiTask
from .nmf import NMF
from .pca import PCA
from .sdgm.model import SDGM
from .untapped.model import Untapped

MODELS: dict[str, type[LatentModel]] = {
    model.name: model for model in (InfoVAE, MultiTask, Autoencoder, PCA, NMF, GLO, Lux, SDGM, Untapped)
}
"""Every model by the name that the command line takes."""
