"""Recipes: how a selection, table, track or explanation was made, as a small JSON that gives it again.

A recipe names survey and model with hashes of their content, the filter (or the ids, for objects chosen by hand), how
many objects there were, and a Python snippet that does the same.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from .. import __version__
from ..analysis.track_paths import way_of
from ..data.text_lists import read_lines
from ..errors import NewerFormat, UserError
from ..models.storage import CHECKSUMS
from ..progress import Report, ignore
from ..results import Kind
from ..workspace import Workspace
from .explain import explain
from .select import choose, find_selection, selected_table
from .track import make_track

FORMAT = 1

RECIPE = ".json"
"""Ending of recipes."""

MOST_IDS = 20_000
"""Ids that a recipe keeps at most beside a filter, to say which objects are new; by hand all are kept."""

REPEATED = ("n_a", "n_b", "real", "cause")
"""What an explanation has to give again."""


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


def selection_recipe(
    workspace: Workspace, survey_id: str, rows: np.ndarray, where: str = "", model_id: str | None = None
) -> dict[str, object]:
    """Recipe of a selection.

    Parameters
    ----------
    workspace
        Holds the survey, and the model.
    survey_id
        The survey.
    rows
        The objects.
    where
        The filter that selects them; empty, ``@FILE`` or ``@NAME`` where the ids themselves have to be kept.
    model_id
        The model whose columns the filter uses.
    """
    if where.startswith("@"):
        kept = find_selection(workspace, survey_id, where[1:].strip())
        where, model_id = (kept.header["where"], kept.header["model"]) if kept else ("", model_id)
        where = "" if where.startswith("@") else where
    ids = workspace.survey(survey_id).ids[np.sort(rows)]
    recipe = _header(workspace, "selection", survey_id, model_id)
    recipe |= {"where": where, "n": len(ids), "ids_sha256": _of_ids(ids)}
    if not where or len(ids) <= MOST_IDS:
        recipe["ids"] = ids.tolist()
    return recipe | {"python": _snippet(recipe)}


def explanation_recipe(workspace: Workspace, result_id: str) -> dict[str, object]:
    """Recipe of a kept explanation."""
    header = workspace.results.load(Kind.EXPLANATIONS, result_id).header
    recipe = _header(workspace, "explanation", header["survey"], header["model"])
    recipe |= {name: header[name] for name in ("a", "b", *REPEATED)} | {"n": header["n_a"]}
    return recipe | {"python": _snippet(recipe)}


def table_recipe(
    workspace: Workspace, survey_id: str, rows: np.ndarray, where: str = "", model_id: str | None = None
) -> dict[str, object]:
    """Recipe of a table of objects, `selected_table`: that of their selection, and a hash of each column.

    Parameters
    ----------
    workspace, survey_id, rows, where, model_id
        As `selection_recipe` takes them.
    """
    recipe = selection_recipe(workspace, survey_id, np.sort(rows), where, model_id) | {"kind": "table"}
    recipe["columns"] = _of_columns(workspace, survey_id, np.sort(rows), model_id)
    return recipe | {"python": _snippet(recipe)}


def _of_columns(workspace: Workspace, survey_id: str, rows: np.ndarray, model_id: str | None) -> dict[str, str]:
    """SHA-256 of the values of each column, as text."""
    table = selected_table(workspace, survey_id, rows, model_id)
    texts = {name: "\n".join(map(str, table[name])) for name in table}
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}


def track_recipe(workspace: Workspace, result_id: str) -> dict[str, object]:
    """Recipe of a kept track: its way, its latents to five digits, and the mean flux of each spectrum."""
    result = workspace.results.load(Kind.TRACKS, result_id)
    header = result.header
    recipe = _header(workspace, "track", header["survey"], header["model"])
    recipe |= {"title": result.title, "way": header["way"], "n": header["steps"]}
    recipe |= {name: values.tolist() for name, values in _of_track(result.arrays).items()}
    return recipe | {"python": _snippet(recipe)}


def _of_track(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What two makings of a track have in common."""
    means = arrays["flux"].mean(axis=1)
    return {"latents": arrays["latents"].astype(float).round(5), "mean_flux": means.astype(float).round(5)}


def _header(workspace: Workspace, kind: str, survey_id: str, model_id: str | None) -> dict[str, object]:
    return {
        "recipe": FORMAT,
        "kind": kind,
        "program": f"SpecVAE {__version__}",
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "survey": {"name": survey_id, "sha256": survey_hash(workspace, survey_id)},
        "model": None if model_id is None else {"id": model_id, "sha256": model_hash(workspace, model_id)},
    }


def survey_hash(workspace: Workspace, survey_id: str) -> str:
    """SHA-256 of the catalogue of a survey; it changes with every measurement on its spectra."""
    with (workspace.survey(survey_id).folder / "catalogue.parquet").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def model_hash(workspace: Workspace, model_id: str) -> str:
    """SHA-256 of the weights of a model, by the checksums in its header; the time of its making for an older one."""
    header = workspace.model_summary(model_id).header
    known = header.get(CHECKSUMS) or {"created": header["created"]}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _of_ids(ids: np.ndarray) -> str:
    return hashlib.sha256("\n".join(ids.tolist()).encode()).hexdigest()


