"""Tracks: synthetic spectra along a path through latent space."""

import argparse
from pathlib import Path

import numpy as np

from ..analysis.track_paths import Automatic, Between, Traverse, Way
from ..analysis.tracks import Track
from ..atomic import check_ending, export, write_json
from ..errors import BadConfig
from ..tasks.recipes import RECIPE, track_recipe
from ..tasks.track import STEPS, keep_track, make_space, make_track
from ..tasks.track_files import FORMATS, read_points, write_track
from ..workspace import Workspace
from .options import command, model_and_survey


def add(commands) -> None:
    """Add the commands of this file."""
    made = command(commands, "track", run_track)
    model_and_survey(made)
    way = made.add_mutually_exclusive_group(required=True)
    way.add_argument("--auto", metavar="CLASS,CLASS:COMPONENT", help="centroids of bins: all for every class; "
                     "a component (1), a combination (1+0.5*2) or a numeric column")  # fmt: skip
    way.add_argument("--traverse", metavar="COMPONENT", help="one component through the centroid")
    way.add_argument("--between", metavar="ID,ID", help="a straight line from one object to another")
    way.add_argument("--points", type=Path, metavar="FILE.csv", help="a path with columns named after components")
    made.add_argument("--complete", choices=("local", "centroid"), default="local", help="components that the points "
                      "do not give follow the local centroid, or are held at the centroid")  # fmt: skip
    made.add_argument(
        "--steps", type=int, default=STEPS, help="number of spectra along the track (default %(default)s)"
    )
    made.add_argument("--name", default="track", help="name of the track (default %(default)s)")
    made.add_argument("--out", type=Path, metavar="FILE", help="also write it (.fits, .ecsv), or its recipe (.json)")


def run_track(options: argparse.Namespace) -> dict[str, object]:
    """``specvae track``."""
    workspace = Workspace.open(options.workspace, create=False)
    if options.out is not None:
        check_ending(options.out, (*FORMATS, RECIPE))
    way = _way(options, workspace)
    track = make_track(workspace, options.model, options.survey, way, steps=options.steps, title=options.name)
    if options.out is not None and options.out.suffix != RECIPE:
        write_track(track, options.out)
    track_id = keep_track(workspace, track)
    if options.out is not None and options.out.suffix == RECIPE:
        export(options.out, {RECIPE: lambda path: write_json(path, track_recipe(workspace, track_id))})
    return {"track": track_id, "steps": [_step(track, i) for i in range(len(track))]}


def _way(options: argparse.Namespace, workspace: Workspace) -> Way:
    """The path that was asked for."""
    if options.traverse is not None:
        return Traverse(options.traverse)
    if options.between is not None:
        ids = tuple(part.strip() for part in options.between.split(","))
        if len(ids) != 2:
            raise BadConfig(f"--between takes two ids with a comma between them, got {options.between!r}.")
        return Between(*ids)
    if options.points is not None:
        space = make_space(workspace, options.model, options.survey)
        names = workspace.encoding(options.model, options.survey).component_names(workspace.model(options.model).name)
        return read_points(options.points, names[: space.n_latent], options.complete)
    classes, colon, by = options.auto.rpartition(":")
    if not colon:
        raise BadConfig(f"--auto takes classes and a component as in quiescent,emission-line:1, got {options.auto!r}.")
    return Automatic(() if classes in ("", "all") else tuple(classes.split(",")), by)


def _step(track: Track, i: int) -> dict[str, object]:
    """One step for ``--json``."""
    return {
        "position": float(track.position[i]),
        "components": [float(value) for value in track.components[i]],
        "support": float(track.support[i]),
        "density": None if np.isnan(track.density[i]) else float(track.density[i]),
        "extrapolated": bool(track.extrapolated[i]),
        "nearest_ids": [str(name) for name in track.nearest[i]],
        "lines": {name: float(values[i]) for name, values in track.lines.items()},
    }
