"""Replay: make what a recipe describes once more, and say what has changed since."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..analysis.track_paths import way_of
from ..errors import UserError
from ..progress import Report, ignore
from ..results import Kind
from ..workspace import Workspace
from .explain import explain
from .figure_kinds import FIGURES
from .figures import figure_table, figure_values
from .recipes import (
    REPEATED,
    common_to_tracks,
    hash_of_ids,
    hashes_of_groups,
    hashes_of_table,
    model_hash,
    survey_hash,
)
from .select import choose, selected_table
from .track import make_track


@dataclass(frozen=True)
class Replay:
    """Outcome of a recipe that was repeated.

    Parameters
    ----------
    n
        Objects.
    same
        Whether they are those of the recipe, and so is the explanation where it is one.
    changed
        What is not as it was, in phrases.
    """

    n: int
    same: bool
    changed: tuple[str, ...]


def replay(workspace: Workspace, recipe: Mapping, report: Report = ignore) -> Replay:
    """Repeat a recipe, and compare the outcome with the recorded one.

    Raises
    ------
    NotFound
        The survey, the model or a column is gone.
    UserError
        The recipe lacks an entry, or one is of a wrong kind.
    """
    try:
        survey, model = recipe["survey"], recipe["model"]
        changed = []
        if survey_hash(workspace, survey["name"]) != survey["sha256"]:
            changed.append(f"the catalogue of {survey['name']}")
        models = ({model["id"]: model["sha256"]} if model else {}) | recipe.get("others", {})
        changed += [f"the model {name}" for name, was in models.items() if model_hash(workspace, name) != was]
        n, different = _KINDS[recipe["kind"]](workspace, recipe, report)
    except UserError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError) as error:  # of a wrong kind
        raise UserError(f"The recipe is damaged ({type(error).__name__}: {error}): make it again.") from None
    return Replay(n, not different, (*different, *changed))


def _rows_again(workspace: Workspace, recipe: Mapping) -> np.ndarray:
    survey, model = workspace.survey(recipe["survey"]["name"]), recipe["model"] and recipe["model"]["id"]
    if recipe["where"]:
        return choose(workspace, survey.name, recipe["where"], model, files=False).rows
    rows = survey.index.rows_of(recipe["ids"])
    return np.sort(rows[rows >= 0])


def _select_again(workspace: Workspace, recipe: Mapping, report: Report) -> tuple[int, list[str]]:
    ids = workspace.survey(recipe["survey"]["name"]).ids[_rows_again(workspace, recipe)]
    if hash_of_ids(ids) == recipe["ids_sha256"]:
        return len(ids), []
    if "ids" not in recipe:
        return len(ids), [f"{len(ids)} objects in place of {recipe['n']}, or other ones"]
    new, gone = (len(np.setdiff1d(*pair)) for pair in ((ids, recipe["ids"]), (recipe["ids"], ids)))
    return len(ids), [f"{new} objects are new, {gone} are gone" if new or gone else "the order of the objects"]


def _table_again(workspace: Workspace, recipe: Mapping, report: Report) -> tuple[int, list[str]]:
    n, different = _select_again(workspace, recipe, report)
    if different:  # of other objects all values are others
        return n, different
    model = recipe["model"] and recipe["model"]["id"]
    rows = _rows_again(workspace, recipe)
    table = selected_table(workspace, recipe["survey"]["name"], rows, model)
    return n, _differing(hashes_of_table(table), recipe["columns"])


def _differing(now: Mapping[str, str], was: Mapping[str, str]) -> list[str]:
    """Which columns are other than they were, in phrases."""
    lists = {
        "values differ": [name for name in now if name in was and now[name] != was[name]],
        "columns are new": [name for name in now if name not in was],
        "columns are gone": [name for name in was if name not in now],
    }
    return [f"{what}: {', '.join(names)}" for what, names in lists.items() if names]


def _track_again(workspace: Workspace, recipe: Mapping, report: Report) -> tuple[int, list[str]]:
    arguments = recipe["model"]["id"], recipe["survey"]["name"], way_of(recipe["way"])
    track = make_track(workspace, *arguments, steps=recipe["n"], title=recipe["title"])
    different = []
    for name, now in common_to_tracks({"latents": track.latents, "flux": track.flux}).items():
        was = np.asarray(recipe[name], dtype=float)
        if was.shape != now.shape or not np.allclose(was, now, rtol=1e-3, atol=1e-3):
            different.append(f"the {name.replace('_', ' ')} of the spectra")
    return recipe["n"], different


def _explain_again(workspace: Workspace, recipe: Mapping, report: Report) -> tuple[int, list[str]]:
    names = recipe["model"]["id"], recipe["survey"]["name"]
    result = explain(workspace, report, Path(), model=names[0], survey=names[1], a=recipe["a"], b=recipe["b"])
    header = workspace.results.load(Kind.EXPLANATIONS, result).header
    different = [f"{name} is {header[name]}, was {recipe[name]}" for name in REPEATED if header[name] != recipe[name]]
    was, now = recipe.get("groups", {}), hashes_of_groups(workspace, header)
    different += [f"the objects of {name.upper()}" for name in was if now.get(name) != was[name]]
    return header["n_a"], different


def _figure_again(workspace: Workspace, recipe: Mapping, report: Report) -> tuple[int, list[str]]:
    arguments = {key: recipe[key] for key in FIGURES[recipe["figure"]].keys}
    names = recipe["figure"], recipe["survey"]["name"], recipe["model"] and recipe["model"]["id"]
    rows, different = None, []
    if "ids_sha256" in recipe:
        rows, different = _rows_again(workspace, recipe), _select_again(workspace, recipe, report)[1]
    table = figure_table(workspace, *names, rows, **arguments)
    return len(table), different + _differing(hashes_of_table(figure_values(table)), recipe["columns"])


_KINDS: dict[str, Callable[[Workspace, Mapping, Report], tuple[int, list[str]]]] = {
    "selection": _select_again,
    "table": _table_again,
    "track": _track_again,
    "explanation": _explain_again,
    "figure": _figure_again,
}
