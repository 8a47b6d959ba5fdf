"""Columns that colour maps beside those of filters: kept selections, neighbours in common, and every clustering."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from ..data.survey import Survey
from ..results import Kind, Result
from ..workspace import Workspace
from .selections import rows_of, selections_of

SELECTIONS = "selections"
"""Column of the names of kept selections."""


def colour_columns(workspace: Workspace, survey_id: str, model_id: str) -> dict[str, Callable[[], np.ndarray]]:
    """Functions that give the columns (n,), by name."""
    survey = workspace.survey(survey_id)
    kept = selections_of(workspace, survey_id)
    made: dict[str, Callable[[], np.ndarray]] = {}
    if kept:
        made[SELECTIONS] = lambda: selection_names(survey, kept)
    for kind, columns in ((Kind.AGREEMENTS, agreements), (Kind.CLUSTERS, clusters)):
        found = columns(results_of(workspace, kind, survey_id, model_id))
        made |= {name: lambda values=values: values for name, values in found.items() if len(values) == survey.n}
    return made


def results_of(workspace: Workspace, kind: Kind, survey_id: str, model_id: str) -> Iterator[Result]:
    """Results of a kind that belong to a survey under a model, the newest first."""
    for result in workspace.results.list(kind):
        if (result.header.get("survey"), result.header.get("model")) == (survey_id, model_id):
            yield result


def selection_names(survey: Survey, kept: Iterable[Result]) -> np.ndarray:
    """Names of the kept selections that each object is in, (n,), joined by a plus; empty for the others."""
    names = np.full(survey.n, "", dtype=object)
    for one in kept:
        rows = rows_of(one, survey)
        names[rows] = [f"{name} + {one.title}" if name else one.title for name in names[rows]]
    return names


def agreement_column(other: str) -> str:
    """Column of the share of the nearest objects that the model at hand has in common with another one."""
    return f"agreement with {other}"


def agreements(results: Iterable[Result]) -> dict[str, np.ndarray]:
    """Share of the nearest objects in common with each other model, by the newest result that has it."""
    columns: dict[str, np.ndarray] = {}
    for one in results:
        for place, other in enumerate(one.header["others"]):
            columns.setdefault(agreement_column(other), one.arrays[f"agreement_{place}"])
    return columns


def cluster_column(result: Result) -> str:
    """Name of the column of a result of kind ``clusters``."""
    return f"clusters {result.title}"


def clusters(results: Iterable[Result]) -> dict[str, np.ndarray]:
    """Names of the clusters of each result."""
    columns = {}
    for one in results:
        numbers = one.arrays["cluster"]
        names = ["none", *(f"cluster {number}" for number in range(1, numbers.max(initial=0) + 1))]
        columns[cluster_column(one)] = np.array(names, dtype=object)[numbers]
    return columns
