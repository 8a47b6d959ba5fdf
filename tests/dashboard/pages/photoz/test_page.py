"""The Photo-z page on a small survey: what it says while there is nothing, its job, regions and single objects."""

import numpy as np
import pandas as pd
import pytest
from survey_of_lines import wait, write_survey

from dashboard.colouring import colouring_of
from dashboard.pages.explore.lower_card import TABS
from dashboard.pages.explore.page import ExplorePage
from dashboard.pages.photoz.legend import legend_html
from dashboard.pages.photoz.metrics_card import metrics_html
from dashboard.pages.photoz.page import PhotozPage
from dashboard.pages.photoz.redshifts import crowding
from specvae_core.progress import ignore
from specvae_core.tasks.encode import encode_survey
from specvae_core.tasks.photometry import ingest_photometry
from specvae_core.tasks.redshift_tables import LOG_DENSITY
from specvae_core.tasks.select import choose
from specvae_core.tasks.train import train
from specvae_core.tasks.unseen import unseen_objects

SETTINGS = {"n_latent": 3, "hidden": 16, "max_epochs": 2, "learning_rate": 0.005}


def catalogue(n: int = 150) -> pd.DataFrame:
    random = np.random.default_rng(0)
    log_z, bright = random.normal(-1.5, 0.4, n), random.normal(20, 1, n)
    table = pd.DataFrame({"u": bright, "g": bright - log_z, "r": bright - 1, "redshift": np.exp(log_z)})
    table.loc[:9, "redshift"] = np.nan
    return table.assign(u_err=0.05, g_err=0.05, r_err=0.05, field=np.where(log_z > -1.5, "A", "B"))


@pytest.fixture
def sky(session, tmp_path):
    """The session's workspace with a photometric survey and a model."""
    catalogue().to_csv(tmp_path / "sky.csv", index=False)
    ingest_photometry(session.workspace, ignore, tmp_path, paths=[str(tmp_path / "sky.csv")], name="sky", bands="u,g,r")
    train(session.workspace, ignore, tmp_path, survey="sky", model="sdgm", config=SETTINGS)
    session.state.param.update(survey_id="sky", model_id="sdgm-3", page="photoz")
    return session


@pytest.fixture
def page(sky):
    """The page with its redshifts computed."""
    page = PhotozPage(sky)
    page.view()
    page.shown()
    assert "No redshifts yet" in page.redshifts.empty.text
    page.redshifts.empty.button.clicks += 1
    wait(lambda: page.redshifts.ready, page)
    return page


def test_without_photometry_the_page_tells_how_to_begin(session) -> None:
    write_survey(session.workspace, "lines")
    session.state.param.update(survey_id="lines", model_id="", page="photoz")
    page = PhotozPage(session)
    page.view()
    page.shown()
    assert page.redshifts.empty.button.label == "Add a catalogue"
    assert not page.redshifts.ready
    page.redshifts.empty.button.clicks += 1
    assert session.state.page == "data"


def test_metrics_are_those_of_unseen_objects_then_of_the_selected_ones(page, sky) -> None:
    known = np.isfinite(catalogue()["redshift"].to_numpy())
    unseen = unseen_objects(sky.workspace, "sdgm-3", "sky").mask & known
    assert unseen.sum() == 13
    assert "<b>13</b> objects with a spectroscopic redshift: objects of the test part" in page.metrics.region.head
    everything = page.metrics.table.object
    sky.state.selection = np.arange(5, 90, dtype=np.int32)
    assert f"<b>{unseen[5:90].sum()}</b> selected objects" in page.metrics.region.head
    assert page.metrics.table.object != everything
    assert page.metrics.clear.visible
    page.metrics.clear.clicks += 1
    assert len(sky.state.selection) == 0
    assert page.metrics.table.object == everything


def test_the_picked_object_shows_both_densities_and_its_spectroscopic_redshift(page, sky) -> None:
    sky.state.picked = "sky-12"
    curves = page.metrics.density.curves.data
    for name in ("marginal", "importance"):
        assert np.trapezoid(curves[name], curves["z"]) == pytest.approx(1.0)
    truth = catalogue()["redshift"][11]
    assert page.metrics.density.truth.data["z"] == pytest.approx([truth] * 2)
    np.testing.assert_allclose(page.zz.map.plot.ring.data["x"], [truth], rtol=1e-6)
    sky.state.picked = "sky-3"
    assert "no spectroscopic redshift" in page.metrics.object.head
    page.key("ArrowRight")
    assert sky.state.picked == "sky-4"


def test_steps_go_to_the_selected_objects_on_either_side_of_the_picked_one(page, sky) -> None:
    for key, expected in (("ArrowRight", "sky-41"), ("ArrowLeft", "sky-4")):
        sky.state.param.update(selection=np.array([3, 40, 41], np.int32), picked="sky-21")
        page.key(key)
        assert sky.state.picked == expected


