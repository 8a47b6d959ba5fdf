"""Settings of the skip deep generative model."""

from dataclasses import dataclass

from ...errors import BadConfig
from ...settings import option
from ..config import GradientConfig


@dataclass(frozen=True)
class SDGMConfig(GradientConfig):
    """Settings of `SDGM`."""

    n_latent: int = option(9, "log z, then b and a, which share the rest equally", minimum=3, maximum=65)
    learning_rate: float = option(2e-3, "first learning rate of Adam", 1e-7, 1.0)
    batch_size: int = option(
        128, "objects per step (0: chosen by the size of the survey)", 0, 65536, title="Objects per step"
    )
    patience: int = option(
        4, "epochs without improvement before the learning rate falls tenfold", 1, 1000, title="Patience before slowing"
    )
    stop_patience: int = option(
        9, "epochs without improvement before training stops", 1, 1000, title="Patience before stopping"
    )
    redshift: str = option("redshift", "catalogue column with the spectroscopic redshift", title="Redshift column")
    labelled: str = option(
        "1",
        "whose redshifts are used: a share of them from 0 to 1, or a column that is not 0 for those objects",
        title="Redshifts used",
    )
    hidden: int = option(96, "width of the three hidden layers of each distribution", 8, 2048, title="Hidden units")
    layers: str = option(
        "",
        "widths of the hidden layers one by one, as 512,256,128 for the paper's (empty: three of the same width)",
        title="Hidden units by layer",
    )
    widths: str = option(
        "shared",
        "standard deviations of each distribution: one for all its components, as in the paper, or one each",
        choices=("shared", "each"),
        title="Standard deviations",
    )
    members: int = option(
        1,
        "networks trained from different seeds, whose densities of redshift are averaged",
        1,
        16,
        title="Networks averaged",
    )
    n_mc: int = option(1, "N_MC, draws for each object and step (Eqs. 17-19)", 1, 1000, title="Monte Carlo draws")
    alpha: float = option(
        0.0, "α, weight of the predictive term of Eq. 8 (0: (Ns + Np) / Ns)", 0.0, 1e6, title="Predictive weight α"
    )
    resample: float = option(
        0.5, "noise added to magnitudes in each step, in units of their errors", 0, 3, title="Noise in training"
    )
    resample_estimate: float = option(
        0.0,
        "noise added to magnitudes in each draw of an estimate, in units of their errors (Eq. 22 alone)",
        0,
        3,
        title="Noise in estimates",
    )
    hide: float = option(
        0.02,
        "share of measurements hidden in each step: how to do without a band is learnt",
        0,
        0.9,
        title="Share hidden",
    )
    max_gradient: float = option(
        300.0, "steps with a gradient of a larger norm are skipped", 1e-3, None, title="Largest gradient"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            good = all(8 <= width <= 4096 for width in self.hidden_layers)
        except ValueError:
            good = False
        if not good:
            raise BadConfig(
                f"The setting layers is {self.layers!r}, but widths from 8 to 4096 as 512,256,128 were expected."
            )

    @property
    def hidden_layers(self) -> tuple[int, ...]:
        """Widths of the hidden layers of each distribution."""
        return tuple(int(width) for width in self.layers.split(",")) if self.layers else (self.hidden,) * 3
