"""Recipes of the figures of labels, redshifts, endmembers, comparisons and solutions, on the demo: the same again."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from specvae_core.assets import asset
from specvae_core.errors import BadConfig, NotFound
from specvae_core.progress import ignore
from specvae_core.results import Kind
from specvae_core.tasks.compare_within import compare_within, kept_within
from specvae_core.tasks.figures import FIGURES, figure_recipe, figure_table, rows_recipe, solution_recipe
from specvae_core.tasks.invert import invert
from specvae_core.tasks.replay import replay
from specvae_core.tasks.selections import keep_selection
from specvae_core.workspace import Workspace

STARS, SKY, POWDERS = ("stars", "lux-32"), ("sky", "sdgm-9"), ("powders", "untapped-5")

CASES = [
    ("labels", *STARS, {"label": "teff"}),
    ("diagram", *STARS, {"x": "teff", "y": "logg", "colour": "sn", "source": "catalogue"}),
    ("spectrum from labels", *STARS, {"labels": None, "label": "feh"}),
    ("redshifts", *SKY, {}),
    ("p(z)", *SKY, {"object": None}),
    ("n(z)", *SKY, {"bins": 3}),
    ("endmembers", *POWDERS, {"fractions": None, "object": ""}),
    ("abundances", *POWDERS, {}),
    ("models", "demo", "infovae-6", {"object": "demo-00003", "models": ["infovae-6", "pca-6"]}),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    """Folder of a copy of the demo."""
    return shutil.copytree(asset("demo"), tmp_path_factory.mktemp("recipes") / "workspace")


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


def drawn(recipes: list[dict], demo: Path, tmp_path: Path) -> list[str]:
    """Run the snippets of recipes, each in a module of its own; the pages that they write."""
    codes = [recipe["python"].replace("'W'", repr(str(demo))) for recipe in recipes]
    keeping = "from pathlib import Path; [exec(code, {}) or Path('figure.html').rename(f'{n}.html')"
    code = f"{keeping} for n, code in enumerate({codes!r})]"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=300)
    return [(tmp_path / f"{n}.html").read_text() for n in range(len(codes))]


@pytest.mark.parametrize(("figure", "survey", "model", "arguments"), CASES, ids=[case[0] for case in CASES])
def test_a_figure_again_and_a_value_that_has_changed(workspace, figure, survey, model, arguments):
    recipe = recipe_of(workspace, figure, survey, model, arguments)
    found = replay(workspace, recipe)
    assert (found.n, found.same, found.changed) == (recipe["n"], True, ())
    last = list(recipe["columns"])[-1]
    recipe["columns"][last] = "0" * 64
    assert replay(workspace, recipe).changed == (f"values differ: {last}",)


def test_the_snippets_draw(workspace, demo, tmp_path):
    pages = drawn([recipe_of(workspace, *case) for case in CASES], demo, tmp_path)
    assert [case[0] for case, page in zip(CASES, pages, strict=True) if "<script" not in page] == []


def test_every_figure_of_the_pages_is_tried():
    assert {case[0] for case in CASES} | {"map", "spectrum", "rows", "solution"} == set(FIGURES)


def test_labels_stand_beside_those_of_the_catalogue(workspace):
    table, survey = figure_table(workspace, "labels", *STARS, label="teff"), workspace.survey("stars")
    np.testing.assert_array_equal(table["catalogue"], survey.table["teff"])
    known = table["catalogue"].notna() & table["unseen"]
    assert np.corrcoef(table["catalogue"][known], table["predicted"][known])[0, 1] > 0.9
    diagram = {"x": "teff", "y": "logg", "colour": "fit_chi2"}
    by = {
        source: figure_table(workspace, "diagram", *STARS, **diagram, source=source)
        for source in ("predicted", "catalogue")
    }
    np.testing.assert_array_equal(by["predicted"]["x"], table["predicted"])
    np.testing.assert_array_equal(by["catalogue"]["x"], table["catalogue"])
    with pytest.raises(NotFound, match="no label nothing"):
        figure_table(workspace, "labels", *STARS, label="nothing")
    with pytest.raises(BadConfig, match="There is no figure 'cake'"):
        figure_table(workspace, "cake", *STARS)


def test_densities_and_shares_sum_to_one(workspace):
    one = figure_table(workspace, "p(z)", *SKY, object=str(workspace.survey("sky").ids[0]))
    np.testing.assert_allclose([np.trapezoid(one[name], one["redshift"]) for name in one.columns[1:]], 1, atol=1e-3)
    shares = figure_table(workspace, "abundances", *POWDERS)[list(workspace.model("untapped-5").endmember_names)]
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)


def test_a_model_of_several_that_has_changed_is_named(workspace):
    asked = {"object": "demo-00003", "models": ["infovae-6", "pca-6"]}
    recipe = kept(figure_recipe(workspace, "models", "demo", "infovae-6", **asked))
    recipe["others"]["pca-6"] = "0" * 64
    assert replay(workspace, recipe).changed == ("the model pca-6",)


def test_a_comparison_within_a_selection_and_its_recipe(workspace):
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
    assert replay(workspace, recipe).same
    assert len(recipe["others"]) == len(names)
    keep_selection(workspace, "demo", "quiet", rows[:40])
    assert kept_within(workspace, whole, "@quiet") is None
    with pytest.raises(BadConfig, match="no test object"):
        compare_within(workspace, ignore, Path(), comparison=whole.id, where="sn > 1e9")


def test_a_solution_is_solved_once_more(workspace, demo, tmp_path):
    question = {"problem": "hide:5000-5200", "method": "projected", "starts": 1, "seed": 3, "weight": 1.0}
    made = invert(workspace, ignore, tmp_path, model="pca-6", survey="demo", ids=["demo-00003"], **question)
    recipe = kept(solution_recipe(workspace, workspace.results.load(Kind.RECONSTRUCTIONS, made)))
    before = [one.id for one in workspace.results.list(Kind.RECONSTRUCTIONS)]
    assert replay(workspace, recipe).same
    assert [one.id for one in workspace.results.list(Kind.RECONSTRUCTIONS)] == before
    assert not replay(workspace, {**recipe, "problem": "hide:5000-5300"}).same
    assert "<script" in drawn([recipe], demo, tmp_path)[0]
    header = dict(workspace.results.load(Kind.RECONSTRUCTIONS, made).header)
    for change, words in (({"survey": None}, "was uploaded"), ({"state": "stopped"}, "was stopped")):
        arrays = workspace.results.load(Kind.RECONSTRUCTIONS, made).arrays
        other = workspace.results.save(Kind.RECONSTRUCTIONS, "other", header | change, arrays)
        with pytest.raises(BadConfig, match=words):
            solution_recipe(workspace, other)
