"""Objects to score next: where interest is expected, or unknown, or where nothing like it was seen.

They are taken one by one by an upper confidence bound (Srinivas et al. 2010), and after each the model
learns its own expectation as if it were a score, so that a batch does not consist of one object's twins (Desautels,
Krause & Burdick 2014).
"""

from dataclasses import dataclass

import numpy as np

from .teach import LARGEST, Teacher

KAPPA = 0.6
"""Weight of the uncertainty beside the expected interest."""

ISOLATED = 0.6
"""Weight of isolation, in scores: what is alone in latent space is worth a look."""

CANDIDATES = 2000
"""The best by the bound, among which the batch is chosen."""

ALIKE = 0.3
"""Share of the kernel from which on an object counts as like a scored one."""


@dataclass(frozen=True)
class Proposal:
    """An object to score next.

    Parameters
    ----------
    row
        Its row.
    interest, sigma
        Expected score, 0 to 5, and its uncertainty.
    why
        One phrase.
    """

    row: int
    interest: float
    sigma: float
    why: str


def isolation(lof: np.ndarray) -> np.ndarray:
    """Local outlier factors (n,) as 0 to 1: 0 for the lower half, near 1 for the highest per cent."""
    rank = np.empty(len(lof))
    rank[np.argsort(np.nan_to_num(lof, nan=0.0))] = np.arange(len(lof)) / max(len(lof) - 1, 1)
    return np.clip(2 * rank - 1, 0, 1) ** 4


def propose(
    teacher: Teacher, features: np.ndarray, alone: np.ndarray, scored: np.ndarray, names: np.ndarray, top: int
) -> list[Proposal]:
    """The next objects to score.

    Parameters
    ----------
    teacher
        Fitted to the scored objects.
    features
        (n, d + 4) of all objects.
    alone
        (n,) see `isolation`.
    scored
        Rows of the scored objects, in the order of ``names``; they are not proposed.
    names
        (m,) ids of the scored objects that the teacher has learnt from.
    top
        Number of objects.
    """
    interest, sigma = teacher.predict(features)
    bound = interest + KAPPA * sigma + ISOLATED * alone
    bound[scored] = -np.inf
    candidates = np.argsort(-bound, kind="stable")[: min(CANDIDATES, len(bound) - len(np.unique(scored)))]
    chosen: list[int] = []
    learning = teacher
    for _ in range(min(top, len(candidates))):
        expected, unsure = learning.predict(features[candidates])
        worth = expected + KAPPA * unsure + ISOLATED * alone[candidates]
        worth[chosen] = -np.inf
        best = int(np.argmax(worth))
        chosen.append(best)
        learning = learning.with_score(features[candidates[best]], float(expected[best]))
    rows = candidates[chosen]
    reasons = _reasons(teacher, features[rows], sigma[rows], alone[rows], names)
    return [
        Proposal(int(row), float(interest[row]), float(sigma[row]), why) for row, why in zip(rows, reasons, strict=True)
    ]


def _reasons(
    teacher: Teacher, features: np.ndarray, sigma: np.ndarray, alone: np.ndarray, names: np.ndarray
) -> list[str]:
    which, alike = teacher.resembled(features)
    found = []
    for i in range(len(features)):
        if alike[i] >= ALIKE:
            found.append(f"like {names[which[i]]}, scored {teacher.scores[which[i]]:g}")
        elif ISOLATED * alone[i] > KAPPA * sigma[i] / LARGEST and alone[i] > 0.5:
            found.append("isolated in latent space, and unlike what was scored")
        else:
            found.append("unlike what was scored: its interest is not known yet")
    return found
