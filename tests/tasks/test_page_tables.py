"""Recipes of the figures of all pages, on the demo: the same again; `test_figures` has maps and spectra."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from snippets import check_figure, run_snippet

from specvae_core.assets import asset
from specvae_core.errors import BadConfig, NotFound
from specvae_core.progress import ignore
from specvae_core.results import Kind
from specvae_core.tasks.agree import agree
from specvae_core.tasks.compare_within import compare_within, kept_within
from specvae_core.tasks.figure_kinds import FIGURES
from specvae_core.tasks.figures import figure_recipe, figure_table, rows_recipe, solution_recipe
from specvae_core.tasks.invert import invert
from specvae_core.tasks.replay import replay
from specvae_core.tasks.select import choose
from specvae_core.tasks.selections import keep_selection
from specvae_core.tasks.similar import similar
from specvae_core.tasks.teach import recommend, teach
from specvae_core.tasks.unseen import unseen_objects
from specvae_core.workspace import Workspace

DEMO = ("demo", "infovae-6")
STARS, SKY, POWDERS = ("stars", "lux-32"), ("sky", "sdgm-9"), ("powders", "untapped-5")

CASES = [
    ("labels", *STARS, {"label": "teff", "unseen": False}),
    ("label errors", *STARS, {}),
    ("diagram", *STARS, {"x": "teff", "y": "logg", "colour": "sn", "source": "catalogue"}),
    ("spectrum from labels", *STARS, {"labels": None, "label": "feh"}),
    ("redshifts", *SKY, {"estimator": "marginal", "colour": ""}),
    ("p(z)", *SKY, {"object": None}),
    ("n(z)", *SKY, {"bins": 3}),
    ("endmembers", *POWDERS, {"fractions": None, "object": ""}),
    ("abundances", *POWDERS, {}),
    ("corner", *DEMO, {"axes": ["component_1", "component_2", "log10(sn)"], "colour": "class"}),
    ("similar", *DEMO, {"object": "demo-00003", "among": "", "top": 4}),
    ("proposals", *DEMO, {"scores": {"demo-00003": 5, "demo-00004": 0}, "top": 4, "without": []}),
    ("neighbours", *DEMO, {"models": ["pca-6"]}),
    ("models", "demo", "infovae-6", {"object": "demo-00003", "models": ["infovae-6", "pca-6"]}),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    """Folder of a copy of the demo, where the neighbours of two models are compared."""
    folder = shutil.copytree(asset("demo"), tmp_path_factory.mktemp("recipes") / "workspace")
    agree(Workspace.open(folder), ignore, folder, model=DEMO[1], survey=DEMO[0], others=["pca-6"])
    return folder


@pytest.fixture
def workspace(demo) -> Workspace:
    return Workspace.open(demo)


def kept(recipe: dict) -> dict:
    """As a file holds it."""
    return json.loads(json.dumps(recipe))


def filled(workspace: Workspace, survey: str, model: str, arguments: dict) -> dict:
    """The arguments of a case with what depends on the survey or model."""
    network = workspace.model(model)
    known = {
        "labels": lambda: np.nanmedian(workspace.survey(survey).table[list(network.label_names)], axis=0).tolist(),
        "object": lambda: str(workspace.survey(survey).ids[4]),
        "fractions": lambda: [1 / len(network.endmember_names)] * len(network.endmember_names),
    }
    return {name: known[name]() if value is None else value for name, value in arguments.items()}


def recipe_of(workspace: Workspace, figure: str, survey: str, model: str, arguments: dict) -> dict:
    """The recipe of a case, as a file holds it."""
    return kept(figure_recipe(workspace, figure, survey, model, **filled(workspace, survey, model, arguments)))


@pytest.mark.parametrize(("figure", "survey", "model", "arguments"), CASES, ids=[case[0] for case in CASES])
def test_a_figure_again_and_a_value_that_has_changed(workspace, tmp_path, figure, survey, model, arguments):
    recipe = recipe_of(workspace, figure, survey, model, arguments)
    assert "<script" in check_figure(recipe, workspace, tmp_path)
    last = list(recipe["columns"])[-1]
    recipe["columns"][last] = "0" * 64
    assert replay(workspace, recipe).changed == (f"values differ: {last}",)


@pytest.mark.parametrize("figure", ["redshifts", "PIT", "redshift metrics"])
def test_figures_of_redshifts_carry_the_selection(workspace, tmp_path, figure):
    asked = {"estimator": "importance", "colour": "log p(x)"} if figure == "redshifts" else {}
    rows = np.arange(1, 400, 3)
    unseen = unseen_objects(workspace, *SKY[::-1])
    by_hand = kept(figure_recipe(workspace, figure, *SKY, rows=rows, **asked))
    assert by_hand["ids"] == workspace.survey("sky").ids[rows].tolist()
    check_figure(by_hand, workspace, tmp_path)
    keep_selection(workspace, "sky", "some", rows)
    named = kept(figure_recipe(workspace, figure, *SKY, rows=rows, where="@some", **asked))
    assert named["ids"] == by_hand["ids"]
    bright = choose(workspace, "sky", "redshift > 0.1").rows
    filtered = kept(figure_recipe(workspace, figure, *SKY, rows=bright, where="redshift > 0.1", **asked))
    check_figure(filtered, workspace, tmp_path)
    if figure == "PIT":
        assert by_hand["points"] == unseen.mask[rows].sum()
        whole = figure_recipe(workspace, figure, *SKY, rows=rows[:0])
        assert whole["points"] == unseen.mask.sum() > filtered["points"] > by_hand["points"]
    assert replay(workspace, {**filtered, "where": "redshift > 0.2"}).changed[0].endswith("are gone")


def test_every_figure_of_the_pages_is_tried():
    selected = {"PIT", "redshift metrics"}
    assert {case[0] for case in CASES} | selected | {"map", "spectrum", "rows", "solution"} == set(FIGURES)


def test_labels_stand_beside_those_of_the_catalogue(workspace):
    asked = {"label": "teff", "unseen": False}
    table, survey = figure_table(workspace, "labels", *STARS, **asked), workspace.survey("stars")
    both = survey.rows_of(table["id"])
    np.testing.assert_array_equal(table["catalogue"], survey.table["teff"][both])
    assert survey.table["teff"].notna().sum() == len(table)
    unseen = figure_table(workspace, "labels", *STARS, **asked | {"unseen": True})
    assert 0 < len(unseen) == table["unseen"].sum() < len(table)
    assert np.corrcoef(unseen["catalogue"], unseen["predicted"])[0, 1] > 0.9
    errors = figure_table(workspace, "label errors", *STARS).set_index("label")
    assert errors["bias"]["teff"] == pytest.approx((unseen["predicted"] - unseen["catalogue"]).mean(), rel=1e-4)
    diagram = {"x": "teff", "y": "logg", "colour": "fit_chi2"}
    by = {
        source: figure_table(workspace, "diagram", *STARS, **diagram, source=source)
        for source in ("predicted", "catalogue")
    }
    np.testing.assert_array_equal(by["predicted"]["x"][both], table["predicted"])
    np.testing.assert_array_equal(by["catalogue"]["x"][both], table["catalogue"])
    with pytest.raises(NotFound, match="no label nothing"):
        figure_table(workspace, "labels", *STARS, label="nothing", unseen=True)
    with pytest.raises(BadConfig, match="There is no figure 'cake'"):
        figure_table(workspace, "cake", *STARS)


def test_densities_and_shares_sum_to_one(workspace):
    one = figure_table(workspace, "p(z)", *SKY, object=str(workspace.survey("sky").ids[0]))
    np.testing.assert_allclose([np.trapezoid(one[name], one["redshift"]) for name in one.columns[1:]], 1, atol=1e-3)
    shares = figure_table(workspace, "abundances", *POWDERS)[list(workspace.model("untapped-5").endmember_names)]
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)


def test_a_corner_carries_the_selection_and_draws_it_in_every_panel(workspace, tmp_path):
    survey = workspace.survey("demo")
    rows = np.flatnonzero(survey.table["sn"] > 60)
    asked = {"axes": ["component_2", "latent_1", "z"], "colour": "sn"}
    recipe = kept(figure_recipe(workspace, "corner", *DEMO, rows=rows, where="sn > 60", **asked))
    check_figure(recipe, workspace, tmp_path)
    names = run_snippet(recipe, workspace, tmp_path)
    assert set(names["panels"]) == {("component_2", "latent_1"), ("component_2", "z"), ("latent_1", "z")}
    assert {len(panel.renderers) for panel in names["panels"].values()} == {2}
    np.testing.assert_array_equal(names["selected"]["id"], survey.ids[rows])
    np.testing.assert_array_equal(names["table"]["z"], survey.table["z"].astype(np.float32))
    assert replay(workspace, {**recipe, "axes": ["component_1", "latent_1", "z"]}).changed == (
        "columns are new: component_1", "columns are gone: component_2",
    )  # fmt: skip


def test_strips_are_those_of_the_commands(workspace):
    survey = workspace.survey("demo")
    found = figure_table(workspace, "similar", *DEMO, object="demo-00003", among="", top=4)
    rows, distance = similar(workspace, DEMO[1], DEMO[0], [3], 4)
    assert list(found["id"].unique()) == ["demo-00003", *survey.ids[rows]]
    np.testing.assert_allclose(found["distance"].unique(), [0, *distance])
    own, first = (found[found["id"] == name].reset_index(drop=True) for name in found["id"].unique()[:2])
    seen, one = survey.row(int(rows[0])).seen[0], survey.row(int(rows[0]))
    np.testing.assert_array_equal(first["flux"][seen], one.flux[0][seen])
    assert first["flux"][~seen].isna().all()
    assert (own["residual"].dropna() == 0).all()
    assert 0.5 < first["residual"].std() < 5
    scores = {"demo-00003": 5.0, "demo-00004": 0.0}
    teacher = teach(workspace, ignore, survey.folder, model=DEMO[1], survey=DEMO[0], scores=scores)
    proposed = recommend(workspace, teacher, 4)[1]
    before = [one.id for one in workspace.results.list(Kind.TEACHERS)]
    asked = {"scores": scores, "top": 4, "without": [str(survey.ids[proposed[1].row])]}
    again = figure_table(workspace, "proposals", *DEMO, **asked).drop_duplicates("id")
    assert again["id"].tolist() == survey.ids[[proposed[i].row for i in (0, 2, 3)]].tolist()
    assert again["why"].tolist() == [proposed[i].why for i in (0, 2, 3)]
    np.testing.assert_allclose(again["interest"], [proposed[i].interest for i in (0, 2, 3)], rtol=1e-6)
    assert [one.id for one in workspace.results.list(Kind.TEACHERS)] == before
    with pytest.raises(NotFound, match="is left"):
        figure_table(workspace, "proposals", *DEMO, **asked | {"top": 1, "without": [str(survey.ids[proposed[0].row])]})


def test_shares_of_neighbours_are_those_of_the_comparison_and_of_kept_selections(workspace, tmp_path):
    whole = figure_table(workspace, "neighbours", *DEMO, models=["pca-6"])
    compared = workspace.results.find(Kind.AGREEMENTS, survey="demo")
    assert whole["agreement"][0] == compared.header["agreement"]["pca-6"] > 10 * whole["expected"][0]
    keep_selection(workspace, "demo", "first", np.arange(30))
    recipe = kept(figure_recipe(workspace, "neighbours", *DEMO, models=["pca-6"]))
    check_figure(recipe, workspace, tmp_path)
    table = figure_table(workspace, "neighbours", *DEMO, models=["pca-6"]).set_index("selection")
    assert table["agreement"]["first"] == pytest.approx(compared.arrays["agreement_0"][:30].mean())
    assert table["n"]["first"] == 30
    keep_selection(workspace, "demo", "first", np.arange(40))
    assert replay(workspace, recipe).changed == ("values differ: agreement, n",)
    with pytest.raises(NotFound, match="specvae agree"):
        figure_table(workspace, "neighbours", *DEMO, models=["nothing"])


def test_a_model_of_several_that_has_changed_is_named(workspace):
    asked = {"object": "demo-00003", "models": ["infovae-6", "pca-6"]}
    recipe = kept(figure_recipe(workspace, "models", "demo", "infovae-6", **asked))
    recipe["others"]["pca-6"] = "0" * 64
    assert replay(workspace, recipe).changed == ("the model pca-6",)


def test_a_comparison_within_a_selection_and_its_recipe(workspace, tmp_path):
    (whole, *_) = (one for one in workspace.results.list(Kind.COMPARISONS) if one.header["survey"] == "demo")
    names = [row["id"] for row in whole.header["rows"]]
    table = workspace.survey("demo").table
    rows = np.flatnonzero((table["class"] == "quiescent").to_numpy())
    keep_selection(workspace, "demo", "quiet", rows)
    made = compare_within(workspace, ignore, Path(), comparison=whole.id, where="@quiet")
    found = workspace.results.load(Kind.COMPARISONS, made)
    assert [row["id"] for row in found.header["rows"]] == names
    for row, of_all in zip(found.header["rows"], whole.header["rows"], strict=True):
        assert row["mse"] == pytest.approx(of_all["per_class"]["quiescent"], rel=1e-3)
        assert 0 < row["n"] < of_all["n"]
    assert kept_within(workspace, whole, "@quiet").id == made
    recipe = kept(rows_recipe(workspace, found, ["n_latent", "by.own.mse", "id"], names))
    assert recipe["ids"] == workspace.survey("demo").ids[rows].tolist()
    check_figure(recipe, workspace, tmp_path)
    assert len(recipe["others"]) == len(names)
    keep_selection(workspace, "demo", "quiet", rows[:40])
    assert kept_within(workspace, whole, "@quiet") is None
    with pytest.raises(BadConfig, match="no test object"):
        compare_within(workspace, ignore, Path(), comparison=whole.id, where="sn > 1e9")


def test_a_solution_is_solved_once_more(workspace, tmp_path):
    question = {"problem": "hide:5000-5200", "method": "projected", "starts": 1, "seed": 3, "weight": 1.0}
    made = invert(workspace, ignore, tmp_path, model="pca-6", survey="demo", ids=["demo-00003"], **question)
    recipe = kept(solution_recipe(workspace, workspace.results.load(Kind.RECONSTRUCTIONS, made)))
    before = [one.id for one in workspace.results.list(Kind.RECONSTRUCTIONS)]
    assert "<script" in check_figure(recipe, workspace, tmp_path)
    assert [one.id for one in workspace.results.list(Kind.RECONSTRUCTIONS)] == before
    assert not replay(workspace, {**recipe, "problem": "hide:5000-5300"}).same
    header = dict(workspace.results.load(Kind.RECONSTRUCTIONS, made).header)
    for change, words in (({"survey": None}, "was uploaded"), ({"state": "stopped"}, "was stopped")):
        arrays = workspace.results.load(Kind.RECONSTRUCTIONS, made).arrays
        other = workspace.results.save(Kind.RECONSTRUCTIONS, "other", header | change, arrays)
        with pytest.raises(BadConfig, match=words):
            solution_recipe(workspace, other)
