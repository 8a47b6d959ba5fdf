"""Reconstructions, redshifts and densities of one object side by side."""

import numpy as np
import pandas as pd
import pytest
from bokeh.models import FixedTicker
from survey_of_lines import GRID, wait, write_survey

from dashboard.page import Session
from dashboard.pages.compare.error_plots import error_figure, trial_figure
from dashboard.pages.compare.object_view import catalogue_redshift
from dashboard.pages.compare.side_by_side import ZOOMS, SideBySide, dress_pdf, pdf_figure, zooms_on
from dashboard.pages.explore.tabs.redshift_plot import chi2_figure, fit_figure
from dashboard.pages.explore.tabs.redshift_tab import RedshiftTab
from dashboard.pages.explore.view import MapView
from dashboard.widgets.spectrum_tools.plots_with_tools import PlotsWithTools
from specvae_core.analysis.compare import Reconstruction
from specvae_core.analysis.redshift_fit import RedshiftFit
from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import BandGrid, Grid, PixelGrid, SpectralGrid
from specvae_core.tasks import submit


def test_the_redshift_tab_finds_the_redshift(session: Session) -> None:
    write_survey(session.workspace, "lines")
    for task, arguments in (
        ("train", {"survey": "lines", "model": "pca", "config": {"n_latent": 2}}),
        ("encode", {"survey": "lines", "model": "pca-2"}),
    ):
        job = submit(session.runner, session.workspace, task, **arguments)
        wait(lambda job=job: not job.active)
    session.state.param.update(survey_id="lines", model_id="pca-2")
    view = MapView(session)
    view.load()
    tab = RedshiftTab(view)
    tab.build()
    tab.refresh({"map"})

    def drawn() -> bool:
        session.live.look()
        return len(tab.plots.objects) == 2

    wait(drawn)
    assert "z = " in tab.summary.object
    assert "catalogue" not in tab.summary.object  # this survey has no redshifts
    assert not tab.prior.visible  # a linear model has no use of one
    session.state.theme = "dark"
    tab.refresh({"theme"})
    assert len(tab.plots.objects) == 2


def opened_on_autoencoder(session: Session, grid: Grid) -> RedshiftTab:
    """The tab on a survey under an autoencoder, which is not linear."""
    write_survey(session.workspace, "lines", grid=grid)
    settings = {"n_latent": 2, "max_epochs": 2}
    job = submit(session.runner, session.workspace, "train", survey="lines", model="ae", config=settings)
    wait(lambda: not job.active)
    encoding = submit(session.runner, session.workspace, "encode", survey="lines", model=job.result)
    wait(lambda: not encoding.active)
    session.state.param.update(survey_id="lines", model_id=job.result)
    view = MapView(session)
    view.load()
    tab = RedshiftTab(view)
    tab.build()
    tab.refresh({"map"})
    return tab


def test_the_prior_of_redshifts_is_chosen_where_the_model_is_not_linear(session: Session) -> None:
    tab = opened_on_autoencoder(session, GRID)
    assert tab.prior.visible
    assert tab.prior.value == "gaussian"

    wait(lambda: session.live.look() or "z = " in tab.summary.object)
    tab.prior.value = "density"  # which takes more objects
    wait(lambda: session.live.look() or not tab.plots.visible)
    assert tab.summary.object == ""
    tab.prior.value = "gaussian"
    wait(lambda: session.live.look() or tab.plots.visible)
    assert "z = " in tab.summary.object


def test_of_photometry_it_says_where_redshifts_are_found(session: Session) -> None:
    tab = opened_on_autoencoder(session, BandGrid(("u", "g", "r", "i", "z")))
    wait(lambda: session.live.look() or "train an SDGM" in tab._hint.text)
    assert not tab.prior.visible


def test_curves_without_a_number_are_drawn_all_the_same() -> None:
    plot = error_figure({"PCA": ([2, 4], [1e-3, float("nan")], [1e-4, 0.0])}, [2, 4], "error", "light")
    assert plot.xaxis[0].ticker.ticks == [2, 4]
    assert trial_figure([], "dark").renderers
    assert len(trial_figure([3.0, float("nan"), 1.0], "dark").renderers) == 2


