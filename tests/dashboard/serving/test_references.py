"""The quick search finds the models that Bokeh's own search finds."""

import panel as pn
import pytest
from bokeh.model import Model
from bokeh.model.util import visit_immediate_value_references as bokehs_own
from bokeh.models import ColumnDataSource, CustomJS, Div, Legend
from bokeh.plotting import figure

from dashboard.serving.references import search_quickly, visit_references


def seen(visit, model: Model) -> set[Model]:
    """What a model refers to without another between them."""
    found: set[Model] = set()
    visit(model, found.add)
    return found


def plot() -> Model:
    """A figure to which much was given: a legend, a callback with arguments, ranges that were set."""
    source = ColumnDataSource({"x": [1.0, 2.0], "y": [3.0, 4.0]})
    plot = figure(x_range=(0, 1), tools="pan,lasso_select,wheel_zoom")
    plot.line("x", "y", source=source)
    plot.add_layout(Legend(items=[("a", [plot.renderers[0]])]))
    plot.js_on_event("tap", CustomJS(args={"source": source, "all": [source, {"plot": plot}]}, code=""))
    return plot


@pytest.mark.parametrize("themed", [False, True])
def test_each_model_of_a_figure_and_of_widgets_refers_to_the_same(themed: bool):
    parts = pn.Column(pn.pane.Bokeh(plot()), pn.widgets.Select(options=["a"]), pn.Tabs(("t", pn.pane.HTML("x"))))
    root = parts.get_root()
    if themed:
        for model in root.references():
            model.apply_theme({"styles": {"color": "red"}} if "styles" in model.properties() else {"tags": ["a"]})
    every = root.references()
    assert len(every) > 30
    for model in every:
        assert seen(visit_references, model) == seen(bokehs_own, model), model


@pytest.mark.filterwarnings("ignore::bokeh.util.warnings.BokehDeprecationWarning")  # of kinds with new names
def test_every_kind_of_model_as_it_is_at_first_refers_to_as_many():
    kinds = {kind for kind in Model.model_class_reverse_map.values() if not kind.__name__.startswith("_")}
    tried = 0
    for kind in kinds:
        try:
            one, other = kind(), kind()
            expected = sorted(type(held).__name__ for held in seen(bokehs_own, one))
        except (ValueError, TypeError, RuntimeError):  # a kind that cannot be made without arguments
            continue
        assert sorted(type(held).__name__ for held in seen(visit_references, other)) == expected, kind
        tried += 1
    assert tried > 300


def test_bokeh_searches_so_once_it_is_asked_to():
    search_quickly()
    made = Div()
    drawn = plot()
    drawn.js_on_event("tap", CustomJS(args={"made": made}, code=""))
    kinds = {type(model).__name__ for model in drawn.references()}
    assert {"Range1d", "DataRange1d", "LinearAxis", "Legend", "ColumnDataSource", "Div", "PanTool"} <= kinds
    assert made in drawn.references()
