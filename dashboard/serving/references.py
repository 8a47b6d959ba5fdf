"""A quicker search for the models that Bokeh's models refer to.

A page has some thousand models, and Panel asks for all of them whenever a part is added or removed. Bokeh then copies
and checks the default of every property that might hold a model, which takes half of the server's time for a turn to
another tab. Only a value that was given can hold one, or a default that is made for each model, as the ranges of a
figure are.
"""

from collections.abc import Callable
from functools import cache

from bokeh.core.has_props import HasProps
from bokeh.model import Model, util

_PLAIN = frozenset({bool, int, float, str, type(None)})
"""Types of most values; none of them holds a model."""


def search_quickly() -> None:
    """Let Bokeh search in this way from now on."""
    util.visit_immediate_value_references = visit_references  # Bokeh has no public way to it


def visit_references(value: object, visitor: Callable[[Model], None]) -> None:
    """Show the visitor each model that a value refers to without another between them."""
    if not isinstance(value, HasProps):
        util.visit_value_and_its_immediate_references(value, visitor)
        return
    given, made, own = value._property_values, value._unstable_default_values, _made_for_each(type(value))
    for name in value.properties_with_refs():
        if name in given:
            if type(given[name]) not in _PLAIN:
                util.visit_value_and_its_immediate_references(given[name], visitor)
        elif name in own:
            held = made[name] if name in made else getattr(value, name)
            util.visit_value_and_its_immediate_references(held, visitor)


@cache
def _made_for_each(kind: type[HasProps]) -> frozenset[str]:
    """Properties of a kind of models whose default is made for each of them."""
    return frozenset(name for name in kind.properties_with_refs() if kind.lookup(name).has_unstable_default(kind))
