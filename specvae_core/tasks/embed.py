"""Embed: vectors that another program has made, as a model of a survey, or as a survey of their own."""

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ..data.catalogue import own_class, own_columns
from ..data.readers.columns import find_column, redshifts
from ..data.spectra import SpectraSet
from ..data.store import SurveyWriter
from ..data.survey import Survey
from ..data.vectors.reading import VectorTable, read_vectors
from ..errors import BadConfig, NameTaken
from ..folders import remove
from ..grid import SpectralGrid
from ..models.embedding import Embedding
from ..names import typed_path
from ..progress import Progress, Report, sub_report
from ..workspace import Workspace
from .encode import encode_survey

NO_SPECTRA = SpectralGrid.from_range(5000.0, 5001.0, 2)
"""The grid of a survey of positions and catalogue alone: two pixels that nobody has seen."""

DECODED_FROM = 20_000
"""Spectra at most from which the decoder is learnt and its error measured, in whole chunks evenly taken."""


def embed(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    path: str,
    survey: str,
    model: str,
    column: str = "",
    id_column: str = "",
    pool: str = "mean",
    decoder: str = "",
) -> str:
    """Let vectors in a file stand beside the models; returns the model's id.

    Parameters
    ----------
    workspace
        Gets the model, of kind ``embedding``, with the encoding of the survey; and the survey where there is none of
        that name: one of positions and catalogue alone, by the other columns of the file.
    path
        The file; see `read_vectors`.
    survey
        The survey. Objects are matched by id; where the file has no ids, by order, if the numbers are equal.
    model
        Id of the model to make.
    column, id_column, pool
        See `read_vectors`.
    decoder
        Id of a model of the same grid, whose decoder makes spectra of the vectors; a linear decoder is learnt from the
        survey unless one is given.

    Raises
    ------
    NameTaken
        There is a model of that id.
    BadConfig
        Nothing matches: the ids differ, or without ids the numbers do; or the model has no decoder to lend.
    GridMismatch
        Model and survey lie on different grids.
    """
    if workspace.model_folder(model).exists():
        raise NameTaken(f"There is a model named {model} already: choose another name by --as, or delete it first.")
    start = time.perf_counter()
    lender = workspace.model(decoder) if decoder else None
    report(Progress(0.0, f"reading {Path(path).name}"))
    table = read_vectors(typed_path(path), column, id_column, pool)
    known = workspace.survey_folder(survey).exists()
    data = workspace.survey(survey) if known else _catalogue_survey(workspace, survey, table, path)
    report(Progress(0.4, "matching objects"))
    ids = _ids(table, data, Path(path).name)
    settings = {"decoder": decoder, "matched_by": "order" if table.ids is None else "id"}
    made = Embedding.of(data.grid, ids, table.vectors, f"{Path(path).name}, {table.column}", **settings)
    if lender is not None:
        made.borrow(lender)
    report(Progress(0.5, "learning to decode"))
    made.fit(data.read(data.spread_rows(DECODED_FROM)), sub_report(report, 0.5, 0.2, "learning to decode"))
    workspace.save_model(made, model, survey_id=survey, seconds=time.perf_counter() - start, seed=0)
    encode_survey(workspace, model, survey, sub_report(report, 0.7, 0.3, "encoding"))
    counts = matched(workspace, model, survey)
    report(
        Progress(
            1.0,
            f"{counts['matched']:,} of {counts['n']:,} vectors belong to objects of {survey} by "
            f"{counts['matched_by']}, {counts['without_vector']:,} of its objects have none{_decoded(counts)}",
        )
    )
    return model


def _decoded(counts: Mapping[str, object]) -> str:
    """How well the decoder of another model serves the vectors, in words; nothing without one."""
    if counts.get("decoder_error") is None or "decoder" not in counts:
        return ""
    return (
        f"; on its test objects the mean squared residual is {counts['decoder_error']:.2g} by the decoder of "
        f"{counts['decoder']}, {counts['linear_error']:.2g} by a linear one, and {counts['own_error']:.2g} of what "
        f"{counts['decoder']} itself reconstructs"
    )


