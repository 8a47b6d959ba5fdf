"""Columns added to the catalogue: marks by people, local outlier factors, densities and clusters."""

import logging
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from dashboard.colouring import agreement_column
from dashboard.latent_map import LatentMap
from specvae_core.annotations import Annotation, Annotations
from specvae_core.data.survey import Survey
from specvae_core.errors import UserError
from specvae_core.results import Kind, Result
from specvae_core.tasks.select import rows_of, selections_of
from specvae_core.workspace import Workspace

LOG = logging.getLogger("specvae.dashboard")

MARK = "mark"
"""Column of the marks from 0 to 5."""

SELECTIONS = "selections"
"""Column of the names of kept selections."""

LOF = "LOF"
"""Column of the local outlier factors."""

DENSITY = "log p(z)"
"""Column of the logarithms of the density in latent space."""


def stamp(workspace: Workspace) -> tuple[int, ...]:
    """Numbers that change when any process changes an annotation or makes, renames or deletes a result."""
    folders = (workspace.results.folder / kind for kind in (*FROM_RESULTS, Kind.SELECTIONS))
    return (workspace.annotations.stamp(), *(folder.stat().st_mtime_ns if folder.exists() else 0 for folder in folders))


def added_columns(workspace: Workspace, survey_id: str, model_id: str, ids: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of annotations and results by name, (n,) each; those without any value are left out.

    Parameters
    ----------
    ids
        (n,) ids of the objects.
    """
    columns: dict[str, np.ndarray] = {}
    marks = {name: note.mark for name, note in known(workspace.annotations, survey_id).items() if note.mark is not None}
    if marks:
        columns[MARK] = np.array([str(marks.get(name, "")) for name in ids], dtype=object)
    for kind, make in FROM_RESULTS.items():
        columns |= make(filter(_is_readable, results_of(workspace, kind, survey_id, model_id)))
    columns |= _selections(workspace.survey(survey_id), filter(_is_readable, selections_of(workspace, survey_id)))
    return {name: values for name, values in columns.items() if len(values) == len(ids)}


def known(annotations: Annotations, survey_id: str) -> dict[str, Annotation]:
    """Annotations of a survey; none where their file is damaged or gone, which the page's notice says."""
    try:
        return annotations.of(survey_id)
    except UserError as error:
        LOG.warning("%s", error)
        return {}


def _outlier_factors(results: Iterator[Result]) -> dict[str, np.ndarray]:
    """Local outlier factors of the newest result."""
    newest = next(results, None)
    return {} if newest is None else {LOF: newest.arrays["lof"].astype(np.float32)}


def _interest(results: Iterator[Result]) -> dict[str, np.ndarray]:
    """Predicted interest and its uncertainty by the newest teacher."""
    newest = next(results, None)
    return {} if newest is None else {"interest": newest.arrays["interest"], "interest σ": newest.arrays["sigma"]}


def _agreements(results: Iterator[Result]) -> dict[str, np.ndarray]:
    """Share of the nearest objects in common with each other model, by the newest result that has it."""
    columns: dict[str, np.ndarray] = {}
    for one in results:
        for place, other in enumerate(one.header["others"]):
            columns.setdefault(agreement_column(other), one.arrays[f"agreement_{place}"])
    return columns


def _densities(results: Iterator[Result]) -> dict[str, np.ndarray]:
    """Log densities of the newest result."""
    newest = next(results, None)
    return {} if newest is None else {DENSITY: newest.arrays["log_density"].astype(np.float32)}


def _clusters(results: Iterator[Result]) -> dict[str, np.ndarray]:
    """Names of the clusters of each result."""
    columns = {}
    for one in results:
        names = ["none" if number == 0 else f"cluster {number}" for number in one.arrays["cluster"]]
        columns[cluster_column(one)] = np.array(names, dtype=object)
    return columns


def _is_readable(result: Result) -> bool:
    """Whether the arrays of a result can be read; the map does without a damaged one, which the log names."""
    try:
        return bool(result.arrays)
    except UserError as error:
        LOG.warning("%s", error)
        return False


def _selections(survey: Survey, kept: Iterable[Result]) -> dict[str, np.ndarray]:
    """Names of the kept selections that each object is in; empty for the others."""
    kept, names = list(kept), np.full(survey.n, "", dtype=object)
    for one in kept:
        rows = rows_of(one, survey)
        names[rows] = [f"{name} + {one.title}" if name else one.title for name in names[rows]]
    return {SELECTIONS: names} if kept else {}


FROM_RESULTS: dict[Kind, Callable[[Iterator[Result]], dict[str, np.ndarray]]] = {
    Kind.OUTLIERS: _outlier_factors,
    Kind.DENSITIES: _densities,
    Kind.CLUSTERS: _clusters,
    Kind.TEACHERS: _interest,
    Kind.AGREEMENTS: _agreements,
}
"""Kinds of results that become columns, (n,) by name, from the results of the map at hand, the newest first."""


def annotated_rows(here: LatentMap, annotations: Annotations) -> dict[str, np.ndarray]:
    """Rising rows of the annotated objects, by mark, by tag, of those with a note, and of all."""
    rows: dict[str, list[int]] = {}
    for name, annotation in known(annotations, here.survey_id).items():
        row = here.index.row_of(name)
        if row is not None:
            words = [] if annotation.mark is None else [f"mark {annotation.mark}"]
            words += [f"tag {tag}" for tag in annotation.tags] + ["note"] * bool(annotation.note)
            for word in ["any annotation", *words]:
                rows.setdefault(word, []).append(row)
    return {word: np.sort(np.array(rows[word], dtype=np.int32)) for word in sorted(rows)}


def cluster_column(result: Result) -> str:
    """Name of the column of a result of kind ``clusters``."""
    return f"clusters {result.title}"


def results_of(workspace: Workspace, kind: Kind, survey_id: str, model_id: str) -> Iterator[Result]:
    """Results of a kind that belong to a survey under a model, the newest first."""
    for result in workspace.results.list(kind):
        if (result.header.get("survey"), result.header.get("model")) == (survey_id, model_id):
            yield result
