"""Models are written as Bokeh writes them."""

import pytest
from bokeh.core.has_props import HasProps
from bokeh.core.property.descriptors import UnsetValueError
from bokeh.model import Model
from bokeh.models import GlyphRenderer, RangeSlider

from dashboard.serving.given import values_to_write, write_what_was_given

bokehs_own = HasProps.query_properties_with_values


def written(write, model: Model, **wanted: bool) -> list[tuple[str, object]] | None:
    """Names and values in their order; nothing where a value is missing."""
    try:
        return list(write(model, lambda one: one.serialized, **wanted).items())
    except UnsetValueError:
        return None


@pytest.mark.parametrize("themed", [False, True])
@pytest.mark.filterwarnings("ignore::bokeh.util.warnings.BokehDeprecationWarning")  # of kinds with new names
def test_every_kind_of_model_is_written_with_the_same_values(themed: bool):
    kinds = {kind for kind in Model.model_class_reverse_map.values() if not kind.__name__.startswith("_")}
    tried = missing = 0
    for kind in kinds:
        try:
            model = kind()
        except (ValueError, TypeError, RuntimeError):  # a kind that cannot be made without arguments
            continue
        if "tags" in model.properties():
            model.name = "a"
            if themed:
                model.apply_theme({"tags": ["c"], "syncable": False})
        for wanted in ({}, {"include_undefined": True}, {"include_defaults": True, "include_undefined": True}):
            wanted = {"include_defaults": False} | wanted
            found = written(values_to_write, model, **wanted)  # first, since Bokeh's own keeps defaults
            assert found == written(bokehs_own, model, **wanted), kind
            missing += found is None
        tried += 1
    assert tried > 300
    assert missing > 10


def test_what_is_missing_is_still_an_error(monkeypatch):
    monkeypatch.setattr(HasProps, "query_properties_with_values", bokehs_own)  # back to it afterwards
    write_what_was_given()
    given = RangeSlider(start=0, end=1, value=(0, 1)).properties_with_values(include_defaults=False)
    assert {"start", "end", "value"} <= given.keys()
    with pytest.raises(UnsetValueError):
        GlyphRenderer().properties_with_values(include_defaults=False)
