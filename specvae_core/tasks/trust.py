"""What is known of the errors that a model quotes, for the page or the command that shows one."""

from collections.abc import Sequence

from ..analysis.calibration.warning import warning
from ..results import Kind, Result
from ..workspace import Workspace

MEASURED_ON_VALIDATION = {"sdgm"}
"""Models whose errors of latents are measured, with their correlations, on validation objects after the training."""

UNMEASURED = (
    "Errors of the latents of this model were not measured: an earlier version trained it, or there were fewer than 50 "
    "validation objects. Train it again, or run specvae calibrate to see how wrong they are."
)


def kept_calibration(workspace: Workspace, model_id: str, survey_id: str, where: str = "") -> Result | None:
    """The calibration of a model on a survey, or within a selection of it; ``None`` where the model is newer."""
    found = workspace.results.find(Kind.CALIBRATIONS, model=model_id, survey=survey_id, where=where or None)
    if found is None or found.created < workspace.model_summary(model_id).created:
        return None
    return found


def warnings_of(
    workspace: Workspace, model_id: str, survey_id: str, quantities: Sequence[str], subset: str = "all"
) -> list[str]:
    """A sentence for each quantity whose errors are not as large as they should be; none where nothing was checked.

    The survey at hand is asked first, then the one that the model was fitted to. Without a calibration it is said where
    errors of latents are widths of an encoder that nobody has measured.

    Parameters
    ----------
    quantities
        Names as in the rows of a calibration: labels by the names of their columns, ``component 1``, ``redshift``…
    subset
        Part of the survey at hand, as ``S/N 5 to 10``.
    """
    for survey in (survey_id, workspace.trained_on(model_id)):
        found = kept_calibration(workspace, model_id, survey)
        if found is not None:
            sentences = (warning(found.header["rows"], quantity, subset) for quantity in quantities)
            return [sentence for sentence in sentences if sentence]
    latents = any(quantity.startswith(("latent ", "component ")) for quantity in quantities)
    return [UNMEASURED] if latents and _is_unmeasured(workspace, model_id, survey_id) else []


def _is_unmeasured(workspace: Workspace, model_id: str, survey_id: str) -> bool:
    """Whether the errors of latents in the encoding of a survey are those before they are measured."""
    if workspace.model_summary(model_id).name not in MEASURED_ON_VALIDATION:
        return False
    encoding = workspace.encoding(model_id, survey_id)
    return encoding is not None and encoding.errors is not None and encoding.errors.independent
