"""Flags of predicted labels in words, and what they say of a whole survey."""

import numpy as np

from ..models.label_prediction import FLAG_WORDS, LabelFlag

SHIFTED = 0.05
"""Share of objects with a flag above which a survey is unlike the training set, of which a hundredth has it."""

LEAST_OBJECTS = 10


def flag_words(flags: int) -> str:
    """The flags of one object, as ``poor fit, outside the training set``; empty where there are none."""
    return ", ".join(words for flag, words in FLAG_WORDS.items() if flags & flag)


def flag_counts(flags: np.ndarray) -> dict[str, int]:
    """Number of objects with each flag, by its words.

    Parameters
    ----------
    flags
        (n,) sums of `LabelFlag`.
    """
    return {words: int(((flags & flag) > 0).sum()) for flag, words in FLAG_WORDS.items()}


def domain_shift(flags: np.ndarray) -> str:
    """A sentence where spectra are unlike those of training, so that labels may be biased; else empty.

    Parameters
    ----------
    flags
        (n,) sums of `LabelFlag`, of objects that the model did not learn from.
    """
    if len(flags) < LEAST_OBJECTS:
        return ""
    shares = {words: float(((flags & flag) > 0).mean()) for flag, words in _ABOUT_SPECTRA.items()}
    found = [f"{share:.0%} {words}" for words, share in shares.items() if share > SHIFTED]
    if not found:
        return ""
    return (
        f"These spectra are unlike those of training: {' and '.join(found)}, 1% expected each. Labels may be biased by "
        "more than their errors say."
    )


_ABOUT_SPECTRA = {LabelFlag.POOR_FIT: "fit poorly", LabelFlag.OUTSIDE: "lie outside the training set"}
