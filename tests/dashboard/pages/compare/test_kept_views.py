"""Views of Compare that show what a job has kept: neighbours in common, and inverse problems."""

import numpy as np
from survey_of_lines import wait, write_survey

from dashboard.page import Session
from dashboard.pages.compare.page import ComparePage
from specvae_core.progress import ignore
from specvae_core.results import Kind
from specvae_core.tasks import submit
from specvae_core.tasks.selections import keep_selection
from specvae_core.tasks.train import train


def test_neighbours_in_common_colour_the_map(page: ComparePage, session: Session, tmp_path, recipes) -> None:
    session.state.param.update(model_id="", compare="neighbours")
    assert "No model is chosen" in page.neighbours.computed.empty.text
    write_survey(session.workspace, "more", n=300)
    for name in ("pca", "nmf"):
        (tmp_path / name).mkdir()
        train(session.workspace, ignore, tmp_path / name, survey="more", model=name, config={"n_latent": 2})
    session.state.param.update(survey_id="more", model_id="pca-2")
    view = page.neighbours
    assert list(view.others.options.values()) == ["nmf-2"]
    view.computed.empty.button.clicks += 1
    wait(lambda: view.computed.ready, page)
    assert list(view.shared.rows["other"]) == ["nmf-2"]
    assert 0.2 < view.shared.rows["agreement"][0] <= 1
    assert "objects that none of the models has learnt from" in view.words.object
    (table,) = view._known
    assert [head["key"] for head in table.heads] == ["name", "n", "pca-2", "nmf-2"]
    shares, known = recipes(view.computed)
    assert (shares["figure"], shares["models"], shares["points"]) == ("neighbours", ["nmf-2"], 1)
    assert list(shares["others"]) == ["nmf-2"]
    assert (known["of"], known["points"]) == ("agreements", len(table.rows))
    table.open("class")
    assert (session.state.colour_by, session.state.page) == ("class", "explore")
    session.state.page = "compare"
    view.shared.open("nmf-2")
    assert (session.state.colour_by, session.state.page) == ("agreement with nmf-2", "explore")
    keep_selection(session.workspace, "more", "mine", np.arange(5))
    session.state.page = "compare"
    view.refresh()
    (kept,) = view.of_kept
    assert (list(kept.rows["name"]), list(kept.rows["n"])) == (["mine"], [5])
    kept.open("mine")
    assert (session.state.where, session.state.page) == ("@mine", "explore")
    assert session.state.selection.tolist() == [0, 1, 2, 3, 4]


def test_inverse_problems_are_drawn_as_boxes_of_both_methods_and_parts(
    page: ComparePage, session: Session, recipes, notices
) -> None:
    write_survey(session.workspace, "more", n=300)
    folder = session.workspace.folder / "job"
    folder.mkdir()
    model = train(session.workspace, ignore, folder, survey="more", model="pca", config={"n_latent": 2})
    session.state.param.update(survey_id="more", model_id=model, compare="inverse")
    assert not page.inverse.made.ready
    job = submit(
        session.runner, session.workspace, "inverse_bench", models=[model], survey="more", n=20,
        problems=["inpaint:0.2", "inpaint:0.6", "denoise:0.1"],
    )  # fmt: skip
    wait(lambda: not job.active, page)
    page.inverse.refresh()
    assert page.inverse.made.ready
    first, second = (pane.object for pane in page.inverse.figures)
    assert (first.title.text, second.title.text) == ("a missing window", "added noise")
    boxes = {glyph.name: glyph.data_source.data for glyph in first.renderers if glyph.name}
    assert set(boxes) == {"regularised test", "regularised train", "projected test", "projected train"}
    rows = session.workspace.results.load(Kind.BENCHES, job.result).header["rows"]
    row = next(row for row in rows if (row["who"], row["part"], row["method"]) == (model, "test", "regularised"))
    assert boxes["regularised test"]["median"][0] == row["mse_median"] == row["box"][2]
    assert row["box"] == sorted(row["box"])
    (recipe,) = recipes(page.inverse.card)
    assert recipe["points"] == len(rows)
    assert notices == []
