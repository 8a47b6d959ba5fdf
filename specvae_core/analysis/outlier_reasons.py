"""Why a spectrum is an outlier: one cause, with its evidence in a sentence.

The reasons are those that Portillo et al. (2020, section 3.3, Table 2) found by eye for their ten strongest outliers.
Measurable causes are tested in the order in which one could be mistaken for the next: a star at the wrong
redshift has no ordinary continuum against which a break could be measured, and so on.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ..data.spectra import SpectraSet
from ..grid import SPEED_OF_LIGHT, SpectralGrid
from .light_fit import LightFit, OrdinaryLight
from .stellar_light import lines_at_rest

GALACTIC = 0.002
"""Largest absolute redshift of a star bound to our Galaxy: 600 km/s."""

POOR_SN = 5.0
"""Median S/N per pixel below which noise explains an outlier, if it is also below half of the survey's median."""

GAP, UNSEEN = 0.10, 0.25
"""Shares of the pixels that make a missing range: one stretch between seen pixels, or everything unseen."""

BREAK_SIGMA, BREAK_SIZE = 8.0, 0.15
"""Least significance (sigma) and relative size of a break between the arms."""

ARM_JOIN = (5840.0, 6240.0)
"""Observed wavelengths where the arms of the SDSS and BOSS spectrographs meet, Angstrom."""

GAIN, BETTER = 100.0, 0.7
"""Another explanation has to lower χ² by at least as much, and to at most this share."""

STELLAR_FIT = 2.5
"""χ² per pixel up to which star light explains a spectrum at redshift 0; the templates are not model atmospheres."""

BLEND, CONTAMINATED, ALONE = 0.5, 0.15, 0.8
"""A blend has to lower χ² to at most the first, the star giving at least the second of the light. With more than the
third, or where the galaxy brings little beside it, it is a star."""

LITTLE = 0.85
"""Share of its χ² to which star light alone has to be lowered before something else is seen beside it."""

USUAL = 90.0
"""Percentile of χ² up to which a spectrum counts as well reconstructed."""


class Cause(StrEnum):
    """Causes for which a spectrum is an outlier."""

    STAR = "star"
    CONTAMINATION = "contamination"
    ARM_BREAK = "arm break"
    LOW_SN = "low S/N"
    MISSING = "missing range"
    UNUSUAL = "unusual but well reconstructed"
    UNEXPLAINED = "not explained"


@dataclass(frozen=True)
class Explanation:
    """A cause and one sentence of evidence."""

    reason: Cause
    evidence: str


@dataclass(frozen=True, eq=False)
class Explainer:
    """Finds the causes of outliers of a survey.

    Parameters
    ----------
    ordinary
        Light of its unremarkable spectra; ``None`` where spectra cannot be fitted (bands in place of wavelengths).
    sn, chi2
        (n,) S/N and χ² per pixel of the whole survey, NaN where unknown.
    of_galaxies
        Whether its objects have redshifts beyond those of stars; else being a star is no cause.
    """

    ordinary: OrdinaryLight | None
    sn: np.ndarray
    chi2: np.ndarray
    of_galaxies: bool

    def explain(self, spectra: SpectraSet, chi2: float) -> Explanation:
        """Why one spectrum is an outlier.

        Parameters
        ----------
        spectra
            One object, on the survey's grid.
        chi2
            Its χ² per pixel under the model.
        """
        if not spectra.seen.any():
            return Explanation(Cause.UNEXPLAINED, "It has no spectrum in this survey, so that no cause can be tested.")
        row = spectra.table.iloc[0]
        redshift, sn = float(row.get("z", np.nan)), float(row.get("sn", np.nan))
        fit = self.ordinary.fit(spectra, np.nan_to_num(redshift)) if self.ordinary else None
        found = (
            (self.of_galaxies and fit and (_star(spectra, fit, redshift) or _contamination(spectra, fit, redshift)))
            or (fit and _arm_break(fit, redshift))
            or self._low_sn(sn, spectra.grid.sample)
            or _missing(spectra)
        )
        return found or self._rest(chi2, spectra.grid.sample)

    def _low_sn(self, sn: float, sample: str) -> Explanation | None:
        median = np.nanmedian(self.sn) if np.isfinite(self.sn).any() else np.nan
        if not (sn < POOR_SN and sn < median / 2):
            return None
        share = _percentile(self.sn, sn)
        return Explanation(
            Cause.LOW_SN,
            f"The S/N is {sn:.1f} per {sample}, percentile {share:.1f} of the survey (median {median:.1f}).",
        )

    def _rest(self, chi2: float, sample: str) -> Explanation:
        if not np.isfinite(chi2):
            return Explanation(Cause.UNEXPLAINED, "No known cause fits, and without a χ² the fit is unknown.")
        share = _percentile(self.chi2, chi2)
        fact = f"The model reconstructs it with χ² {chi2:.2f} per {sample}, percentile {share:.0f} of the survey"
        if share <= USUAL:
            return Explanation(Cause.UNUSUAL, f"{fact}: nothing is wrong with it, but few objects are like it.")
        return Explanation(Cause.UNEXPLAINED, f"{fact}, and no known cause fits.")


