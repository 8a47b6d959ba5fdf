"""From looking to finding: select objects, find similar ones, explain how some differ from others."""

import argparse
import os
from pathlib import Path

from ..analysis.projection import AXES, METHODS, ProjectionSettings
from ..atomic import check_ending, export, write_json
from ..data.vectors.shapes import POOLS
from ..errors import BadConfig
from ..names import typed_path
from ..results import Kind
from ..tasks.agree import by_selection
from ..tasks.embed import matched
from ..tasks.export import FORMATS, provenance, write_table
from ..tasks.recipes import RECIPE, explanation_recipe, read_recipe, selection_recipe, table_recipe
from ..tasks.replay import replay
from ..tasks.select import choose, selected_table
from ..tasks.selections import keep_selection
from ..tasks.similar import similar
from ..tasks.teach import read_scores, recommend
from ..workspace import Workspace
from .objects import EXPRESSION, not_found
from .options import command, model_and_survey, one_survey, random_seed, words
from .running import run_job


def add(commands) -> None:
    """Add the commands of this file."""
    _embed(command(commands, "embed", run_embed))
    _select(command(commands, "select", run_select))
    _similar(command(commands, "similar", run_similar))
    _project(command(commands, "project", run_project))
    _agree(command(commands, "agree", run_agree))
    _explain(command(commands, "explain", run_explain))
    _teach(command(commands, "teach", run_teach))
    _recommend(command(commands, "recommend", run_recommend))
    _replay(command(commands, "replay", run_replay))


def _embed(made: argparse.ArgumentParser) -> None:
    made.add_argument("file", metavar="FILE", help="Parquet, FITS, HDF5, npz or CSV")
    made.add_argument("--survey", required=True, metavar="NAME", help="name of the survey; made where there is none")
    made.add_argument("--as", required=True, dest="model", metavar="ID", help="id of the model")
    made.add_argument("--column", default="", metavar="NAME", help="column of the vectors (default: the only one)")
    made.add_argument("--id-column", default="", metavar="NAME", help="column of the ids (default: by its name)")
    made.add_argument("--pool", choices=POOLS, default="mean", help="for vectors of tokens (default %(default)s)")
    made.add_argument(
        "--decoder", default="", metavar="ID", help="model whose decoder makes spectra (default: a linear one)"
    )


def _select(made: argparse.ArgumentParser) -> None:
    one_survey(made)
    made.add_argument("--where", required=True, metavar="EXPR", help=EXPRESSION)
    made.add_argument("--model", metavar="ID", help="model whose latents and results the filter may use")
    made.add_argument("--name", metavar="S", help="keep the objects in the workspace under this name")
    made.add_argument(
        "--out", type=Path, metavar="FILE", help=f"also write the table ({', '.join(FORMATS)}) or a recipe (.json)"
    )
    made.add_argument("--recipe", type=Path, metavar="FILE.json", help="also write the recipe of the table")


def _similar(made: argparse.ArgumentParser) -> None:
    model_and_survey(made)
    made.add_argument("--ids", required=True, metavar="ID,ID", help="the examples")
    made.add_argument("--among", default="", metavar="NAME", help="survey to look in (default: that of the examples)")
    made.add_argument(
        "--top", type=int, default=20, metavar="N", help="number of objects to find (default %(default)s)"
    )


def _project(made: argparse.ArgumentParser) -> None:
    model_and_survey(made)
    made.add_argument("--method", choices=METHODS, default=ProjectionSettings.method, help="default %(default)s")
    made.add_argument("--axes", type=int, choices=AXES, default=ProjectionSettings.axes, help="default %(default)s")
    made.add_argument(
        "--neighbours",
        type=int,
        default=ProjectionSettings.neighbours,
        metavar="N",
        help="near objects that are kept together (default %(default)s)",
    )
    random_seed(made)


def _agree(made: argparse.ArgumentParser) -> None:
    model_and_survey(made)
    made.add_argument("--others", required=True, metavar="ID,ID", help="models or embeddings to compare it with")


def _explain(made: argparse.ArgumentParser) -> None:
    model_and_survey(made)
    made.add_argument("--a", required=True, metavar="EXPR", help=f"the objects to explain: {EXPRESSION}")
    made.add_argument("--b", default="", metavar="EXPR", help="objects to compare with (default: all others)")
    made.add_argument("--out", type=Path, metavar="FILE", help="also write a recipe (.json)")


def _teach(made: argparse.ArgumentParser) -> None:
    model_and_survey(made)
    made.add_argument("--labels", required=True, type=Path, metavar="FILE.csv", help="columns id,score; scores 0 to 5")


def _recommend(made: argparse.ArgumentParser) -> None:
    made.add_argument("--teacher", required=True, metavar="ID", help="id of a teacher made by `specvae teach`")
    made.add_argument("--top", type=int, default=20, metavar="N", help="number of objects (default %(default)s)")


def _replay(made: argparse.ArgumentParser) -> None:
    made.add_argument("file", type=Path, metavar="FILE", help="a recipe")


