import shutil

import pytest

from dashboard.absent import absent
from dashboard.state import SessionState
from specvae_core.assets import asset
from specvae_core.results import Kind
from specvae_core.workspace import Workspace


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Workspace:
    return Workspace.open(shutil.copytree(asset("demo"), tmp_path_factory.mktemp("absent") / "demo"))


@pytest.mark.parametrize("name", ["track", "overlay", "reconstruction"])
@pytest.mark.parametrize("value", ["nothing", "../../etc", ".", "a/b", "x" * 300])
def test_results_that_are_not_there_are_taken_out(demo: Workspace, name: str, value: str):
    state = SessionState(**{name: value})
    assert absent(state, demo) == [name]
    assert getattr(state, name) == ""


def test_what_is_there_stays(demo: Workspace):
    track = demo.results.list(Kind.TRACKS)[0].id
    given = {"model_id": "infovae-6", "shown": [0, 5], "focus": (0, 5), "track": track, "compared": ["infovae-6"]}
    state = SessionState(**given)
    assert absent(state, demo) == []
    assert {name: getattr(state, name) for name in given} == given


def test_latents_and_models_that_are_not_there_are_taken_out(demo: Workspace):
    state = SessionState(model_id="infovae-6", shown=[0, 6], focus=(0, 999999999), compared=["infovae-6", "no-such"])
    assert absent(state, demo) == ["compared", "shown", "focus"]
    assert (state.shown, state.focus, state.compared) == ([], (0, 1), ["infovae-6"])