def _star(spectra: SpectraSet, fit: LightFit, redshift: float) -> Explanation | None:
    if not abs(redshift) > GALACTIC:  # at rest, or without a redshift: taken as it was observed
        if fit.star > max(STELLAR_FIT, fit.ordinary):
            return None
        what = (
            f"The redshift {redshift:.5f} ({SPEED_OF_LIGHT * redshift:+.0f} km/s) is that of a star in our Galaxy"
            if np.isfinite(redshift)
            else "It has no redshift"
        )
        return Explanation(
            Cause.STAR,
            f"{what}; {_named(lines_at_rest(spectra, np.nan_to_num(redshift)))} at rest, and star light alone fits "
            f"with χ² {fit.star:.1f} per pixel.",
        )
    beside = fit.both < LITTLE * fit.star and fit.star_share < ALONE
    if beside or fit.star > BETTER * fit.ordinary or (fit.ordinary - fit.star) * fit.n < GAIN:
        return None
    lines = lines_at_rest(spectra, redshift)
    if not lines:
        return None
    return Explanation(
        Cause.STAR,
        f"{_named(lines)} at rest in the observed frame: a star at redshift 0 fits with χ² "
        f"{fit.star:.1f} per pixel, ordinary light at the catalogue's z = {redshift:.4f} with {fit.ordinary:.1f}.",
    )


def _contamination(spectra: SpectraSet, fit: LightFit, redshift: float) -> Explanation | None:
    gain = (fit.ordinary - fit.both) * fit.n
    if not abs(redshift) > GALACTIC or fit.both > min(BLEND * fit.ordinary, STELLAR_FIT) or gain < GAIN:
        return None
    lines = lines_at_rest(spectra, redshift)
    if fit.star_share < CONTAMINATED or not lines:
        return None
    return Explanation(
        Cause.CONTAMINATION,
        f"{min(fit.star_share, 1.0):.0%} of the light is that of a star in the foreground "
        f"({_named(lines)} at rest in the observed frame): together with ordinary light at "
        f"z = {redshift:.4f} it fits with χ² {fit.both:.1f} per pixel, without it {fit.ordinary:.1f}.",
    )


def _arm_break(fit: LightFit, redshift: float) -> Explanation | None:
    step = fit.step
    if step is None or not ARM_JOIN[0] <= step.observed <= ARM_JOIN[1]:
        return None
    size = max(step.factor, 1 / step.factor) - 1 if step.factor > 0 else 0.0
    if step.sigma < BREAK_SIGMA or size < BREAK_SIZE or step.chi2 > BETTER * fit.ordinary:
        return None
    rest = step.observed / (1 + np.nan_to_num(redshift))
    return Explanation(
        Cause.ARM_BREAK,
        f"The flux jumps by {step.factor - 1:+.0%} ({step.sigma:.0f} sigma) at {step.observed:.0f} Å observed "
        f"({rest:.0f} Å at rest), where the arms of the spectrograph meet.",
    )


def _missing(spectra: SpectraSet) -> Explanation | None:
    unseen = spectra.ivar[0] <= 0
    start, stop = _longest(unseen)
    inside = start > 0 and stop < len(unseen)
    if unseen.mean() < UNSEEN and not (inside and stop - start >= GAP * len(unseen)):
        return None
    wavelength = spectra.grid.wavelength
    where = f"{wavelength[start]:.0f} to {wavelength[stop - 1]:.0f} Å at rest"
    if not isinstance(spectra.grid, SpectralGrid):
        where = ", ".join(spectra.grid.names[start:stop])
    return Explanation(
        Cause.MISSING,
        f"{unseen.mean():.0%} of the pixels were not seen but infilled, the longest stretch ({where}) being "
        f"{(stop - start) / len(unseen):.0%} of the range.",
    )


def _longest(flags: np.ndarray) -> tuple[int, int]:
    """Start and stop of the longest run of true flags; 0, 0 where there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    if not len(edges):
        return 0, 0
    starts, stops = edges[::2], edges[1::2]
    longest = int(np.argmax(stops - starts))
    return int(starts[longest]), int(stops[longest])


def _named(lines: list[str]) -> str:
    if not lines:
        return "no single line stands out"
    if len(lines) == 1:
        return f"{lines[0]} lies"
    return f"{', '.join(lines[:-1])} and {lines[-1]} lie"


def _percentile(values: np.ndarray, value: float) -> float:
    """Share of the known values below one, in percent."""
    known = values[np.isfinite(values)]
    return 100.0 * float((known < value).mean()) if len(known) else 50.0