def run_embed(options: argparse.Namespace) -> dict[str, object]:
    """``specvae embed``."""
    workspace = Workspace.open(options.workspace)
    names = ("survey", "model", "column", "id_column", "pool", "decoder")
    given = {name: getattr(options, name) for name in names}
    job = run_job(workspace, "embed", path=os.path.realpath(typed_path(options.file)), **given)
    return {"model": job.result} | matched(workspace, job.result, options.survey)


def run_select(options: argparse.Namespace) -> dict[str, object]:
    """``specvae select``."""
    workspace = Workspace.open(options.workspace, create=False)
    if options.out is not None:
        check_ending(options.out, (*FORMATS, RECIPE))
    if options.recipe is not None:
        check_ending(options.recipe, (RECIPE,))
    chosen = choose(workspace, options.survey, options.where, options.model)
    selection = None
    if options.name is not None:
        selection = keep_selection(
            workspace, options.survey, options.name, chosen.rows, where=options.where, model_id=options.model
        )
    arguments = options.survey, chosen.rows, options.where, options.model
    if options.recipe is not None:
        export(options.recipe, {RECIPE: lambda path: write_json(path, table_recipe(workspace, *arguments))})
    if options.out is not None and options.out.suffix == RECIPE:
        export(options.out, {RECIPE: lambda path: write_json(path, selection_recipe(workspace, *arguments))})
    elif options.out is not None:
        table = selected_table(workspace, options.survey, chosen.rows, options.model)
        write_table(table, options.out, provenance(workspace, options.survey, options.model))
    return {"n": len(chosen.rows), "selection": selection} | not_found(chosen)


def run_similar(options: argparse.Namespace) -> dict[str, object]:
    """``specvae similar``."""
    workspace = Workspace.open(options.workspace, create=False)
    survey, ids = workspace.survey(options.survey), words(options.ids)
    if not ids:
        raise BadConfig("--ids names no object: give one or more ids with commas between them.")
    rows, distance = similar(workspace, options.model, options.survey, survey.rows_of(ids), options.top, options.among)
    found = workspace.survey(options.among or options.survey)
    pairs = zip(found.ids[rows].tolist(), distance.tolist(), strict=True)
    return {"objects": [{"id": name, "distance": far} for name, far in pairs]}


def run_project(options: argparse.Namespace) -> dict[str, object]:
    """``specvae project``."""
    workspace = Workspace.open(options.workspace, create=False)
    settings = {name: getattr(options, name) for name in ("method", "axes", "neighbours", "seed")}
    job = run_job(workspace, "project", model=options.model, survey=options.survey, settings=settings)
    return {"result": job.result, **workspace.results.load(Kind.PROJECTIONS, job.result).header}


def run_agree(options: argparse.Namespace) -> dict[str, object]:
    """``specvae agree``."""
    workspace = Workspace.open(options.workspace, create=False)
    others = words(options.others)
    job = run_job(workspace, "agree", model=options.model, survey=options.survey, others=others)
    found = workspace.results.load(Kind.AGREEMENTS, job.result)
    return {"result": job.result, **found.header, "selections": by_selection(workspace, found)}


def run_explain(options: argparse.Namespace) -> dict[str, object]:
    """``specvae explain``."""
    workspace = Workspace.open(options.workspace, create=False)
    if options.out is not None:
        check_ending(options.out, (RECIPE,))
    job = run_job(workspace, "explain", model=options.model, survey=options.survey, a=options.a, b=options.b)
    header = workspace.results.load(Kind.EXPLANATIONS, job.result).header
    if options.out is not None:
        export(options.out, {RECIPE: lambda path: write_json(path, explanation_recipe(workspace, job.result))})
    lines = [{name: row[name] for name in ("name", "difference", "sigma", "q")} for row in header["lines"]]
    names = ("n_a", "n_b", "real", "cause", "sentence")
    return {name: header[name] for name in names} | {"lines": lines, "columns": header["columns"]}


def run_teach(options: argparse.Namespace) -> dict[str, object]:
    """``specvae teach``."""
    workspace = Workspace.open(options.workspace, create=False)
    scores = read_scores(options.labels)
    job = run_job(workspace, "teach", model=options.model, survey=options.survey, scores=scores)
    header = workspace.results.load(Kind.TEACHERS, job.result).header
    missing = {"not_found": header["not_found"]} if header["not_found"] else {}
    return {"teacher": job.result, "n": header["n"]} | missing


def run_recommend(options: argparse.Namespace) -> dict[str, object]:
    """``specvae recommend``."""
    workspace = Workspace.open(options.workspace, create=False)
    kept, proposals = recommend(workspace, options.teacher, options.top)
    ids = workspace.survey(kept.header["survey"]).ids
    return {
        "objects": [
            {"id": str(ids[one.row]), "interest": one.interest, "sigma": one.sigma, "why": one.why} for one in proposals
        ]
    }


def run_replay(options: argparse.Namespace) -> dict[str, object]:
    """``specvae replay``."""
    workspace = Workspace.open(options.workspace, create=False)
    found = replay(workspace, read_recipe(options.file))
    return {"n": found.n, "same": found.same, "changed": list(found.changed)}
