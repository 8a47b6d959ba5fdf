"""Columns that stand beside the spectra of a model, predicted and measured, as rows of the object's card."""

import html
import math
from collections.abc import Mapping

from specvae_core.data.label_columns import ERROR_SUFFIX
from specvae_core.errors import UserError
from specvae_core.workspace import Workspace


def predicted_rows(
    workspace: Workspace, model_id: str, survey_id: str, row: int, record: Mapping[str, object]
) -> list[tuple[str, str]]:
    """Name and HTML of each column: what all else predicts, and what was measured; none without such columns.

    Parameters
    ----------
    row, record
        The object's row of the survey, and its entry in the catalogue.
    """
    if "inputs" not in workspace.model_summary(model_id).header:  # asked before the weights are read
        return []
    model = workspace.model(model_id)
    try:
        values, errors = model.predict_columns(workspace.survey(survey_id).row(row))
    except UserError as error:  # a column of this survey holds no numbers
        return [("predicted", f'<span class="muted">{html.escape(str(error))}</span>')]
    rows = []
    for name, value, sigma in zip(model.column_names, values[0], errors[0], strict=True):
        measured = with_error(record.get(name, math.nan), record.get(name + ERROR_SUFFIX, math.nan))
        beside = f"measured {measured}" if measured else "not measured"
        rows.append((name, f'{with_error(value, sigma)} <span class="muted">· {beside}</span>'))
    return rows


def with_error(value: float, sigma: float) -> str:
    """Value ± error, with the digits that the error leaves; empty where there is no value."""
    if not math.isfinite(value):
        return ""
    if not (math.isfinite(sigma) and sigma > 0):
        return f"{value:.4g}".replace("-", "−")
    digits = max(1, 2 + math.floor(math.log10(abs(value) / sigma))) if abs(value) > sigma else 2
    return f"{value:.{digits}g} ± {sigma:.2g}".replace("-", "−")