def _ids(table: VectorTable, data: Survey, file: str) -> np.ndarray:
    """(n,) ids of the objects of the survey that the vectors belong to."""
    if table.ids is None:
        if len(table.vectors) != data.n:
            raise BadConfig(
                f"{file} names no objects and has {len(table.vectors):,} vectors, the survey {data.name} has "
                f"{data.n:,}: name its column of ids by --id-column."
            )
        return data.ids
    if (data.index.rows_of(table.ids) < 0).all():
        raise BadConfig(
            f"No id of {file} ({table.ids[0]}, …) is in the survey {data.name} ({data.ids[0]}, …): name another column "
            "of ids by --id-column."
        )
    return table.ids


def matched(workspace: Workspace, model: str, survey: str) -> dict[str, object]:
    """How the vectors of an embedding and the objects of a survey match.

    Returns
    -------
    counts
        ``n`` vectors, ``matched`` of them, ``dimensions``, ``matched_by``: by id, or by order where the file names no
        objects, ``without_vector`` objects of the survey, and
        ``decoder_error``, the mean squared residual of normalised flux on the test part, ``None`` without spectra.
        With the decoder of another model: its id as ``decoder``, ``linear_error`` of a linear decoder and ``own_error``
        of reconstructions by that model on the same objects, and ``latents_error``, the share of the variance of its
        latents that the vectors do not predict.
    """
    made, data = workspace.model(model), workspace.survey(survey)
    found = int((data.index.rows_of(made.vector_ids) >= 0).sum())
    history = made.history[-1] if made.history else {}
    borrowed = {}
    if made.config.decoder:
        errors = {f"{name}_error": history.get(f"test/{name}") for name in ("linear", "own", "latents")}
        borrowed = {"decoder": made.config.decoder, **errors}
    return {
        "n": len(made.vector_ids),
        "matched": found,
        "dimensions": made.config.dimensions,
        "matched_by": made.config.matched_by,
        "without_vector": int((made.rows_of(data.ids) < 0).sum()),
        "decoder_error": history.get("test/loss"),
        **borrowed,
    }


def _catalogue_survey(workspace: Workspace, name: str, table: VectorTable, path: str) -> Survey:
    """A survey without spectra, of the objects of a table of vectors."""
    n = len(table.vectors)
    ids = table.ids if table.ids is not None else np.array([f"{name}-{row:07d}" for row in range(n)], dtype=object)
    if not pd.Index(ids).is_unique:
        raise BadConfig(f"Some ids in {Path(path).name} come more than once: an object of a survey has one vector.")
    catalogue = pd.DataFrame({"id": ids.astype(str), **_columns(table.table)})
    provenance = {"paths": [path], "options": {}, "vectors": table.column}
    writer = SurveyWriter.create(workspace.survey_folder(name), name, NO_SPECTRA, provenance, "none")
    try:
        with writer:
            for first in range(0, n, 65_536):
                some = catalogue.iloc[first : first + 65_536].reset_index(drop=True)
                unseen = np.zeros((len(some), NO_SPECTRA.n_pixel), np.float32)
                writer.append(SpectraSet(NO_SPECTRA, unseen, unseen, some, scale="none"))
                writer.write_infilled(slice(first, first + len(some)), unseen)
            return writer.finish()
    except BaseException:
        remove(workspace.survey_folder(name))
        raise


def _columns(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Catalogue columns, with position, redshift and class under the program's names."""
    columns = {str(name): table[name].to_numpy() for name in table}
    found = {}
    for role, name in (("ra", "ra"), ("dec", "dec"), ("redshift", "z")):
        column = find_column(columns, role)
        if column is not None:
            found[name] = redshifts(columns.pop(column))
    first = {name: values[0] for name, values in columns.items() if len(values)}
    class_name = next((name for name in columns if own_class({name: first[name]})), None)
    if class_name is not None:
        found = {"class": columns[class_name].astype(str), **found}
    kept = own_columns(dict.fromkeys(columns))
    renamed = {new: columns[old] for old, new in zip([c for c in columns if c.lower() != "class"], kept, strict=True)}
    return found | {
        name: values for name, values in renamed.items() if values.dtype.kind in "fiubOUS" and name not in found
    }
