"""A second view of a survey's latents, kept with its settings."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ..analysis.projection import ProjectionSettings, project
from ..progress import Report, sub_report
from ..results import Kind
from ..workspace import Workspace
from .outlier_table import encoded


def make_projection(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    model: str,
    survey: str,
    settings: Mapping[str, object] | None = None,
) -> str:
    """Map the latents of a survey to two or three axes; returns the result's id.

    Parameters
    ----------
    workspace
        Gets the result of kind ``projections``: header ``model, survey, settings, n`` (objects with latents) and
        ``columns``, the names by which filters, colours and axes know its axes; array ``projection`` (n_survey, axes)
        float32. One of the same method is replaced.
    settings
        Fields of `ProjectionSettings` that differ from their defaults.
    """
    chosen = ProjectionSettings(**dict(settings or {}))
    latents = encoded(workspace, model, survey, sub_report(report, 0.0, 0.1, survey)).latents
    places = project(latents, chosen, report)
    columns = [f"{chosen.method}_{axis + 1}" for axis in range(chosen.axes)]
    asked = {"model": model, "survey": survey, "method": chosen.method}
    header = {**asked, "settings": asdict(chosen), "n": int(np.isfinite(places).all(axis=1).sum()), "columns": columns}
    name = workspace.results.reserve(Kind.PROJECTIONS, f"{chosen.method}-{model}", asked)
    workspace.results.save(Kind.PROJECTIONS, name, header, {"projection": places})
    return name
