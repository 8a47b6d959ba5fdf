"""Models are written for the browser without asking for their defaults.

What a model was not given, the browser knows by itself, and Bokeh leaves it out; but first it makes each such default,
copies and checks it: a sixth of the server's time for the opening of a page.
"""

from collections.abc import Callable
from functools import cache

from bokeh.core.has_props import HasProps
from bokeh.core.property.descriptors import PropertyDescriptor
from bokeh.core.property.singletons import Undefined

_every_value = HasProps.query_properties_with_values


def write_what_was_given() -> None:
    """Let Bokeh write models in this way from now on."""
    HasProps.query_properties_with_values = values_to_write  # Bokeh has no public way to it


def values_to_write(
    model: HasProps,
    query: Callable[[PropertyDescriptor], bool],
    *,
    include_defaults: bool = True,
    include_undefined: bool = False,
) -> dict[str, object]:
    """Values of a model by the names of its properties.

    Parameters
    ----------
    model
        A model of Bokeh.
    query
        Which properties are wanted.
    include_defaults
        Also those that nobody has given.
    include_undefined
        Also, as undefined, those that have no default and were not given.

    Raises
    ------
    UnsetValueError
        A property without a default was not given, and undefined ones are not to be included.
    """
    asked = query
    if not include_defaults:
        given = {*model._property_values, *model._unstable_default_values, *(model.themed_values() or ())}
        given |= _without_default(type(model))

        def asked(descriptor: PropertyDescriptor) -> bool:
            return descriptor.name in given and query(descriptor)

    return _every_value(model, asked, include_defaults=include_defaults, include_undefined=include_undefined)


@cache
def _without_default(kind: type[HasProps]) -> frozenset[str]:
    """Properties of a kind of models that have no default."""
    defaults = {name: one._raw_default(no_eval=True) for name, one in kind.properties(_with_props=True).items()}
    return frozenset(name for name, one in (defaults | kind._overridden_defaults()).items() if one is Undefined)
