"""Names, units and digits of labels and their errors, as text."""

import math

TITLES = {"teff": ("Teff", "K"), "logg": ("log g", "dex"), "feh": ("[Fe/H]", "dex"), "mgfe": ("[Mg/Fe]", "dex")}
"""Name in text and unit of each label, by its common name in catalogues."""


def title(name: str, unit: bool = True) -> str:
    """Name of a label in text, with its unit where it is known."""
    written, of = TITLES.get(name.lower(), (name, ""))
    return f"{written} ({of})" if of and unit else written


def measured(name: str, value: float, error: float) -> str:
    """A value and its error with its unit, to two digits of the error or the whole number: ``4.40 ± 0.25 dex``."""
    places = max(0, 1 - math.floor(math.log10(error))) if 0 < error < math.inf else 2
    number = f"{value:.{places}f}".replace("-", "−")
    return f"{number} ± {error:.{places}f} {TITLES.get(name.lower(), ('', ''))[1]}".rstrip()


def digits(name: str, scale: float) -> int:
    """Decimals of numbers between 0 and ``scale``: 0, 1 or 2."""
    return 0 if scale >= 20 else 1 if scale >= 2 else 2
