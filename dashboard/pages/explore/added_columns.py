"""Columns added to the catalogue: marks by people, local outlier factors, densities and clusters."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np

from dashboard.latent_map import LatentMap
from specvae_core.analysis.verdicts import Verdict
from specvae_core.annotations import Annotations
from specvae_core.data.catalogue import ObjectIndex
from specvae_core.data.survey import Survey
from specvae_core.errors import UserError
from specvae_core.results import Kind, Result
from specvae_core.tasks.colour_columns import SELECTIONS, agreements, clusters, results_of, selection_names
from specvae_core.tasks.selections import selections_of
from specvae_core.workspace import Workspace

LOG = logging.getLogger("specvae.dashboard")

MARK = "mark"
"""Column of the marks from 0 to 5."""

MY_Z = "my_z"
"""Column of the redshifts that people have read off spectra; that of the survey is `z`."""

MY_Z_QUALITY = "my_z_quality"
"""Column of the quality flags of these redshifts, 0 to 4."""

DISAGREE = "people"
"""Column that says whether people agree on an object."""

LOF = "LOF"
"""Column of the local outlier factors."""

DENSITY = "log p(z)"
"""Column of the logarithms of the density in latent space."""


def stamp(workspace: Workspace) -> tuple[int, ...]:
    """Numbers that change when any process changes an annotation or makes, renames or deletes a result."""
    folders = (workspace.results.folder / kind for kind in (*FROM_RESULTS, Kind.SELECTIONS))
    return (workspace.annotations.stamp(), *(folder.stat().st_mtime_ns if folder.exists() else 0 for folder in folders))


def added_columns(workspace: Workspace, survey_id: str, model_id: str, index: ObjectIndex) -> dict[str, np.ndarray]:
    """Columns of annotations and results by name, (n,) each; those without any value are left out.

    Parameters
    ----------
    index
        Rows of the n objects by their ids.
    """
    columns: dict[str, np.ndarray] = {}
    columns |= _verdicts(known(workspace.annotations, survey_id), index)
    for kind, make in FROM_RESULTS.items():
        columns |= make(filter(_is_readable, results_of(workspace, kind, survey_id, model_id)))
    columns |= _selections(workspace.survey(survey_id), filter(_is_readable, selections_of(workspace, survey_id)))
    return {name: values for name, values in columns.items() if len(values) == len(index)}


def known(annotations: Annotations, survey_id: str) -> dict[str, Verdict]:
    """What people say of a survey; nothing where their file is damaged or gone, which the page's notice says."""
    try:
        return annotations.verdicts(survey_id)
    except UserError as error:
        LOG.warning("%s", error)
        return {}


def _verdicts(verdicts: Mapping[str, Verdict], index: ObjectIndex) -> dict[str, np.ndarray]:
    """Marks, *my z* and its quality, and whether people agree; those that nobody has given are left out."""
    if not verdicts:
        return {}
    texts = {name: np.full(len(index), "", dtype=object) for name in (MARK, MY_Z_QUALITY, DISAGREE)}
    redshift = np.full(len(index), np.nan, np.float32)
    for place, verdict in zip(index.rows_of(list(verdicts)).tolist(), verdicts.values(), strict=True):
        if place >= 0:
            said = verdict.annotation
            texts[MARK][place] = "" if said.mark is None else str(said.mark)
            texts[MY_Z_QUALITY][place] = "" if said.quality is None else str(said.quality)
            texts[DISAGREE][place] = "disagree" if verdict.disagree else "agree" if verdict.people > 1 else ""
            redshift[place] = np.nan if said.redshift is None else said.redshift
    numbers = {MY_Z: redshift} if np.isfinite(redshift).any() else {}
    return {name: values for name, values in texts.items() if any(values)} | numbers


def _outlier_factors(results: Iterator[Result]) -> dict[str, np.ndarray]:
    """Local outlier factors of the newest result."""
    newest = next(results, None)
    return {} if newest is None else {LOF: newest.arrays["lof"].astype(np.float32)}


def _interest(results: Iterator[Result]) -> dict[str, np.ndarray]:
    """Predicted interest and its uncertainty by the newest teacher."""
    newest = next(results, None)
    return {} if newest is None else {"interest": newest.arrays["interest"], "interest σ": newest.arrays["sigma"]}


def _densities(results: Iterator[Result]) -> dict[str, np.ndarray]:
    """Log densities of the newest result."""
    newest = next(results, None)
    return {} if newest is None else {DENSITY: newest.arrays["log_density"].astype(np.float32)}


def _is_readable(result: Result) -> bool:
    """Whether the arrays of a result can be read; the map does without a damaged one, which the log names."""
    try:
        return bool(result.arrays)
    except UserError as error:
        LOG.warning("%s", error)
        return False


def _selections(survey: Survey, kept: Iterable[Result]) -> dict[str, np.ndarray]:
    """Names of the kept selections that each object is in."""
    kept = list(kept)
    return {SELECTIONS: selection_names(survey, kept)} if kept else {}


FROM_RESULTS: dict[Kind, Callable[[Iterator[Result]], dict[str, np.ndarray]]] = {
    Kind.OUTLIERS: _outlier_factors,
    Kind.DENSITIES: _densities,
    Kind.CLUSTERS: clusters,
    Kind.TEACHERS: _interest,
    Kind.AGREEMENTS: agreements,
}
"""Kinds of results that become columns, (n,) by name, from the results of the map at hand, the newest first."""


def annotated_rows(here: LatentMap, annotations: Annotations) -> dict[str, np.ndarray]:
    """Rising rows of the annotated objects: by mark, tag and quality of *my z*, with a note, disagreed on, and all."""
    rows: dict[str, list[int]] = {}
    verdicts = known(annotations, here.survey_id)
    for row, verdict in zip(here.index.rows_of(list(verdicts)).tolist(), verdicts.values(), strict=True):
        annotation = verdict.annotation
        if row >= 0:
            words = [] if annotation.mark is None else [f"mark {annotation.mark}"]
            words += [f"tag {tag}" for tag in annotation.tags] + ["note"] * bool(annotation.note)
            words += [] if annotation.redshift is None else ["my z"]
            words += [] if annotation.quality is None else [f"my z of quality {annotation.quality}"]
            words += ["remark on the spectrum"] * bool(annotation.features) + ["people disagree"] * verdict.disagree
            for word in ["any annotation", *words]:
                rows.setdefault(word, []).append(row)
    return {word: np.sort(np.array(rows[word], dtype=np.int32)) for word in sorted(rows)}
