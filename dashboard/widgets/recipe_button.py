"""The button that saves how what a card or tab shows was made."""

from collections.abc import Callable, Mapping

import panel as pn

from specvae_core.tasks.recipes import to_json

from ..page import Session
from ..theme import hint


class RecipeButton(pn.widgets.Button):
    """Saves a recipe as JSON, with its Python snippet; `specvae replay` makes the same again.

    Parameters
    ----------
    session
        Its browser saves the file.
    what
        What the recipe is of, for the hint.
    make
        Gives the recipe and the name of its file, without an ending.
    label
        What is written on it; more than one word where a card has two.
    """

    def __init__(
        self, session: Session, what: str, make: Callable[[], tuple[Mapping, str]], label: str = "Recipe"
    ) -> None:
        super().__init__(
            label=label,
            css_classes=["pill", "small", "recipe"],
            description=hint(f"How to make {what} again, as JSON and Python: specvae replay"),
        )
        self.on_click(session.guard(lambda _: save_recipe(session, *make())))


def save_recipe(session: Session, recipe: Mapping, name: str) -> None:
    """Have the browser save a recipe as JSON; ``name`` has no ending."""
    session.bridge.save(f"{name}.json", "application/json", to_json(recipe))
