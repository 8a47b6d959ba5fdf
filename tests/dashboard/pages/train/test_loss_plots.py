import numpy as np
import pytest
from bokeh.models import ColumnDataSource, LogScale, Span

from dashboard.pages.train.live_losses import LiveLosses
from dashboard.pages.train.loss_plots import (
    curve,
    is_positive,
    loss_figure,
    mark_drop,
    overlay_figure,
    parts,
    rate_drops,
)
from specvae_core.progress import Progress


def entry(epoch: int, **values: float) -> tuple[int, dict[str, float]]:
    return epoch, {name.replace("__", "/"): value for name, value in values.items()}


HISTORY = [
    entry(1, train__kl=3.0, train__loss=9.0, validation__loss=10.0, learning_rate=1e-3),
    entry(2, train__kl=2.0, train__loss=5.0, validation__loss=8.0, learning_rate=1e-3),
    entry(3, train__kl=1.0, train__loss=4.0, learning_rate=1e-4),
]


def progress(history) -> tuple[Progress, ...]:
    return tuple(Progress(epoch / 10, "", epoch, values) for epoch, values in history)


def test_parts_begin_with_the_loss():
    assert parts(HISTORY) == ("loss", "kl")
    assert parts([]) == ()


def test_curve_has_holes_where_nothing_was_reported():
    columns = curve(HISTORY, "loss")
    assert columns["epoch"].tolist() == [1, 2, 3]
    assert columns["train"].tolist() == [9.0, 5.0, 4.0]
    np.testing.assert_array_equal(columns["validation"], [10.0, 8.0, np.nan])


def test_drops_of_the_learning_rate():
    assert rate_drops(HISTORY) == [3]
    assert rate_drops([entry(1, train__loss=1.0)]) == []


def test_the_axis_is_logarithmic_only_where_it_can_be():
    assert is_positive(curve(HISTORY, "loss"))
    assert not is_positive(curve([entry(1, train__loss=-1.0)], "loss"))
    assert not is_positive(curve([entry(1, train__loss=float("nan"))], "loss"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_training_is_solid_and_validation_dashed(theme):
    source = ColumnDataSource(curve(HISTORY, "loss"))
    plot = loss_figure(source, "loss", log=True, theme=theme, large=True)
    train, validation = plot.renderers
    assert train.glyph.line_dash == []
    assert validation.glyph.line_dash
    assert isinstance(plot.y_scale, LogScale)
    assert (plot.xaxis.axis_label, plot.yaxis.axis_label) == ("epoch", "loss")
    mark_drop(plot, 3, theme)
    assert [span.location for span in plot.center if isinstance(span, Span)] == [3]


def test_overlay_has_a_line_a_model_and_a_level_where_there_is_one_epoch():
    curves = {"a": (np.arange(3), np.array([3.0, 2.0, 1.0])), "b": (np.array([1]), np.array([2.0]))}
    plot = overlay_figure(curves, "validation loss", "light")
    assert [renderer.name for renderer in plot.renderers] == ["a", "b"]
    assert len({item.label.value for item in plot.legend.items}) == 2
    colours = {renderer.glyph.line_color for renderer in plot.renderers}
    assert len(colours) == 2


@pytest.fixture
def live() -> LiveLosses:
    return LiveLosses("light")


def test_new_epochs_are_streamed_into_the_same_figures(live):
    live.update("job", progress(HISTORY[:2]))
    figures = {part: plot for part, (plot, _, _) in live.figures.items()}
    assert list(figures) == ["loss", "kl"]
    live.update("job", progress(HISTORY))
    assert {part: plot for part, (plot, _, _) in live.figures.items()} == figures
    assert live.figures["loss"][1].data["epoch"].tolist() == [1, 2, 3]
    assert live.figures["kl"][1].data["train"].tolist() == [3.0, 2.0, 1.0]
    spans = [span for span in figures["kl"].center if isinstance(span, Span)]
    assert [span.location for span in spans] == [3]
    live.update("job", progress(HISTORY))
    assert len(live.figures["loss"][1].data["epoch"]) == 3


def test_another_job_a_new_part_and_a_shorter_history_start_again(live):
    live.update("job", progress(HISTORY))
    first = live.figures["loss"][0]
    live.update("other", progress(HISTORY))
    second = live.figures["loss"][0]
    assert second is not first
    live.update("other", progress([*HISTORY, entry(4, train__mmd=1.0, train__loss=2.0)]))
    assert list(live.figures) == ["loss", "kl", "mmd"]
    live.update("other", progress(HISTORY[:1]))
    assert live.figures["loss"][1].data["epoch"].tolist() == [1]


def test_a_negative_number_turns_the_axis_linear(live):
    live.update("job", progress(HISTORY))
    assert live.figures["kl"][2] is True
    live.update("job", progress([*HISTORY, entry(4, train__kl=-0.5, train__loss=3.0)]))
    assert live.figures["kl"][2] is False
    assert live.figures["loss"][2] is True
    assert live.figures["kl"][1].data["train"].tolist() == [3.0, 2.0, 1.0, -0.5]


def test_reports_without_numbers_draw_nothing(live):
    live.update("job", (Progress(0.1, "reading"),))
    assert live.figures == {}
