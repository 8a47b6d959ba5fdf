"""Reconstruction errors of the models of a comparison on the test objects of a selection."""

import hashlib
from pathlib import Path

import numpy as np

from ..analysis.folds import fitted_folds
from ..atomic import without_nan
from ..errors import BadConfig, UserError
from ..progress import Progress, Report, sub_report
from ..results import Kind, Result
from ..workspace import Workspace
from .compare import errors_by_way
from .select import choose


def compare_within(workspace: Workspace, report: Report, folder: Path, *, comparison: str, where: str) -> str:
    """Measure the models of a comparison again on fewer test objects; returns the id of the new comparison.

    Nothing is fitted, but for the folds of a survey so small that the comparison was a cross-validation, since their
    models are not kept.

    Parameters
    ----------
    workspace
        Holds the comparison with its models and survey, gets the result: a comparison with the same rows, but for their
        errors, and beside them ``of``, the id of the first one, ``where``, and ``chosen``, a hash of the selected rows.
    comparison
        Id of the comparison.
    where
        Expression over the catalogue, or kept selection ``@NAME``.

    Raises
    ------
    NotFound
        The comparison, its survey or one of its models is gone.
    BadConfig
        There is no test object among those that are asked for.
    """
    header = workspace.results.load(Kind.COMPARISONS, comparison).header
    chosen = choose(workspace, header["survey"], where, files=False).rows
    spectra = workspace.survey(header["survey"]).read()
    rows = []
    for number, row in enumerate(header["rows"]):
        report(Progress(number / len(header["rows"]), f"measuring {row['id']}"))
        share = sub_report(report, number / len(header["rows"]), 1 / len(header["rows"]), row["id"])
        model = workspace.model(row["id"])
        if row.get("part") == "cross-validation":
            fitted = list(fitted_folds(model, spectra, share, seed=row["seed"]))
        else:
            fitted = [(model, model.unseen(spectra.ids).rows)]
        inside = [(one, np.intersect1d(tested, chosen)) for one, tested in fitted]
        if not sum(len(tested) for _, tested in inside):
            raise BadConfig(f"{where} holds no test object of {header['survey']}: choose a larger selection.")
        errors = errors_by_way(inside, spectra)
        rows.append(row | errors["own"] | {"by": errors})
    kept = {name: value for name, value in header.items() if name not in ("created", "title", "job")}
    asked = {"of": comparison, "where": where}
    made = workspace.results.reserve(Kind.COMPARISONS, f"{comparison}-within", asked)
    workspace.results.save(Kind.COMPARISONS, made, without_nan(kept | asked | {"chosen": _hash(chosen), "rows": rows}))
    return made


def kept_within(workspace: Workspace, comparison: Result, where: str) -> Result | None:
    """What `compare_within` has found; ``None`` where the comparison or the kept selection has changed since."""
    found = workspace.results.find(Kind.COMPARISONS, of=comparison.id, where=where)
    if found is None or found.created < comparison.created:
        return None
    try:
        chosen = choose(workspace, comparison.header["survey"], where, files=False).rows
    except UserError:  # which measuring it again says
        return None
    return found if found.header["chosen"] == _hash(chosen) else None


def _hash(rows: np.ndarray) -> str:
    return hashlib.sha256(rows.astype(np.int32).tobytes()).hexdigest()
