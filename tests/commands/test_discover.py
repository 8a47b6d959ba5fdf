"""Similar, explain, teach and recommend on the command line, on the demo whose truth is known."""

import numpy as np
import pytest

from specvae_core.results import Kind
from specvae_core.tasks.selections import keep_selection
from specvae_core.workspace import Workspace

WHERE = ("--model", "infovae-6", "--survey", "demo")


@pytest.fixture
def run(run, demo):
    def given(command, *arguments):
        where = {"recommend": ()}.get(command, WHERE)
        return run(command, *arguments, *where, "--workspace", demo)

    return given


def test_similar_objects_are_the_nearest(run, demo):
    found = run("similar", "--ids", "demo-00001,demo-00002", "--top", 5)["objects"]
    survey, latents = Workspace.open(demo).survey("demo"), Workspace.open(demo).encoding("infovae-6", "demo").latents
    distance = np.linalg.norm(latents.astype(float)[:, None] - latents[[1, 2]], axis=2).min(axis=1)
    order = [row for row in np.argsort(distance) if row not in (1, 2)][:5]
    assert [row["id"] for row in found] == survey.ids[order].tolist()
    assert [row["distance"] for row in found] == pytest.approx(distance[order].tolist())


def test_star_forming_against_quiescent(run, demo):
    found = run("explain", "--a", 'class == "emission-line"', "--b", 'class == "quiescent"')
    assert (found["n_a"], found["n_b"], found["real"], found["cause"]) == (1330, 2373, True, None)
    rows = {row["name"]: row for row in found["lines"]}
    assert {"Hα", "[O II]", "D4000"} <= set(list(rows)[:6])
    assert rows["Hα"]["difference"] > 10
    assert rows["D4000"]["difference"] < -0.3
    assert all(row["q"] <= 0.05 for row in found["lines"])
    effects = [abs(row["effect"]) for row in found["columns"]]
    assert effects == sorted(effects, reverse=True)
    assert {"class", "ew_h_alpha"} <= {row["name"] for row in found["columns"][:8]}
    result = Workspace.open(demo).results.list(Kind.EXPLANATIONS)[0]
    assert len(result.header["typical"]) == len(result.header["extreme"]) == 12
    inside = result.arrays["low_a"] <= result.arrays["median_a"]
    assert inside[np.isfinite(result.arrays["median_a"])].all()


@pytest.mark.parametrize(
    ("a", "cause"), [("sn < 12", "sn"), ('true_kind == "low S/N"', "sn"), ("z > 0.15", "z"), ("ra > 180", None)]
)
def test_what_is_not_real(run, a, cause):
    found = run("explain", "--a", a)
    assert (found["real"], found["cause"]) == (False, cause)


def test_the_low_sn_objects_are_called_an_artefact_of_noise(run):
    assert run("explain", "--a", "sn < 12")["sentence"].startswith("An artefact of noise (S/N)")


def test_a_random_selection_is_no_difference(run, demo):
    rows = np.random.default_rng(7).choice(4000, 300, replace=False)
    keep_selection(Workspace.open(demo), "demo", "random", rows)
    found = run("explain", "--a", "@random")
    assert (found["n_a"], found["real"], found["cause"]) == (300, False, None)
    assert found["sentence"].startswith("No difference")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("similar", "--ids", "nothing"), "no object nothing"),
        (("similar", "--ids", ","), "names no object"),
        (("similar", "--ids", "demo-00001", "--top", 0), "at least 1"),
        (("explain", "--a", "sn < 0"), "has 0 objects"),
        (("explain", "--a", "sn > 0"), "has 0 objects"),
        (("explain", "--a", "sna > 0"), "did you mean sn"),
    ],
)
def test_mistakes(run, arguments, sentence):
    status, said = run(*arguments)
    assert status == 2
    assert sentence in said


def write_scores(path, demo, rows, goal):
    ids = Workspace.open(demo).survey("demo").ids
    path.write_text("id,score\n" + "".join(f"{ids[row]},{5 * int(goal[row])}\n" for row in rows))
    return path


def test_taught_discovery_finds_more_than_the_order_of_lof(run, demo, tmp_path):
    survey = Workspace.open(demo).survey("demo")
    goal = (survey.table["true_kind"] == "broad-line AGN").to_numpy()
    rows = [int(np.flatnonzero(goal)[0]), *range(20)]
    for _ in range(2):
        found = run("teach", "--labels", write_scores(tmp_path / "scores.csv", demo, rows, goal))
        assert found["n"] == len(rows)
        objects = run("recommend", "--teacher", found["teacher"], "--top", 20)["objects"]
        assert set(objects[0]) == {"id", "interest", "sigma", "why"}
        rows += survey.rows_of([row["id"] for row in objects]).tolist()
    assert len(set(rows)) == len(rows)
    assert goal[rows[21:]].sum() >= 20  # of 99 among 4000: two of 40 are found by chance, none by LOF
    select = run("select", "--where", "interest > 3")
    assert 0 < select["n"] < 400


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id,score\ndemo-00001,9\n", "Line 2 of scores.csv (demo-00001,9) has no score from 0 to 5"),
        ("demo-00001\n", "has no score"),
        ("", "holds no scores"),
        ("id,score\nnothing,3\n", "None of the 1 scored objects is in demo"),
    ],
)
def test_mistakes_in_scores(run, tmp_path, text, sentence):
    (tmp_path / "scores.csv").write_text(text)
    status, said = run("teach", "--labels", tmp_path / "scores.csv")
    assert status == 2
    assert sentence in said


def test_an_unknown_teacher(run):
    assert "There is nothing named nobody among the teachers" in run("recommend", "--teacher", "nobody")[1]
