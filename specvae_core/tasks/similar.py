"""Similar objects by any encoding: by the latents of a model, or by the whole vectors of an embedding."""

from collections.abc import Sequence

import numpy as np

from ..analysis.similar import Whole, nearest_objects, nearest_to
from ..data.survey import Survey
from ..models import Ability
from ..progress import ignore
from ..workspace import Workspace
from .outlier_table import encoded


def similar(
    workspace: Workspace, model_id: str, survey_id: str, examples: Sequence[int], top: int, among: str = ""
) -> tuple[np.ndarray, np.ndarray]:
    """Objects nearest to any of some examples, in their own survey or in another one; see `nearest_objects`.

    Parameters
    ----------
    workspace
        Holds model and survey.
    model_id, survey_id
        Ids.
    examples
        Rows of the survey.
    top
        Objects to find.
    among
        Survey to look in, encoded by the same model; empty for that of the examples. Across surveys latents count,
        which of a large embedding are its first principal components.
    """
    latents = encoded(workspace, model_id, survey_id, ignore).latents
    if among not in ("", survey_id):
        others = encoded(workspace, model_id, among, ignore).latents
        return nearest_to(others, latents[np.asarray(examples)], top)
    whole = _whole_vectors(workspace, model_id, workspace.survey(survey_id))
    return nearest_objects(latents, np.asarray(examples), top, whole)


def _whole_vectors(workspace: Workspace, model_id: str, survey: Survey) -> Whole | None:
    """Vectors of survey rows, where they have more components than the latents."""
    if Ability.LOOKS_UP not in workspace.model_summary(model_id).abilities:
        return None
    model = workspace.model(model_id)
    if model.config.dimensions == model.n_latent:
        return None

    def whole(rows: np.ndarray) -> np.ndarray:
        return model.vectors_of(survey.index.ids_of(rows), rows).astype(float)

    return whole
