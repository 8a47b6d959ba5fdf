"""``specvae track``, run as a user runs it."""

import json

import pytest

from specvae_core.__main__ import main
from specvae_core.tasks.select import choose
from specvae_core.tasks.selections import keep_selection
from specvae_core.workspace import Workspace


@pytest.fixture
def track(demo, capsys):
    """Run ``specvae track``; returns its JSON object, or its exit status and its sentence."""

    def track(*arguments):
        common = ["track", "--workspace", str(demo), "--model", "infovae-6", "--survey", "demo", "--json"]
        try:
            status = main([*common, *map(str, arguments)])
        except SystemExit as leave:
            status = leave.code
        out, err = capsys.readouterr()
        return json.loads(out) if status == 0 else (status, err.strip())

    return track


def test_an_automatic_track_is_printed_written_and_kept(track, demo, tmp_path):
    out = tmp_path / "s.fits"
    made = track("--auto", "quiescent,emission-line:1", "--steps", 6, "--name", "My S", "--out", out)
    assert set(made) == {"track", "steps"}
    assert len(made["steps"]) == 6
    assert {"position", "support", "nearest_ids", "lines"} <= set(made["steps"][0])
    breaks = [step["lines"]["d4000"] for step in made["steps"]]
    assert breaks == sorted(breaks, reverse=True)
    assert out.stat().st_size > 0
    assert Workspace.open(demo).results.load("tracks", made["track"]).title == "My S"


def test_a_track_follows_a_kept_selection(track, demo):
    workspace = Workspace.open(demo)
    rows = choose(workspace, "demo", 'class == "quiescent" or class == "emission-line"').rows
    keep_selection(workspace, "demo", "both", rows)
    followed, expected = track("--auto", "@both:1"), track("--auto", "quiescent,emission-line:1")
    assert followed["steps"] == expected["steps"]
    assert "no selection 'none'" in track("--auto", "@none:1")[1]


def test_every_other_way_works_too(track, tmp_path):
    path = tmp_path / "path.csv"
    path.write_text("VAE 1,VAE 2\n-2,0\n4,0\n")
    for way in (["--traverse", "1+0.5*2"], ["--traverse", "-2"], ["--between", "demo-00001,demo-00002"],
                ["--points", path, "--complete", "centroid"], ["--auto", "all:d4000"]):  # fmt: skip
        assert len(track(*way, "--steps", 3)["steps"]) == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--traverse", "9"], "There is no component 9: this model has 1 to 6."),
        (["--auto", "spiral:1"], "There is no class 'spiral'"),
        (["--auto", "quiescent"], "--auto takes classes and a component"),
        (["--between", "demo-00001"], "--between takes two ids"),
        (["--between", "demo-00001,demo-00001"], "at least two different points"),
        (["--between", "demo-00001,nobody"], "There is no object 'nobody'"),
        (["--traverse", "1", "--steps", "0"], "A track has 2 to 200 steps, got 0."),
        (["--traverse", "1", "--out", "track.pdf"], "end in .fits or .ecsv"),
        (["--points", "nowhere.csv"], "There is no file nowhere.csv"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(track, arguments, sentence):
    status, message = track(*arguments)
    assert status == 2
    assert sentence in message
    assert "\n" not in message
