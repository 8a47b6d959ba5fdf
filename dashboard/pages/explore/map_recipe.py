"""Recipe of the focus map."""

from collections.abc import Mapping

from specvae_core.errors import BadConfig
from specvae_core.tasks.figures import figure_recipe

from .added_columns import DENSITY, LOF
from .view import MapView

_COLUMNS = {LOF: "lof", DENSITY: "log_density", "interest σ": "interest_sigma"}
"""Names of colourings that filters know by another one."""


def recipe_of_map(view: MapView) -> tuple[Mapping, str]:
    """Recipe of the focus map as it is shown, and a name for it.

    Raises
    ------
    BadConfig
        An epoch of the training is shown, or colours that are not a column.
    """
    state, here = view.session.state, view.map
    if state.epoch:
        raise BadConfig("A recipe makes maps of a trained model, and an epoch is shown: choose another view first.")
    x, y = state.plane or (_axis(view, i) for i in state.focus)
    colour = _COLUMNS.get(state.colour_by, state.colour_by) if state.colour_by in here.table else ""
    asked = {"x": x, "y": y, "colour": colour, "rows": state.selection, "where": state.where}
    recipe = figure_recipe(view.session.workspace, "map", state.survey_id, state.model_id, **asked)
    return recipe, f"{state.survey_id}-{state.model_id}-map"


def _axis(view: MapView, i: int) -> str:
    """Column of one axis of the map."""
    here = view.map
    if i >= here.n_components:
        return f"`{here.names[i]}`"
    return f"{'latent' if here.basis is None else 'component'}_{i + 1}"
