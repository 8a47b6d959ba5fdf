"""Sentences about errors that are not as large as they should be, for the page that shows them."""

from collections.abc import Mapping, Sequence

from .answers import COVERAGE_68, PULL_MEAN

HEAVY = 0.005
"""Share of truths beyond five quoted errors from which on a warning is given."""


def warning(rows: Sequence[Mapping[str, object]], quantity: str, subset: str = "all") -> str:
    """What is wrong with the errors of a quantity, in a sentence; empty where they are within bounds or unknown.

    Parameters
    ----------
    rows
        Rows of a calibration, see `answers.table`.
    quantity
        Name of the quantity.
    subset
        The part at hand; where it was not counted on its own, all objects.
    """
    found = {row["subset"]: row for row in rows if row["quantity"] == quantity}
    row = found.get(subset) or found.get("all")
    if row is None or row["within"] is not False:
        return ""
    name = f"the {quantity}" if quantity.startswith("band of ") else quantity
    return f"Errors of {name} {_fault(row)} here ({_evidence(row)})."


def _fault(row: Mapping[str, object]) -> str:
    if row["coverage_68"] < COVERAGE_68[0]:
        return f"are {row['factor']:.1f} times too small"
    if row["coverage_68"] > COVERAGE_68[1]:
        return f"are {1 / max(row['factor'], 1e-3):.1f} times too large"
    if row["beyond_5"] > HEAVY:
        return f"miss outliers: {row['beyond_5']:.1%} of the truths lie beyond 5σ"
    if not PULL_MEAN[0] <= row["pull_mean"] <= PULL_MEAN[1]:
        return f"leave out a bias of {row['pull_mean']:+.1f}σ"
    return f"have pulls that scatter by {row['pull_std']:.1f} in place of 1"


def _evidence(row: Mapping[str, object]) -> str:
    of = "simulated spectra" if row["kind"] == "simulated" else "test objects"
    return f"1σ holds {row['coverage_68']:.0%} of {row['n']:,} {of}, 68% expected"
