"""Wavelength windows from which a label may be read, as pipelines of abundances use them."""

from collections.abc import Sequence

import numpy as np

from ..errors import BadConfig

HELP = (
    "wavelengths in Angstrom from which a label is read, as feh=5160:5190+5260:5300;mgfe=5165:5190 (empty, or a label "
    "that is not named: all)"
)


def label_windows(text: str, names: Sequence[str], wavelength: np.ndarray) -> np.ndarray:
    """Pixels from which each label may be read, (n_pixel, M) bool.

    Parameters
    ----------
    text
        Labels with their ranges, as ``feh=5160:5190+5260:5300;mgfe=5165:5190``; all pixels for labels not named.
    names
        The M labels.
    wavelength
        (n_pixel,) Angstrom.

    Raises
    ------
    BadConfig
        A label is unknown, a range cannot be read, or no pixel lies in the windows of a label.

    Examples
    --------
    >>> label_windows("feh=2:3", ["teff", "feh"], np.array([1.0, 2.0, 3.0])).astype(int).tolist()
    [[1, 0], [1, 1], [1, 1]]
    """
    allowed = np.ones((len(wavelength), len(names)), dtype=bool)
    for part in (part.strip() for part in text.split(";") if part.strip()):
        name, _, ranges = (piece.strip() for piece in part.partition("="))
        if name not in names:
            raise BadConfig(f"The windows name a label {name!r}: the labels are {', '.join(names)}.")
        inside = [_inside(piece, wavelength, part) for piece in ranges.split("+")]
        allowed[:, list(names).index(name)] = np.any(inside, axis=0)
        if not np.any(inside):
            raise BadConfig(
                f"No pixel lies in the windows {part!r}: spectra reach from {wavelength[0]:.0f} to "
                f"{wavelength[-1]:.0f} Angstrom."
            )
    return allowed


def _inside(piece: str, wavelength: np.ndarray, part: str) -> np.ndarray:
    try:
        low, high = (float(end) for end in piece.split(":"))
    except ValueError:
        raise BadConfig(f"The windows {part!r} cannot be read: give ranges in Angstrom, as feh=5160:5190.") from None
    return (wavelength >= low) & (wavelength <= high)
