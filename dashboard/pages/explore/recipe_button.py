"""The button that saves how what a tab or card shows was made."""

from collections.abc import Callable, Mapping

import panel as pn

from dashboard.page import Session
from dashboard.theme import hint
from specvae_core.errors import BadConfig
from specvae_core.tasks.figures import map_recipe
from specvae_core.tasks.recipes import to_json

from .added_columns import DENSITY, LOF
from .view import MapView

_COLUMNS = {LOF: "lof", DENSITY: "log_density", "interest σ": "interest_sigma"}
"""Names of colourings that filters know by another one."""


class RecipeButton(pn.widgets.Button):
    """Saves a recipe as JSON, with its Python snippet; `specvae replay` makes the same again.

    Parameters
    ----------
    view
        The map of the page.
    what
        What the recipe is of, for the hint.
    make
        Gives the recipe and the name of its file, without an ending.
    """

    def __init__(self, view: MapView, what: str, make: Callable[[], tuple[Mapping, str]]) -> None:
        super().__init__(
            label="Recipe",
            css_classes=["pill", "small"],
            description=hint(f"How to make {what} again, as JSON and Python: specvae replay"),
        )
        self.on_click(view.session.guard(lambda _: save_recipe(view.session, *make())))


def save_recipe(session: Session, recipe: Mapping, name: str) -> None:
    """Have the browser save a recipe as JSON; ``name`` has no ending."""
    session.bridge.save(f"{name}.json", "application/json", to_json(recipe))


def recipe_of_map(view: MapView) -> tuple[Mapping, str]:
    """Recipe of the focus map as it is shown, and a name for it.

    Raises
    ------
    BadConfig
        An epoch of the training is shown, or colours that are no column.
    """
    state, here = view.session.state, view.map
    if state.epoch:
        raise BadConfig("A recipe makes maps of a trained model, and an epoch is shown: choose another view first.")
    x, y = state.plane or (_axis(view, i) for i in state.focus)
    colour = _COLUMNS.get(state.colour_by, state.colour_by) if state.colour_by in here.table else ""
    recipe = map_recipe(
        view.session.workspace, state.survey_id, state.model_id, x, y, colour, rows=state.selection, where=state.where
    )
    return recipe, f"{state.survey_id}-{state.model_id}-map"


def _axis(view: MapView, i: int) -> str:
    """Column of one axis of the map."""
    here = view.map
    if i >= here.n_components:
        return f"`{here.names[i]}`"
    return f"{'latent' if here.basis is None else 'component'}_{i + 1}"
