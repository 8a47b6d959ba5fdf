"""What was found out about a survey beside its catalogue: labels, outliers and clusters, as columns of the map."""

from collections.abc import Iterator

import numpy as np

from dashboard.latent_map import LatentMap
from specvae_core.annotations import Annotations
from specvae_core.results import Kind, Result
from specvae_core.workspace import Workspace

LABEL = "label"
LOF = "LOF"


def stamp(workspace: Workspace) -> tuple[int, ...]:
    """Numbers that change when any process changes a label or makes, renames or deletes a result."""
    folders = (workspace.results.folder / kind for kind in (Kind.OUTLIERS, Kind.CLUSTERS))
    return (workspace.annotations.stamp(), *(folder.stat().st_mtime_ns if folder.exists() else 0 for folder in folders))


def extra_columns(workspace: Workspace, survey_id: str, model_id: str, ids: np.ndarray) -> dict[str, np.ndarray]:
    """The columns by name, (n,) each; what there is nothing of is left out.

    Parameters
    ----------
    workspace
        Where to look.
    survey_id, model_id
        Whose.
    ids
        (n,) of the objects.
    """
    columns: dict[str, np.ndarray] = {}
    labels = {name: note.mark for name, note in workspace.annotations.of(survey_id).items() if note.mark is not None}
    if labels:
        columns[LABEL] = np.array([str(labels.get(name, "")) for name in ids], dtype=object)
    for result in results_of(workspace, Kind.OUTLIERS, survey_id, model_id):
        columns[LOF] = result.arrays["lof"].astype(np.float32)
        break  # the newest
    for result in results_of(workspace, Kind.CLUSTERS, survey_id, model_id):
        columns[cluster_column(result)] = np.array(
            ["none" if number == 0 else f"cluster {number}" for number in result.arrays["cluster"]], dtype=object
        )
    return {name: values for name, values in columns.items() if len(values) == len(ids)}


def labelled(here: LatentMap, annotations: Annotations) -> dict[str, np.ndarray]:
    """Rising rows of the objects of which people said something, by what they said: a label, a tag, anything."""
    rows: dict[str, list[int]] = {}
    for name, said in annotations.of(here.survey_id).items():
        row = here.index.row_of(name)
        if row is not None:
            words = [] if said.mark is None else [f"label {said.mark}"]
            for word in ["anything", *words, *(f"tag {tag}" for tag in said.tags), *(["a note"] if said.note else [])]:
                rows.setdefault(word, []).append(row)
    return {word: np.sort(np.array(rows[word], dtype=np.int32)) for word in sorted(rows)}


def cluster_column(result: Result) -> str:
    """What the column of a result of kind ``clusters`` is called."""
    return f"clusters {result.title}"


def results_of(workspace: Workspace, kind: Kind, survey_id: str, model_id: str) -> Iterator[Result]:
    """Results of a kind that belong to a survey under a model, the newest first."""
    for result in workspace.results.list(kind):
        if (result.header.get("survey"), result.header.get("model")) == (survey_id, model_id):
            yield result
