"""Recipes: how a selection, table, track or explanation was made, as a small JSON from which `replay` makes it again.

Those of figures are made in `figures`. A recipe names survey and model with hashes of their content, the filter (or
the ids, for objects chosen by hand), how many objects there were, and a Python snippet that does the same.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from .. import __version__
from ..data.text_lists import read_lines
from ..errors import NewerFormat, UserError
from ..models.storage import CHECKSUMS
from ..results import Kind
from ..workspace import Workspace
from .select import choose, selected_table
from .selections import find_selection

FORMAT = 1

KINDS = ("selection", "table", "track", "explanation", "figure")
"""What recipes are of."""

RECIPE = ".json"
"""Ending of recipes."""

MOST_IDS = 20_000
"""Ids that a recipe keeps at most beside a filter, to say which objects are new; by hand all are kept."""

REPEATED = ("n_a", "n_b", "real", "cause")
"""What an explanation has to give again."""


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
    recipe = recipe_header(workspace, "selection", survey_id, model_id)
    recipe |= {"where": where, "n": len(ids), "ids_sha256": hash_of_ids(ids)}
    if not where or len(ids) <= MOST_IDS:
        recipe["ids"] = ids.tolist()
    return recipe | {"python": _snippet(recipe)}


def explanation_recipe(workspace: Workspace, result_id: str) -> dict[str, object]:
    """Recipe of a kept explanation."""
    header = workspace.results.load(Kind.EXPLANATIONS, result_id).header
    recipe = recipe_header(workspace, "explanation", header["survey"], header["model"])
    recipe |= {name: header[name] for name in ("a", "b", *REPEATED)} | {"n": header["n_a"]}
    recipe["groups"] = hashes_of_groups(workspace, header)
    return recipe | {"python": _snippet(recipe)}


def hashes_of_groups(workspace: Workspace, header: Mapping) -> dict[str, str]:
    """SHA-256 of the ids of A, and of B where it is not all others: kept selections change."""
    survey_id, model_id = header["survey"], header["model"]
    ids = workspace.survey(survey_id).ids
    texts = {group: header[group] for group in ("a", "b") if header[group]}
    return {name: hash_of_ids(ids[choose(workspace, survey_id, text, model_id).rows]) for name, text in texts.items()}


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
    recipe["columns"] = hashes_of_table(selected_table(workspace, survey_id, np.sort(rows), model_id))
    return recipe | {"python": _snippet(recipe)}


def hashes_of_table(table: pd.DataFrame) -> dict[str, str]:
    """SHA-256 of the values of each column of a table, as text."""
    texts = {name: "\n".join(map(str, table[name])) for name in table}
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}


def track_recipe(workspace: Workspace, result_id: str) -> dict[str, object]:
    """Recipe of a kept track: its way, its latents to five digits, and the mean flux of each spectrum."""
    result = workspace.results.load(Kind.TRACKS, result_id)
    header = result.header
    recipe = recipe_header(workspace, "track", header["survey"], header["model"])
    recipe |= {"title": result.title, "way": header["way"], "n": header["steps"]}
    recipe |= {name: values.tolist() for name, values in common_to_tracks(result.arrays).items()}
    return recipe | {"python": _snippet(recipe)}


def common_to_tracks(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Latents and mean fluxes, to five digits: what two makings of a track have in common."""
    means = arrays["flux"].mean(axis=1)
    return {"latents": arrays["latents"].astype(float).round(5), "mean_flux": means.astype(float).round(5)}


def recipe_header(workspace: Workspace, kind: str, survey_id: str, model_id: str | None) -> dict[str, object]:
    """What every recipe begins with: its kind, the program, and survey and model with their hashes."""
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


def hash_of_ids(ids: np.ndarray) -> str:
    """SHA-256 of ids (n,) in their order."""
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
    opened = "workspace = Workspace.open('W')  # the folder of the workspace\n"
    imported, rows = rows_in_python(recipe)
    if recipe["kind"] == "table":
        imported += "from specvae_core.tasks.select import selected_table\n"
        return f"{imported}{start}\n{opened}{rows}table = selected_table(workspace, {survey!r}, rows, {model!r})\n"
    return f"{imported}{start}\n{opened}{rows}spectra = workspace.survey({survey!r}).read(rows)\n"


def rows_in_python(recipe: Mapping) -> tuple[str, str]:
    """Lines of Python that import what is needed, and that give the ``rows`` of the selection of a recipe."""
    survey, model = recipe["survey"]["name"], recipe["model"] and recipe["model"]["id"]
    if recipe["where"]:
        chosen = f"rows = choose(workspace, {survey!r}, {recipe['where']!r}, {model!r}).rows\n"
        return "from specvae_core.tasks.select import choose\n", chosen
    ids = "json.loads(Path('recipe.json').read_text(encoding='utf-8'))['ids']"
    return (
        "import json\nfrom pathlib import Path\n\n",
        f"rows = workspace.survey({survey!r}).rows_of({ids})  # this file\n",
    )


def to_json(recipe: Mapping) -> bytes:
    """A recipe as the content of a file."""
    return json.dumps(recipe, ensure_ascii=False, indent=2).encode()


def read_recipe(path: Path) -> dict:
    """A recipe in a file.

    Raises
    ------
    NotFound, UserError
        There is no such file, or it is not a recipe.
    NewerFormat
        A newer version wrote it.
    """
    try:
        recipe = json.loads("\n".join(read_lines(path, "a recipe")))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read as a recipe ({error}).") from None
    if not isinstance(recipe, dict) or not isinstance(recipe.get("recipe"), int):
        raise UserError(f"{path.name} is not a recipe: `specvae select --out NAME.json` writes one.")
    if recipe["recipe"] > FORMAT or recipe.get("kind") not in KINDS:
        raise NewerFormat(f"{path.name} is a recipe of a newer version ({recipe.get('program')}): upgrade specvae.")
    return recipe
