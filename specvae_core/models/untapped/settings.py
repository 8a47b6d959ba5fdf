"""Settings of Untapped: those of Gemp et al. (2017), appendix A.2, and those that a user may change."""

from dataclasses import dataclass

from torch import nn

from ...errors import BadConfig
from ...settings import option
from ..config import GradientConfig


@dataclass(frozen=True)
class Setting:
    """Layers and weights of appendix A.2 of the paper for one kind of data.

    Parameters
    ----------
    to_fractions, to_nuisance, to_spectrum
        Widths of the hidden layers of x → y, (x, y) → z and (y, z) → x.
    activation
        Activation between the layers.
    forward, fractions, reverse, spectra
        The weights of Eq. 15: :math:`\\alpha_f, \\alpha_f^d, \\alpha_r, \\alpha_r^d`.
    n_pixel
        Pixels for which these weights hold: those of the paper's spectra, but for minerals (165 there) those of the
        laboratory spectra on which they were checked.
    unfeatured
        Weight of a label without a spectrum relative to one with a spectrum. The paper has as many of one as of
        the other, but could have any number of them.
    taught
        Weight of the penalty of Eq. 13 for spectra moved to other labels relative to that for labelled ones.
    discrete
        Whether y is nearly one-hot and x an image of pixels between 0 and 1.
    """

    to_fractions: tuple[int, ...]
    to_nuisance: tuple[int, ...]
    to_spectrum: tuple[int, ...]
    activation: type[nn.Module]
    forward: float
    fractions: float
    reverse: float
    spectra: float
    n_pixel: int
    unfeatured: float
    taught: float
    discrete: bool = False


SETTINGS = {
    "minerals": Setting((5,), (5,), (20,), nn.Tanh, 1.0, 1.0, 0.01, 1.0, 200, 10.0, 0.3),
    "libs": Setting((25, 10), (5, 5), (50,), nn.Tanh, 0.01, 10.0, 1e-4, 1e-4, 5485, 1.0, 0.3),
    "digits": Setting((500,), (500,), (500,), nn.Softplus, 0.1, 1.0, 0.1, 0.1, 784, 1.0, 0.1, discrete=True),
}
"""Appendix A.2 by the name of the data."""


BOUNDS = ("decoder", "eq20", "eq21")
"""Forms of the reverse direction's bounds; see `objective`."""

INPUTS = ("flux", "shape")
"""In what form spectra enter the networks and leave the decoder."""


@dataclass(frozen=True)
class UntappedConfig(GradientConfig):
    """Settings of `Untapped`."""

    n_latent: int = option(0, "always 0: the latents are the fractions and the nuisances", 0, 0)
    components: str = option(
        "",
        "columns with the fractions of the endmembers, as ol,opx,cpx (empty: those given at the ingest)",
        columns="numbers",
        title="Fractions of endmembers",
    )
    setting: str = option(
        "minerals", "weights and layers after the kind of data", choices=tuple(SETTINGS), title="Layers suited to"
    )
    n_nuisance: int = option(
        1, "number of latents for what is not composition, as grain size or slope", 1, 16, title="Nuisance latents"
    )
    reverse: float = option(
        -1.0,
        "weight of the reverse direction; 0 is the model M2 (-1: the one suited to the kind of data)",
        minimum=-1.0,
        maximum=1e3,
        title="Reverse weight",
    )
    bound: str = option(
        "decoder",
        "reverse direction: decoder (made-up spectra train the decoder alone), eq20 (the paper's Eqs. 9 and 20, which "
        "train q(y|x) as well) or eq21 (nuisances from a network q(z|y), Eqs. 21 and 22)",
        choices=BOUNDS,
        title="Reverse bound",
    )
    recompose: bool = option(
        True, "labelled spectra moved to other compositions train the abundances as well, with M2 too"
    )
    inputs: str = option(
        "flux",
        "flux, or shape (each spectrum divided by its root mean square, whose logarithm is an input of its own): then "
        "dark spectra weigh as much as bright ones",
        choices=INPUTS,
        title="Spectra enter as",
    )
    nonnegative: bool = option(False, "spectra of the decoder are never below 0")
    learning_rate: float = option(3e-3, "first learning rate of Adam", minimum=1e-7, maximum=1.0)
    patience: int = option(
        15,
        "epochs without improvement before the learning rate falls tenfold",
        1,
        1000,
        title="Patience before slowing",
    )
    stop_patience: int = option(
        40, "epochs without improvement before training stops", 1, 1000, title="Patience before stopping"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if -1 < self.reverse < 0:
            raise BadConfig(f"The setting reverse is {self.reverse:g}, but -1, 0 or a positive weight was expected.")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the endmembers."""
        return tuple(name.strip() for name in self.components.split(",") if name.strip())