def _snippet(recipe: Mapping) -> str:
    survey, model = recipe["survey"]["name"], recipe["model"] and recipe["model"]["id"]
    start = "from specvae_core.workspace import Workspace\n"
    if recipe["kind"] == "explanation":
        arguments = f"model={model!r}, survey={survey!r}, a={recipe['a']!r}, b={recipe['b']!r}"
        return (
            "from pathlib import Path\n\nfrom specvae_core.progress import ignore\n"
            f"from specvae_core.tasks.explain import explain\n{start}\n"
            "workspace = Workspace.open('W')  # the folder of the workspace\n"
            f"result = explain(workspace, ignore, Path(), {arguments})\n"
            "print(workspace.results.load('explanations', result).header['sentence'])\n"
        )
    if recipe["kind"] == "track":
        return (
            "from specvae_core.analysis.track_paths import way_of\nfrom specvae_core.tasks.track import make_track\n"
            f"{start}\nworkspace = Workspace.open('W')  # the folder of the workspace\n"
            f"way = way_of({recipe['way']!r})\n"
            f"track = make_track(workspace, {model!r}, {survey!r}, way, steps={recipe['n']})\n"
        )
    if recipe["kind"] == "table":
        chosen = f"choose(workspace, {survey!r}, {recipe['where']!r}, {model!r}).rows"
        by_id = f"workspace.survey({survey!r}).rows_of(json.load(open('recipe.json'))['ids'])  # this file"
        return (
            f"import json\n\nfrom specvae_core.tasks.select import choose, selected_table\n{start}\n"
            "workspace = Workspace.open('W')  # the folder of the workspace\n"
            f"rows = {chosen if recipe['where'] else by_id}\n"
            f"table = selected_table(workspace, {survey!r}, rows, {model!r})\n"
        )
    if recipe["where"]:
        rows = f"rows = choose(workspace, {survey!r}, {recipe['where']!r}, {model!r}).rows\n"
        return (
            f"from specvae_core.tasks.select import choose\n{start}\n"
            f"workspace = Workspace.open('W')  # the folder of the workspace\n{rows}"
            f"spectra = workspace.survey({survey!r}).read(rows)\n"
        )
    return (
        f"import json\n\n{start}\nids = json.load(open('recipe.json'))['ids']  # this file\n"
        f"survey = Workspace.open('W').survey({survey!r})\nspectra = survey.read(survey.rows_of(ids))\n"
    )


def to_json(recipe: Mapping) -> bytes:
    """A recipe as the content of a file."""
    return json.dumps(recipe, ensure_ascii=False, indent=2).encode()


def read_recipe(path: Path) -> dict:
    """A recipe in a file.

    Raises
    ------
    NotFound, UserError
        There is no such file, or it is no recipe.
    NewerFormat
        A newer version wrote it.
    """
    try:
        recipe = json.loads("\n".join(read_lines(path, "a recipe")))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read as a recipe ({error}).") from None
    if not isinstance(recipe, dict) or not isinstance(recipe.get("recipe"), int):
        raise UserError(f"{path.name} is no recipe: `specvae select --out NAME.json` writes one.")
    if recipe["recipe"] > FORMAT or recipe.get("kind") not in _KINDS:
        raise NewerFormat(f"{path.name} is a recipe of a newer version ({recipe.get('program')}): upgrade specvae.")
    return recipe


def replay(workspace: Workspace, recipe: Mapping, report: Report = ignore) -> Replay:
    """Repeat a recipe, and compare the outcome with the recorded one.

    Raises
    ------
    NotFound
        The survey, the model or a column is gone.
    UserError
        The recipe lacks an entry.
    """
    try:
        survey, model = recipe["survey"], recipe["model"]
        changed = []
        if survey_hash(workspace, survey["name"]) != survey["sha256"]:
            changed.append(f"the catalogue of {survey['name']}")
        if model and model_hash(workspace, model["id"]) != model["sha256"]:
            changed.append(f"the model {model['id']}")
        n, different = _KINDS[recipe["kind"]](workspace, recipe, report)
    except (KeyError, TypeError) as error:
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
    if _of_ids(ids) == recipe["ids_sha256"]:
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
    now = _of_columns(workspace, recipe["survey"]["name"], _rows_again(workspace, recipe), model)
    was = recipe["columns"]
    lists = {
        "values differ": [name for name in now if name in was and now[name] != was[name]],
        "columns are new": [name for name in now if name not in was],
        "columns are gone": [name for name in was if name not in now],
    }
    return n, [f"{what}: {', '.join(names)}" for what, names in lists.items() if names]


def _track_again(workspace: Workspace, recipe: Mapping, report: Report) -> tuple[int, list[str]]:
    arguments = recipe["model"]["id"], recipe["survey"]["name"], way_of(recipe["way"])
    track = make_track(workspace, *arguments, steps=recipe["n"], title=recipe["title"])
    different = []
    for name, now in _of_track({"latents": track.latents, "flux": track.flux}).items():
        was = np.asarray(recipe[name], dtype=float)
        if was.shape != now.shape or not np.allclose(was, now, rtol=1e-3, atol=1e-3):
            different.append(f"the {name.replace('_', ' ')} of the spectra")
    return recipe["n"], different


def _explain_again(workspace: Workspace, recipe: Mapping, report: Report) -> tuple[int, list[str]]:
    names = recipe["model"]["id"], recipe["survey"]["name"]
    result = explain(workspace, report, Path(), model=names[0], survey=names[1], a=recipe["a"], b=recipe["b"])
    header = workspace.results.load(Kind.EXPLANATIONS, result).header
    different = [f"{name} is {header[name]}, was {recipe[name]}" for name in REPEATED if header[name] != recipe[name]]
    return header["n_a"], different


_KINDS: dict[str, Callable[[Workspace, Mapping, Report], tuple[int, list[str]]]] = {
    "selection": _select_again,
    "table": _table_again,
    "track": _track_again,
    "explanation": _explain_again,
}
