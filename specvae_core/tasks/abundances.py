"""Errors of abundances and endmembers."""

import numpy as np

from ..analysis.unmixing import abundance_errors, endmember_errors, pure_spectra
from ..data.fractions import read_fractions
from ..data.split import Unseen
from ..models import HasEndmembers
from ..workspace import Workspace


def evaluate_abundances(
    workspace: Workspace, model: HasEndmembers, survey_id: str, unseen: Unseen
) -> dict[str, float | None]:
    """``abundance_rmse, abundance_kl, endmember_error`` of a survey whose fractions are known; nothing without those.

    Abundances are compared on objects that the model did not learn from; endmembers with the mean spectra of the pure
    ones among these, ``None`` where there are none.

    Parameters
    ----------
    unseen
        These objects.
    """
    survey = workspace.survey(survey_id)
    if not unseen.mask.any() or not set(model.endmember_names) <= set(survey.table.columns):
        return {}
    spectra = survey.read(unseen.rows)
    fractions = read_fractions(spectra.table, model.endmember_names)
    found = abundance_errors(model.abundances(spectra), fractions)
    errors = endmember_errors(model.endmembers, pure_spectra(spectra, fractions))
    error = float(np.nanmean(errors)) if np.isfinite(errors).any() else None
    return {**found, "endmember_error": error}
