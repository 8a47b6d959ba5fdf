"""Settings of Lux."""

from dataclasses import dataclass

from ...settings import option
from ..label_model import LabelConfig
from ..label_windows import HELP


@dataclass(frozen=True)
class LuxConfig(LabelConfig):
    """Settings of `Lux`."""

    n_latent: int = option(32, "number of latent components, at least the number of labels", minimum=1, maximum=512)
    regularisation: float = option(
        1.0, "strength of the L2 penalty on latents (Omega)", minimum=0.0, maximum=1e9, title="Regularisation Ω"
    )
    max_iterations: int = option(
        5, "passes of the first agenda (A, B, z in turn)", minimum=1, maximum=1000, title="Passes at most"
    )
    label_error: float = option(
        0.3, "error of labels that come without one, as a share of the label's spread", minimum=0.001, maximum=10.0
    )
    calibration: float = option(
        -1.0,
        "smooth errors of flux calibrations that labels must not follow, as a share of the flux (-1: 0 or 0.05, "
        "whichever serves the labels of the training spectra better)",
        minimum=-1.0,
        maximum=1.0,
        title="Calibration error",
    )
    windows: str = option("", HELP, title="Wavelength windows")
    outputs: str = option(
        "",
        "further measurements of each object, as columns of the catalogue with errors: u,g,r,parallax (empty: none). "
        "Unlike labels they are data: latents follow from them and the spectrum together",
        columns="numbers",
        title="Further measurements",
    )
    n_hidden: int = option(
        512,
        "hidden units of the non-linear label output (0: labels are linear in the latents)",
        minimum=0,
        maximum=4096,
        title="Hidden units",
    )
