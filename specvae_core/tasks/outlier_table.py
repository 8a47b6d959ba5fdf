"""Tables of outliers: rank, reconstruction error and one reason for each object."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from ..analysis.light_fit import OrdinaryLight
from ..analysis.outlier_reasons import GALACTIC, Explainer
from ..data.survey import Survey
from ..encodings import Encoding
from ..grid import SpectralGrid
from ..progress import Progress, Report
from ..workspace import Workspace
from .encode import encode_survey

LEARNT_FROM = 600
"""Number of ordinary spectra from which `OrdinaryLight` is fitted."""

ORDINARY = 0.9
"""Quantile of LOF up to which an object is ordinary."""

BATCH = 32
"""Objects explained between two reports: about a tenth of a second."""


class OutlierRow(TypedDict):
    """One row of a table of outliers."""

    id: str
    row: int
    rank: int
    lof: float
    chi2_per_pixel: float
    chi2_rank: int
    reason: str
    evidence: str


def encoded(workspace: Workspace, model: str, survey: str, report: Report) -> Encoding:
    """Encoding of a survey by a model, computed if needed."""
    workspace.model(model), workspace.survey(survey)  # raise where one is missing
    return workspace.encoding(model, survey) or encode_survey(workspace, model, survey, report)


def ranks(values: np.ndarray) -> np.ndarray:
    """(n,) int32, 1 for the largest value; NaN comes last."""
    order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")
    ranks = np.empty(len(values), dtype=np.int32)
    ranks[order] = np.arange(1, len(values) + 1)
    return ranks


def make_explainer(survey: Survey, encoding: Encoding, lof: np.ndarray) -> Explainer:
    """Fit the explainer of outliers on the objects of a survey with a low LOF, (n,)."""
    table = survey.catalogue
    sn = table["sn"].to_numpy(float) if "sn" in table else np.full(survey.n, np.nan)
    redshift = table["z"].to_numpy(float) if "z" in table else np.full(survey.n, np.nan)
    with_redshift = np.isfinite(redshift)
    of_galaxies = bool(with_redshift.mean() > 0.5 and np.median(np.abs(redshift[with_redshift])) > GALACTIC)
    ordinary = None
    if isinstance(survey.grid, SpectralGrid):
        rows = np.flatnonzero((lof <= np.nanquantile(lof, ORDINARY)) & (encoding.n_seen > 0))
        rows = rows[np.unique(np.linspace(0, max(len(rows) - 1, 0), min(LEARNT_FROM, len(rows))).astype(int))]
        ordinary = OrdinaryLight.of(survey.read(rows)) if len(rows) else None
    return Explainer(ordinary, sn, encoding.chi2_per_pixel.astype(float), of_galaxies)


def explain(
    explainer: Explainer, survey: Survey, encoding: Encoding, lof: np.ndarray, rows: Sequence[int], report: Report
) -> list[OutlierRow]:
    """One row of the table for each object, with the reason why it is an outlier.

    Parameters
    ----------
    explainer
        Fitted on this survey, or on the one that this survey is laid over.
    survey, encoding
        Survey and encoding of the objects.
    lof
        (n,) of all objects of the survey.
    rows
        Rows of the objects, in the order of the table.
    report
        Progress callback, called several times a second.
    """
    rows = np.asarray(rows, dtype=int)
    rank, chi2_rank, ids = ranks(lof), ranks(encoding.chi2_per_pixel), survey.ids
    found: list[OutlierRow] = []
    for first in range(0, len(rows), BATCH):
        report(Progress(first / len(rows), f"reasons for {first:,} of {len(rows):,} objects"))
        some = rows[first : first + BATCH]
        spectra = survey.read(some)
        for place, row in enumerate(some.tolist()):
            chi2 = float(encoding.chi2_per_pixel[row])
            why = explainer.explain(spectra.take(slice(place, place + 1)), chi2)
            found.append(
                OutlierRow(
                    id=str(ids[row]),
                    row=row,
                    rank=int(rank[row]),
                    lof=float(lof[row]),
                    chi2_per_pixel=chi2,
                    chi2_rank=int(chi2_rank[row]),
                    reason=why.reason.value,
                    evidence=why.evidence,
                )
            )
    return found
