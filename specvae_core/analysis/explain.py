"""Whether two groups of objects really differ, or only in how they were observed.

Every feature of the spectra is compared (rank test, false-discovery rate). Then, for each circumstance of the
observation in which the groups differ as well (S/N, coverage, redshift, plate…), as many objects of either group are
drawn in each of its intervals, so that it is the same in both, and the features are compared again: what is left of the
difference is not its work. This is matching by strata (Rosenbaum & Rubin 1984, J. Am. Stat. Assoc. 79, 516), on the
circumstance itself, and on all of them at once by the propensity score.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .contrast import Contrast, chance_variance, compare_categories, compare_numbers, false_discovery_rates
from .matching import match

CERTAIN = 0.01
"""False-discovery rate below which a difference counts. A random selection passes with this chance in each of the two
families, features and circumstances."""

NOTICEABLE = 0.1
"""Least effect of a feature or circumstance that counts, whatever its significance."""

LEFT, MORE = 0.25, 0.5
"""Share of the difference that has to stay when a circumstance is matched: the first where it is still significant
then, else the second, for a small matched sample finds less."""

_CIRCUMSTANCE = re.compile(
    r"(median_)?(sn|snr|s_n|s2n|signal_to_noise)(_.*)?|sn_median.*|assumed_sn|coverage|seen_fraction|n_seen|z|redshift"
    r"|.*airmass.*|.*seeing.*|exp_?time|exposure.*|.*moon.*|mjd|plate|plateid|fiber(id)?|fibre(id)?|tile(id)?|run|field"
    r"|camera|spectrograph|healpix|night|petal(_loc)?|survey|program|source_file",
    re.IGNORECASE,
)
_NAMED = {
    "sn": "noise (S/N)", "snr": "noise (S/N)", "z": "redshift (and with it the window seen)", "coverage": "coverage",
    "seen_fraction": "the share of seen pixels",
}  # fmt: skip


def is_circumstance(name: str) -> bool:
    """Whether a column says how an object was observed, by its name: S/N, coverage, redshift, airmass, plate…"""
    return _CIRCUMSTANCE.fullmatch(name) is not None


@dataclass(frozen=True)
class Suspect:
    """A circumstance in which two groups differ.

    Parameters
    ----------
    name
        Its column, or ``all of them``.
    effect
        How far the groups differ in it; see `Contrast`.
    left
        Share of the spectral difference that stays when it is matched; NaN where it cannot be.
    n
        Objects of each group in the matched sample.
    explains
        Whether it could make the difference.
    """

    name: str
    effect: float
    left: float
    n: int
    explains: bool


@dataclass(frozen=True, eq=False)
class Verdict:
    """Whether a difference is real.

    Parameters
    ----------
    real
        Whether the spectra differ beyond what the circumstances can make.
    cause
        The circumstance that could make the difference; ``None`` where there is none.
    sentence
        The same in words.
    features
        Comparisons of the features, with their false-discovery rates, the most significant first.
    suspects
        Circumstances in which the groups differ, the most suspicious first.
    """

    real: bool
    cause: str | None
    sentence: str
    features: tuple[tuple[Contrast, float], ...]
    suspects: tuple[Suspect, ...] = field(default=())


def compare_table(table: pd.DataFrame, a: np.ndarray, b: np.ndarray) -> list[tuple[Contrast, float]]:
    """Columns of a catalogue with their false-discovery rates, those in which two groups differ most first.

    Parameters
    ----------
    table
        n rows. Columns of words with nearly as many words as objects are left out.
    a, b
        Rows of the groups.
    """
    found = []
    for name in table.columns:
        groups = [table[name].iloc[rows] for rows in (a, b)]
        if pd.api.types.is_numeric_dtype(groups[0]) and not pd.api.types.is_bool_dtype(groups[0]):
            numbers = [values.to_numpy(float, na_value=np.nan) for values in groups]
            found.append(compare_numbers(str(name), *numbers))
        else:
            words = [values.astype(str).fillna("").to_numpy(object) for values in groups]
            found.append(compare_categories(str(name), *words))
    return ranked([one for one in found if one is not None], by="effect")


def ranked(contrasts: Sequence[Contrast], by: str) -> list[tuple[Contrast, float]]:
    """Contrasts with their false-discovery rates, the largest ``effect`` or ``sigma`` first."""
    rates = false_discovery_rates(np.array([one.p for one in contrasts]))
    pairs = list(zip(contrasts, rates.tolist(), strict=True))
    return sorted(pairs, key=lambda pair: -abs(getattr(pair[0], by)))


Features = Mapping[str, np.ndarray]
"""Name -> (n,) values of features of the spectra, NaN where not measured."""


def compare_features(features: Features, a: np.ndarray, b: np.ndarray) -> list[tuple[Contrast, float]]:
    """Features of two groups of rows, the most significant first."""
    found = (compare_numbers(name, values[a], values[b]) for name, values in features.items())
    return ranked([one for one in found if one is not None], by="sigma")


def judge(
    features: Features, circumstances: pd.DataFrame, a: np.ndarray, b: np.ndarray, random: np.random.Generator
) -> Verdict:
    """Decide whether the spectra of two groups differ, and whether circumstances of the observation could make it.

    Parameters
    ----------
    features
        Of n objects.
    circumstances
        n rows; columns for which `is_circumstance` holds.
    a, b
        Rows of the two groups.
    random
        Draws the matched samples.
    """
    compared = compare_features(features, a, b)
    differing = [one.name for one, rate in compared if _counts(one, rate)]
    suspected = [one for one, rate in compare_table(circumstances, a, b) if _counts(one, rate)]
    suspects = [_suspect(one, features, differing, circumstances[[one.name]], a, b, random) for one in suspected]
    if differing and len(suspected) > 1 and not any(one.explains for one in suspects):
        together = circumstances[[one.name for one in suspected]]
        strongest = Contrast("all of them", max(abs(one.effect) for one in suspected), 0.0, 0.0)
        suspects.append(_suspect(strongest, features, differing, together, a, b, random))
    order = sorted(suspects, key=lambda one: (not one.explains, np.nan_to_num(one.left, nan=-1.0), -abs(one.effect)))
    guilty = order[0].name if order and order[0].explains else None
    if guilty == "all of them":
        guilty = ", ".join(one.name for one in suspected)
    real = bool(differing) and guilty is None
    return Verdict(real, guilty, _sentence(differing, compared, order, guilty), tuple(compared), tuple(order))


def _counts(contrast: Contrast, rate: float) -> bool:
    return rate < CERTAIN and abs(contrast.effect) >= NOTICEABLE


def _suspect(
    contrast: Contrast,
    features: Features,
    differing: list[str],
    circumstance: pd.DataFrame,
    a: np.ndarray,
    b: np.ndarray,
    random: np.random.Generator,
) -> Suspect:
    """The difference that remains when some circumstances are matched."""
    if not differing:
        return Suspect(contrast.name, contrast.effect, np.nan, 0, True)
    matched = match(circumstance, a, b, random)
    if matched is None:
        return Suspect(contrast.name, contrast.effect, np.nan, 0, True)
    before = {one.name: one for one, _ in compare_features(features, a, b)}
    after = compare_features(features, *matched)
    chance = chance_variance(len(matched[0]), len(matched[1]))
    was = sum(before[name].effect ** 2 for name in differing)
    left = sum(max(one.effect**2 - chance, 0) for one, _ in after if one.name in differing) / was
    significant = any(_counts(one, rate) for one, rate in after)
    explains = left < (LEFT if significant else MORE)
    return Suspect(contrast.name, contrast.effect, float(np.sqrt(left)), len(matched[0]), explains)


def _sentence(
    differing: list[str], compared: Sequence[tuple[Contrast, float]], suspects: list[Suspect], guilty: str | None
) -> str:
    named = {one.name: _NAMED.get(one.name, one.name) for one in suspects}
    if not differing and guilty is None:
        return "No difference: the spectra differ no more than those of randomly chosen groups of this size."
    if not differing:
        return (
            f"An artefact of {named[suspects[0].name]}: the groups differ in that, and their spectra no more than "
            "those of randomly chosen groups."
        )
    if guilty is None:
        kept = [f"{min(one.left, 1):.0%} of it stays when {named[one.name]} is matched" for one in suspects[:3]]
        return f"Real: {len(differing)} of {len(compared)} spectral features differ" + (
            f"; {', '.join(kept)}." if kept else ", and nothing in how they were observed does."
        )
    first = suspects[0]
    what = ", ".join(named.get(name, name) for name in guilty.split(", "))
    if not np.isfinite(first.left):
        return (
            f"Perhaps an artefact of {what}: the groups differ in that so far that no like objects are left to compare."
        )
    return f"An artefact of {what}: when that is matched, {first.left:.0%} of the difference is left."