def test_points_lie_at_their_redshifts_for_either_estimator_and_colour(page, sky) -> None:
    x = page.zz.map.plot.points.data["x"]
    np.testing.assert_allclose(np.sort(x), np.sort(catalogue()["redshift"].dropna()), rtol=1e-6)
    before = page.zz.map.plot.points.data["y"]
    page.zz.estimator.value = "importance"
    assert not np.array_equal(page.zz.map.plot.points.data["y"], before)
    page.zz.colour.value = "field"
    assert "A" in page.zz.legend.object
    assert len(set(page.zz.map.plot.points.data["colour"])) == 2
    sky.state.theme = "dark"


def test_a_model_without_redshifts_sends_to_one_that_has(page, sky) -> None:
    train(sky.workspace, ignore, sky.workspace.folder, survey="sky", model="pca", config={"n_latent": 2})
    sky.workspace.rename_survey("sky", "Northern sky")
    sky.workspace.rename_model("sdgm-3", "Mine")
    sky.state.model_id = "pca-2"
    assert not page.redshifts.ready
    assert page.redshifts.empty.button.label == "Open Northern sky with Mine"
    page.redshifts.empty.button.clicks += 1
    assert (sky.state.survey_id, sky.state.model_id) == ("sky", "sdgm-3")
    assert page.redshifts.ready


def test_crowded_places_count_more_and_unknown_ones_nothing() -> None:
    x = np.array([0.1, 0.1, 0.1, 0.9, np.nan])
    np.testing.assert_allclose(crowding(x, x, (0.0, 1.0))[:4], [np.log10(3)] * 3 + [0.0], rtol=1e-6)
    assert np.isnan(crowding(x, x, (0.0, 1.0))[4])


def test_a_metric_without_a_number_is_a_dash() -> None:
    names = (
        "bias",
        "rms",
        "nmad",
        "outliers_015",
        "outliers_3sigma",
        "pit_ks",
        "pit_cvm",
        "pit_ad",
        "cde_loss",
        "crps",
    )
    table = metrics_html({"marginal": dict.fromkeys(names, 0.25) | {"rms": float("nan"), "bias": -0.5}})
    assert "<td>–</td>" in table.replace(' class="number"', "")
    assert "−0.5000" in table
    assert "25.00%" in table


def test_names_in_the_legend_are_escaped() -> None:
    assert "&lt;b&gt;" in legend_html(colouring_of(pd.DataFrame({"k": ["<b>", "c"]}), "k"), ["#000000"])


def test_explore_shows_magnitudes_and_every_tab_opens(sky, notices) -> None:
    encode_survey(sky.workspace, "sdgm-3", "sky")
    sky.state.page = "explore"
    page = ExplorePage(sky)
    page.view()
    for tab in TABS:
        sky.state.tab = tab
    assert notices == [], notices
    sky.state.picked = sky.workspace.survey("sky").ids[0]
    body = page.object.body.object
    assert "χ² per band" in body
    assert "pixel" not in body
    assert page.object.trust.object.startswith("Errors of the latents of this model were not measured")
    assert page.lower.tab("spectrum").plot.pixels.data["observed"] == pytest.approx(catalogue().loc[0, list("ugr")])


def test_beside_a_single_latent_stands_the_chi2_of_a_band(sky, tmp_path) -> None:
    one = train(sky.workspace, ignore, tmp_path, survey="sky", model="pca", config={"n_latent": 1})
    encode_survey(sky.workspace, one, "sky")
    here = sky.shared.latent_map("sky", one)
    assert (here.names[1], here.n_components) == ("log χ² / band", 1)


def test_every_figure_has_a_recipe(page, sky, recipes) -> None:
    found = recipes(page.redshifts)
    page.metrics.many.switch.value = "n(z) by bin"
    found += recipes(page.metrics.many.card)
    assert [one["figure"] for one in found] == ["redshifts", "p(z)", "PIT", "redshift metrics", "n(z)"]
    assert (found[1]["object"], found[4]["bins"]) == (sky.state.picked, 4)
    assert [one.get("ids") for one in found] == [[], None, [], [], None]


def test_recipes_carry_the_selected_objects(page, sky, recipes) -> None:
    sky.state.param.update(selection=choose(sky.workspace, "sky", "redshift > 0.2").rows, where="redshift > 0.2")
    for one in recipes(page.redshifts):
        assert one.get("where", "redshift > 0.2") == "redshift > 0.2"
    rows = np.arange(10, 60, dtype=np.int32)
    page.zz.map.on_select(rows)
    assert sky.state.where == ""
    page.zz.estimator.value, page.zz.colour.value = "importance", LOG_DENSITY
    first, _, pit, metrics = recipes(page.redshifts)
    assert (first["estimator"], first["colour"]) == ("importance", LOG_DENSITY)
    assert {tuple(one["ids"]) for one in (first, pit, metrics)} == {tuple(sky.workspace.survey("sky").ids[rows])}
