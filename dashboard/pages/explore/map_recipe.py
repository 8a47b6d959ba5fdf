"""Recipes of the focus map and of the corner plot."""

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
    state = view.session.state
    if state.epoch:
        raise BadConfig("A recipe makes maps of a trained model, and an epoch is shown: choose another view first.")
    x, y = state.plane or (_axis(view, i) for i in state.focus)
    return _recipe(view, "map", x=x, y=y)


def recipe_of_corner(view: MapView) -> tuple[Mapping, str]:
    """Recipe of the corner plot as it is shown, and a name for it.

    Raises
    ------
    BadConfig
        Its colours are not a column.
    """
    return _recipe(view, "corner", axes=[_axis(view, i) for i in view.session.state.shown])


def _recipe(view: MapView, figure: str, **axes: object) -> tuple[Mapping, str]:
    state = view.session.state
    colour = _COLUMNS.get(state.colour_by, state.colour_by) if state.colour_by in view.map.table else ""
    asked = {**axes, "colour": colour, "rows": state.selection, "where": state.where}
    recipe = figure_recipe(view.session.workspace, figure, state.survey_id, state.model_id, **asked)
    return recipe, f"{state.survey_id}-{state.model_id}-{figure}"


def _axis(view: MapView, i: int) -> str:
    """Column or expression of one axis."""
    here = view.map
    if i >= here.n_components:  # beside a single latent
        return "log10(chi2_per_pixel)"
    return f"{'latent' if here.basis is None else 'component'}_{i + 1}"
