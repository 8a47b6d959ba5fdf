"""Which spectra do not enter a survey, decided by their catalogue row before their pixels are touched."""

from collections.abc import Mapping

import numpy as np

from ..errors import Reason, Refused
from .catalogue import scalar
from .spectra import Observation

SKY_BIT = 1 << 0
UNUSABLE_BITS = {
    "LITTLE_COVERAGE": 1 << 1,
    "UNPLUGGED": 1 << 7,
    "BAD_TARGET": 1 << 8,
    "NODATA": 1 << 9,
}
"""Bits of the SDSS ``ZWARNING`` that mean "no usable spectrum".

The others (2 SMALL_DELTA_CHI2, 3 NEGATIVE_MODEL, 4 MANY_OUTLIERS, 5 Z_FITLIMIT, 6 NEGATIVE_EMISSION) warn of a doubtful
fit to a real object; it stays in. Source: the SDSS bitmask ``ZWARNING``, data release 8 and later.
"""

LOWEST_REDSHIFT = -0.01
"""-3000 km/s: no star or galaxy known approaches us that fast; a value below it stands for "not measured"."""

HIGHEST_REDSHIFT = 20.0
"""No object with a spectrum is known beyond redshift 15."""


def admit_target(observation: Observation, *, keep_sky: bool, any_zwarning: bool) -> None:
    """Refuse sky fibres and spectra that the survey's own pipeline calls unusable.

    Parameters
    ----------
    observation
        As it was read; its column ``zwarning``, spelt in any case, holds the pipeline's bits.
    keep_sky
        Let sky fibres pass.
    any_zwarning
        Refuse every warning, not only those that mean "no usable spectrum".
    """
    warning = _zwarning(observation.columns)
    if not keep_sky and (observation.is_sky or warning & SKY_BIT):
        raise Refused(
            Reason.SKY, f"{observation.id} is a sky fibre: leave it out, or keep sky fibres by the option keep_sky."
        )
    warning &= ~SKY_BIT
    if any_zwarning and warning:
        raise Refused(
            Reason.ZWARNING, f"{observation.id} has ZWARNING {warning}, and the option any_zwarning admits only 0."
        )
    names = [name for name, bit in UNUSABLE_BITS.items() if warning & bit]
    if names:
        raise Refused(
            Reason.ZWARNING,
            f"{observation.id} has ZWARNING {warning} ({', '.join(names)}), which means that the spectrum is unusable.",
        )


def _zwarning(columns: Mapping[str, object]) -> int:
    for name, value in columns.items():
        if name.lower() == "zwarning":
            number = scalar(value)
            return int(number) if isinstance(number, int | float) and np.isfinite(number) else 0
    return 0


def rows_with_warnings(columns: Mapping[str, np.ndarray]) -> list[int]:
    """Rows of columns (n,) whose ``zwarning`` is not 0."""
    for name, values in columns.items():
        if name.lower() == "zwarning":
            return [row for row, value in enumerate(values.tolist()) if _zwarning({name: value})]
    return []


def has_redshift(redshift: np.ndarray) -> np.ndarray:
    """Whether redshifts (n,) are there and possible, (n,) bool; small blueshifts of stars and galaxies nearby are."""
    return np.isfinite(redshift) & (redshift >= LOWEST_REDSHIFT) & (redshift <= HIGHEST_REDSHIFT)


def redshift_refusal(observation: Observation) -> Refused:
    """The refusal of a spectrum whose redshift is missing or impossible."""
    redshift = observation.redshift
    if redshift is None or not np.isfinite(redshift):
        return Refused(Reason.REDSHIFT, f"{observation.id} has no redshift (it reads {redshift}): give it one.")
    return Refused(
        Reason.REDSHIFT,
        f"{observation.id} has the impossible redshift {redshift:g}: {LOWEST_REDSHIFT:g} to {HIGHEST_REDSHIFT:g} was "
        "expected.",
    )
