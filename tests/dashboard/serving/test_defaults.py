"""Defaults that are kept are those that Bokeh makes."""

from collections.abc import Callable

import pytest
from bokeh.core.has_props import HasProps
from bokeh.core.property.descriptors import PropertyDescriptor
from bokeh.model import Model
from bokeh.models import Div

from dashboard.serving.defaults import default_of, make_defaults_once

bokehs_own = PropertyDescriptor._get_default


def defaults(read: Callable, model: HasProps) -> dict[str, object]:
    """What all properties of a model are where none was given, and the types of those that are made for each model."""
    found = {}
    for name in model.properties():
        descriptor = model.lookup(name)
        if isinstance(descriptor, PropertyDescriptor) and name not in model._property_values:  # no alias of another
            value = read(descriptor, model)
            plain = isinstance(value, bool | int | float | str | None)
            found[name] = value if plain else type(value).__name__
    return found


@pytest.mark.parametrize("themed", [False, True])
@pytest.mark.filterwarnings("ignore::bokeh.util.warnings.BokehDeprecationWarning")  # of kinds with new names
def test_every_kind_of_model_has_the_same_defaults(themed: bool):
    tried = 0
    for kind in set(Model.model_class_reverse_map.values()):
        try:
            one, other = kind(), kind()
        except (ValueError, TypeError, RuntimeError):  # a kind that cannot be made without arguments
            continue
        if themed and "tags" in kind.properties():
            for model in (one, other):
                model.apply_theme({"tags": ["c"], "syncable": False, "name": "themed"})
        for _ in range(2):  # made, and kept
            assert defaults(default_of, one) == defaults(bokehs_own, other), kind
        assert one._unstable_default_values.keys() == other._unstable_default_values.keys(), kind
        tried += 1
    assert tried > 300


def test_a_change_from_a_default_is_told_and_no_change_is_not(monkeypatch):
    monkeypatch.setattr(PropertyDescriptor, "_get_default", bokehs_own)  # back to it afterwards
    make_defaults_once()
    told, model = [], Div()
    model.on_change("disabled", lambda attr, old, new: told.append((attr, old, new)))
    model.disabled = False
    model.disabled = True
    assert told == [("disabled", False, True)]
    assert not Div().disabled
