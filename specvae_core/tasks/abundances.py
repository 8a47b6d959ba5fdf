"""Errors of abundances and endmembers."""

import numpy as np

from ..analysis.unmixing import abundance_errors, endmember_errors, pure_spectra
from ..data.fractions import read_fractions
from ..models import HasEndmembers
from ..workspace import Workspace


def evaluate_abundances(
    workspace: Workspace, model: HasEndmembers, survey_id: str, held_out: np.ndarray
) -> dict[str, float | None]:
    """``abundance_rmse, abundance_kl, endmember_error`` of a survey whose fractions are known; nothing without those.

    Abundances are compared on the objects that were kept out of the fit where the survey holds some, else on all;
    endmembers with the mean spectra of the pure objects, ``None`` where there are none.

    Parameters
    ----------
    held_out
        (n,) bool, objects of the model's validation set.
    """
    survey = workspace.survey(survey_id)
    if not set(model.endmember_names) <= set(survey.table.columns):
        return {}
    spectra = survey.read()
    fractions = read_fractions(spectra.table, model.endmember_names)
    rows = np.flatnonzero(held_out) if held_out.any() else np.arange(len(spectra))
    found = abundance_errors(model.abundances(spectra.take(rows)), fractions[rows])
    errors = endmember_errors(model.endmembers, pure_spectra(spectra, fractions))
    error = float(np.nanmean(errors)) if np.isfinite(errors).any() else None
    return {**found, "endmember_error": error}
