"""Outliers, overlays of a second survey, clusters."""

import argparse
import dataclasses
from pathlib import Path

import pandas as pd

from ..analysis.clusters import METHODS, ClusterSettings
from ..analysis.demud import ORDERS
from ..analysis.lof import NEIGHBOURS
from ..atomic import check_ending
from ..results import Kind
from ..tasks.export import FORMATS, provenance, write_table
from ..workspace import Workspace
from .options import command, given, model_and_survey
from .running import run_job

COLUMNS = ("id", "lof", "rank", "chi2_per_pixel", "reason", "evidence", "chi2_rank", "contrast", "contrast_rank",
           "demud_rank", "part")  # fmt: skip
DENSITY = ("log_density", "density_rank")
"""Columns where a density was fitted to the latents."""


def add(commands) -> None:
    """Add the commands of this file."""
    made = command(commands, "outliers", run_outliers)
    model_and_survey(made)
    made.add_argument(
        "--top", type=int, default=20, metavar="N", help="number of objects to explain (default %(default)s)"
    )
    _neighbours(made)
    made.add_argument("--order", choices=ORDERS, default=ORDERS[0], help="by what objects are chosen: LOF, density "
                      "contrast with their surroundings, the χ² of their reconstruction, low density, or DEMUD, each "
                      "least like those before (default %(default)s)")  # fmt: skip
    made.add_argument("--out", type=Path, metavar="FILE", help=f"also write the table: ends in {', '.join(FORMATS)}")

    made = command(commands, "overlay", run_overlay)
    model_and_survey(made)
    made.add_argument("--other", required=True, metavar="NAME", help="survey to show over it")
    _neighbours(made)

    made = command(commands, "cluster", run_cluster)
    model_and_survey(made)
    made.add_argument("--method", choices=METHODS, help=f"how (default {ClusterSettings.method})")
    made.add_argument("--n", type=int, metavar="K", help=f"number of clusters of kmeans (default {ClusterSettings.n})")
    made.add_argument("--min-size", type=int, metavar="M", help="smallest cluster of hdbscan, neighbours of a core "
                      f"object of dbscan (default {ClusterSettings.min_size})")  # fmt: skip
    made.add_argument("--radius", type=float, metavar="R", help="radius of dbscan (default: found from the data)")
    made.add_argument("--seed", type=int, help=f"seed of kmeans (default {ClusterSettings.seed})")


def _neighbours(made: argparse.ArgumentParser) -> None:
    made.add_argument("--k", type=int, default=NEIGHBOURS, help="neighbours of the LOF (default %(default)s)")


def run_outliers(options: argparse.Namespace) -> dict[str, object]:
    """``specvae outliers``."""
    workspace = Workspace.open(options.workspace, create=False)
    if options.out is not None:
        check_ending(options.out, FORMATS)
    asked = {"top": options.top, "k": options.k, "order": options.order}
    job = run_job(workspace, "outliers", model=options.model, survey=options.survey, **asked)
    header = workspace.results.load(Kind.OUTLIERS, job.result).header
    rows = [{name: row[name] for name in (*COLUMNS, *DENSITY) if name in row} for row in header["outliers"]]
    if options.out is not None:
        table = pd.DataFrame(rows).astype({"chi2_per_pixel": float, "demud_rank": float})
        annotations = workspace.annotations.columns(options.survey, table["id"])
        header = provenance(workspace, options.survey, options.model)
        write_table(pd.concat([table, annotations], axis=1), options.out, header)
    return {"result": job.result, "outliers": rows}


def run_overlay(options: argparse.Namespace) -> dict[str, object]:
    """``specvae overlay``."""
    workspace = Workspace.open(options.workspace, create=False)
    job = run_job(workspace, "overlay", model=options.model, survey=options.survey, other=options.other, k=options.k)
    header = workspace.results.load(Kind.OVERLAYS, job.result).header
    names = ("n", "n_foreign", "foreign_fraction", "n_explained", "reasons")
    objects = [{name: row[name] for name in COLUMNS if name in row} for row in header["objects"]]
    return {"result": job.result, **{name: header[name] for name in names}, "objects": objects}


def run_cluster(options: argparse.Namespace) -> dict[str, object]:
    """``specvae cluster``."""
    workspace = Workspace.open(options.workspace, create=False)
    settings = given(options, [field.name for field in dataclasses.fields(ClusterSettings)])
    job = run_job(workspace, "cluster", model=options.model, survey=options.survey, settings=settings)
    header = workspace.results.load(Kind.CLUSTERS, job.result).header
    return {"result": job.result, "clusters": header["clusters"], "agreement": header["agreement"]}
