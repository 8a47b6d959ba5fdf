"""How labels and their errors are written: names, units and digits."""

import math

TITLES = {"teff": ("Teff", "K"), "logg": ("log g", "dex"), "feh": ("[Fe/H]", "dex"), "mgfe": ("[Mg/Fe]", "dex")}
"""Names that catalogues commonly give to labels: how they are written, and their units."""


def title(name: str, unit: bool = True) -> str:
    """How a label is written, with its unit where it is known."""
    written, of = TITLES.get(name.lower(), (name, ""))
    return f"{written} ({of})" if of and unit else written


def measured(name: str, value: float, error: float) -> str:
    """A value and its error with its unit, to two digits of the error or the whole number: ``4.40 ± 0.25 dex``."""
    places = max(0, 1 - math.floor(math.log10(error))) if 0 < error < math.inf else 2
    return f"{value:.{places}f} ± {error:.{places}f} {TITLES.get(name.lower(), ('', ''))[1]}".rstrip()


def digits(name: str, scale: float) -> int:
    """Decimals that a number of this label is told with."""
    return 0 if scale >= 20 else 1 if scale >= 2 else 2
