"""The explorer and the map of a notebook: what the kernel answers to taps, lassos and links."""

import holoviews as hv
import numpy as np
import pytest

from dashboard.explorer import Explorer
from dashboard.notebook import explore, latent_map, latent_table
from specvae_core.data.preprocess import PreprocessOptions
from specvae_core.data.store import SurveyWriter
from specvae_core.data.synthetic import demo_observations
from specvae_core.errors import NotFound
from specvae_core.progress import ignore
from specvae_core.tasks.ingest import Ingest
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace

N = 60


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    workspace = Workspace.open(tmp_path_factory.mktemp("notebook") / "workspace")
    options = PreprocessOptions()
    writer = SurveyWriter.create(workspace.survey_folder("demo"), "demo", options.grid, {"options": options.to_json()})
    Ingest(writer, options, ignore).run(((one.id, one) for one in demo_observations(N, 0)), N)
    job = tmp_path_factory.mktemp("job")
    train(workspace, ignore, job, survey="demo", model="pca", config={"n_latent": 3})
    return workspace


@pytest.fixture
def explorer(workspace: Workspace) -> Explorer:
    return explore(workspace, "demo", "pca-3")


def test_the_selection_follows_the_lasso(explorer: Explorer):
    assert len(explorer.selection) == 0
    table = explorer.table
    low, high = table["latent_1"].quantile([0.25, 0.75])
    bottom, top = table["latent_2"].min() - 1, table["latent_2"].max() + 1
    corners = np.array([[low, bottom], [high, bottom], [high, top], [low, top]])
    explorer.lasso.event(geometry=corners)
    inside = table[(table["latent_1"] > low) & (table["latent_1"] < high)]
    assert explorer.selection["id"].tolist() == inside["id"].tolist()
    assert 0 < len(inside) < N
    explorer.box.event(bounds=(low, bottom, table["latent_1"].max() + 1, top))
    assert set(explorer.selection["id"]) == set(table[table["latent_1"] >= low]["id"])


def test_a_tap_shows_the_spectrum_of_the_nearest_object(explorer: Explorer):
    row = 7
    x, y = (float(explorer.table[name].iloc[row]) for name in ("latent_1", "latent_2"))
    explorer.tap.event(x=x, y=y)
    assert explorer.picked == row
    figure = hv.render(explorer.spectrum)
    assert figure.title.text == explorer.table["id"].iloc[row]


def test_other_axes_are_selected_along(explorer: Explorer):
    explorer.x = explorer.param.x.objects[2]
    value = explorer.table["latent_3"].median()
    explorer.box.event(bounds=(value, -1e9, 1e9, 1e9))
    assert (explorer.selection["latent_3"] >= value).all()
    assert len(explorer.selection) >= N // 2


def test_maps_share_a_selection(workspace: Workspace):
    link = hv.selection.link_selections.instance()
    first = latent_map(workspace, "demo", "pca-3", link=link)
    second = latent_map(workspace, "demo", "pca-3", ("latent_3", "z"), colour_by="sn", link=link)
    hv.render(first + second)
    table = latent_table(workspace, "demo", "pca-3")
    link.selection_expr = hv.dim("latent_1") > float(table["latent_1"].median())
    assert len(link.filter(hv.Dataset(table)).data) == N // 2


def test_what_is_not_there_is_named(workspace: Workspace, tmp_path):
    with pytest.raises(NotFound, match="no workspace"):
        explore(tmp_path / "nothing", "demo", "pca-3")
    with pytest.raises(NotFound, match="other"):
        explore(workspace, "other", "pca-3")
    with pytest.raises(NotFound, match="no column 'metal'"):
        latent_map(workspace, "demo", "pca-3", colour_by="metal")