@pytest.mark.parametrize(("errors", "fixed"), [((1.61e-1, 1.26e-1), False), ((6e-3, 1.4e-2), True)])
def test_the_axis_of_errors_has_numbers_where_all_are_alike_too(errors: tuple[float, float], fixed: bool) -> None:
    axis = error_figure({"PCA": ([2, 4], errors, (0, 0))}, [2, 4], "error", "light").yaxis[0]
    assert isinstance(axis.ticker, FixedTicker) == fixed
    if fixed:
        assert sum(min(errors) <= tick <= max(errors) for tick in axis.ticker.ticks) > 1


def test_figures_of_a_redshift_without_a_catalogue_or_a_second_minimum() -> None:
    curve = np.linspace(0, 1, 5)
    fit = RedshiftFit(curve, curve + 1, 0.0, 0.1, 1.0, np.nan, np.nan, 5, 1.0, curve)
    plot = chi2_figure(fit, np.nan, "light")
    assert {renderer.name for renderer in plot.renderers if renderer.name} == {"best"}
    assert len(fit_figure(curve, curve, curve > 0, curve, "dark").renderers) == 2


def test_zooms_are_offered_where_the_grid_has_them() -> None:
    everything = zooms_on(SpectralGrid.from_range(3000, 9000, 100))
    assert set(everything.values()) == {"", *(zoom.key for zoom in ZOOMS)}
    assert set(zooms_on(SpectralGrid.from_range(6000, 7000, 100)).values()) == {"", "halpha", "sii"}
    assert zooms_on(BandGrid(("u", "r"))) == {"all bands": ""}
    assert zooms_on(PixelGrid(7000)) == {"all pixels": ""}


def test_counted_pixels_have_no_wavelengths_and_no_lines(session) -> None:
    plots = SideBySide(PixelGrid(64), 2, "light", PlotsWithTools(session, lambda: None))
    for plot in plots.plots:
        assert plot.residual.below[0].axis_label == "pixel"
        assert not next(renderer for renderer in plot.flux.renderers if renderer.name == "lines").visible


def test_bands_are_drawn_in_order_of_wavelength_the_bright_end_on_top(session) -> None:
    grid = BandGrid(("z", "u", "r"))
    plots = SideBySide(grid, 2, "light", PlotsWithTools(session, lambda: None))
    assert list(plots.order) == [1, 2, 0]
    magnitudes = np.array([[17.0, 20.0, 18.0]], np.float32)
    one = SpectraSet(grid, magnitudes, np.full((1, 3), 100.0, np.float32), pd.DataFrame({"id": ["a"]}))
    plots.fill(one, [Reconstruction(magnitudes[0] + shift, np.zeros(3), 1.0, 1.0, {}) for shift in (0.0, 0.1)], "")
    figure = plots.plots[0].flux
    assert figure.yaxis[0].axis_label == "magnitude"
    assert figure.y_range.start > 20.1 > 17 > figure.y_range.end
    np.testing.assert_allclose(plots.plots[0].pixels.data["observed"], [20, 18, 17])


def test_a_density_takes_the_colours_of_another_theme() -> None:
    redshift = np.linspace(0, 1, 5)
    plots = {theme: pdf_figure(redshift, redshift, 0.3, theme) for theme in ("light", "dark")}
    changed = pdf_figure(redshift, redshift, 0.3, "light")
    dress_pdf(changed, "dark")
    shown = {
        name: (plot.renderers[1].glyph.line_color, plot.xaxis[0].axis_label_text_color)
        for name, plot in {**plots, "changed": changed}.items()
    }
    assert shown["changed"] == shown["dark"] != shown["light"]


@pytest.mark.parametrize(
    ("record", "redshift"),
    [
        ({"z": 0.1, "redshift": 0.2}, 0.1),
        ({"z": np.nan, "redshift": 0.2}, 0.2),
        ({"redshift": "no"}, np.nan),
        ({}, np.nan),
    ],
)
def test_the_redshift_of_the_catalogue_is_found_under_both_names(record: dict, redshift: float) -> None:
    assert catalogue_redshift(pd.Series(record, dtype=object)) == pytest.approx(redshift, nan_ok=True)
