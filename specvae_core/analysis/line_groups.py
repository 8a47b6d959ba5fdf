"""Lines that are fitted together, and the window they are fitted in."""

from dataclasses import dataclass

from ..lines import LINE


@dataclass(frozen=True, eq=False)
class Group:
    """Neighbouring lines that are fitted together.

    Parameters
    ----------
    low, high
        First and last wavelength, Angstrom, vacuum, rest frame.
    lines
        Key of each line and its doublet partner's wavelength (Angstrom) and relative strength, if any; the Balmer line
        that may have a broad component comes first.
    """

    low: float
    high: float
    lines: dict[str, tuple[float, float] | None]

    @property
    def balmer(self) -> str:
        """Key of the Balmer line."""
        return next(iter(self.lines))


H_ALPHA_GROUP = Group(
    6370.0,
    6780.0,
    {
        "h_alpha": None,
        "nii_6584": (LINE["nii_6548"].wavelength, 1 / 2.96),
        "sii_6717": None,
        "sii_6731": None,
    },
)


H_BETA_GROUP = Group(4740.0, 5080.0, {"h_beta": None, "oiii_5007": (LINE["oiii_4959"].wavelength, 1 / 2.98)})
"""Doublet ratios: Osterbrock & Ferland (2006, Astrophysics of Gaseous Nebulae, table 3.15)."""
