"""The noise tab, without a browser."""

import numpy as np
import pytest
from bokeh.models import DataRange1d
from survey_of_lines import wait, write_survey

from dashboard.pages.explore.tabs.noise_plot import bias_figure, ratio_figure
from dashboard.pages.explore.tabs.noise_tab import NoiseTab
from dashboard.pages.explore.view import MapView
from specvae_core.progress import ignore
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace


def trained(workspace: Workspace, tmp_path, model: str, config: dict) -> str:
    folder = tmp_path / model
    folder.mkdir()
    return train(workspace, ignore, folder, survey="lines", model=model, config=config)


@pytest.fixture
def tab(workspace, session, tmp_path):
    """The tab on a survey under a small InfoVAE, an object picked."""
    write_survey(workspace, "lines")
    model = trained(workspace, tmp_path, "infovae", {"n_latent": 2, "max_epochs": 2, "epoch_steps": 50})
    session.state.param.update(survey_id="lines", model_id=model)
    view = MapView(session)
    view.load()
    tab = NoiseTab(view)
    tab.build()
    tab.refresh({"map"})
    return tab


def test_the_present_model_is_offered_without_and_with_the_likelihood(tab, session) -> None:
    assert [side.choice.value[1] for side in tab.sides] == ["encoder", "likelihood"]
    assert tab.ids == [session.state.picked]
    assert not tab.run.disabled
    assert "noisy copies" in tab.words.object
    assert tab.both.visible


def test_both_sides_are_tested_drawn_and_remembered(tab, session, workspace) -> None:
    tab.run.clicks += 1
    jobs = session.runner.jobs()[::-1]
    wait(lambda: not any(job.active for job in jobs))
    session.live.look()
    assert [side.result.header["posterior"] for side in tab.sides] == ["encoder", "likelihood"]
    assert "latent" in tab.words.object
    assert "within a factor 2" in tab.sides[1].words.object
    picked = session.state.picked
    session.state.picked = "lines-007"
    tab.refresh({"picked"})
    assert all(side.result is None for side in tab.sides)
    session.state.picked = picked
    tab.refresh({"picked"})
    assert tab.sides[0].result.id == jobs[0].result
    session.state.theme = "dark"
    tab.refresh({"theme"})
    assert len(workspace.results.list("noise")) == 2


def test_of_a_selection_the_best_are_taken_and_none_is_told(tab, session) -> None:
    tab.of.value = "selection"
    assert tab.run.disabled
    assert "Nothing to test" in tab.hint.text
    session.state.selection = np.arange(20, dtype=np.int32)
    tab.refresh({"selection"})
    assert len(tab.ids) == 8
    assert not tab.run.disabled


def test_without_a_model_that_reports_widths_it_says_what_to_do(workspace, session, tmp_path) -> None:
    write_survey(workspace, "lines")
    session.state.param.update(survey_id="lines", model_id=trained(workspace, tmp_path, "pca", {"n_latent": 2}))
    view = MapView(session)
    view.load()
    tab = NoiseTab(view)
    tab.build()
    tab.refresh({"map"})
    assert "Train an InfoVAE" in tab.hint.text
    assert tab.run.disabled


def test_each_latent_is_a_line_and_unused_ones_are_faint() -> None:
    rows = [
        {"snr": snr, "latent": latent, "variance_ratio": 1.0, "bias": 0.1, "used": latent == 1}
        for snr in (5.0, 50.0)
        for latent in (1, 2)
    ]
    for build in (ratio_figure, bias_figure):
        plot = build(rows, DataRange1d(), "light", "band")
        assert plot.xaxis[0].axis_label == "S/N per band"
        dots = [renderer for renderer in plot.renderers if renderer.name]
        assert [dot.name for dot in dots] == ["latent-1", "latent-2"]
        assert dots[0].data_source.data["snr"].tolist() == [5.0, 50.0]
        assert dots[1].glyph.fill_alpha < dots[0].glyph.fill_alpha
