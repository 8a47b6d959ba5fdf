"""Numbers and texts that are a default are made once for each kind of model.

Bokeh makes, copies and checks a default each time that it is asked for, and asks for one whenever a property is given
its first value, to tell whether that is a change: a fifth of the server's time for the opening of a page.
"""

from functools import cache

from bokeh.core.has_props import HasProps
from bokeh.core.property.descriptors import PropertyDescriptor

_PLAIN = frozenset({bool, int, float, str, type(None)})
"""Types whose values nobody can change."""

_VARIES = object()

_bokehs_own = PropertyDescriptor._get_default


def make_defaults_once() -> None:
    """Let Bokeh keep defaults from now on."""
    PropertyDescriptor._get_default = default_of  # Bokeh has no public way to it


def default_of(descriptor: PropertyDescriptor, model: HasProps) -> object:
    """The value of a property of a model that was given none."""
    themed = model.themed_values()
    if themed is None or descriptor.name not in themed:
        kept = _plain_default(descriptor, type(model))
        if kept is not _VARIES:
            return kept
    return _bokehs_own(descriptor, model)


@cache
def _plain_default(descriptor: PropertyDescriptor, kind: type[HasProps]) -> object:
    """The default of a property for all models of a kind; `_VARIES` where each has its own."""
    one, name = descriptor.property, descriptor.name
    raw = kind._overridden_defaults().get(name, one._raw_default(no_eval=True))
    if type(raw) not in _PLAIN or descriptor.has_unstable_default(kind):
        return _VARIES
    made = descriptor.class_default(kind)
    return made if type(made) in _PLAIN else _VARIES
