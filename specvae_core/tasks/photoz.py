"""Photometric redshifts of a survey: scores of both densities of every object."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..analysis.photoz import Scores, score
from ..analysis.photoz_export import write_ensemble
from ..analysis.tomography import Bin, Cells
from ..atomic import check_ending, export
from ..data.spectra import SpectraSet
from ..data.split import Unseen
from ..errors import BadConfig
from ..models import Ability, PredictsRedshift, require_ability
from ..models.sdgm.density import point_estimates
from ..progress import Progress, Report
from ..results import Kind, Result
from ..workspace import Workspace
from .unseen import unseen_objects

ESTIMATORS = ("marginal", "importance")
"""Eq. 22 and Eqs. 23-25 of the model's paper; see `models.sdgm.redshift`."""

SHARES = {"marginal": 0.15, "importance": 0.85}
"""Share of the time that each estimator takes."""

AT_ONCE = 4096
"""Objects whose densities are in memory at a time."""


def photoz(workspace: Workspace, report: Report, folder: Path, *, model: str, survey: str) -> str:
    """Score the redshift densities of a whole survey by both estimators; returns the result's id.

    Kept are, for each object and estimator, the fields of `Scores`, as ``marginal_pit`` and so on, the columns of
    `predict_redshift`, and the sums of the densities in `Cells`. The densities themselves are computed again when
    needed, within milliseconds.
    """
    network, whole = redshift_model(workspace, model), workspace.survey(survey)
    parts: list[dict[str, np.ndarray]] = []
    cells = {name: Cells.empty(network.redshift_grid) for name in ESTIMATORS}
    for rows, spectra in whole.chunks():
        arrays = network.predict_redshift(spectra)
        for name in ESTIMATORS:
            before = rows.start + (0.0 if name == ESTIMATORS[0] else SHARES[ESTIMATORS[0]]) * len(spectra)

            def on_share(share: float, name: str = name, before: float = before, n: int = len(spectra)) -> None:
                done = (before + SHARES[name] * share * n) / whole.n
                report(Progress(done, f"p(z) of {whole.n:,} objects, {name}: {done:.0%}"))

            pdf = network.redshift_pdf(spectra, name, on_share)
            found = score(network.redshift_grid, pdf, spectroscopic(network, spectra.table))
            cells[name].add(pdf, found.z_phot)
            arrays |= {f"{name}_{field}": values for field, values in vars(found).items()}
        parts.append(arrays)
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    joined |= {f"cells_{name}": some.sums.astype(np.float32) for name, some in cells.items()}
    joined["cells_grid"] = network.redshift_grid
    asked = {"model": model, "survey": survey}
    result_id = workspace.results.reserve(Kind.PHOTOZ, f"{model}-{survey}", asked)
    workspace.results.save(Kind.PHOTOZ, result_id, asked, joined)
    return result_id


def kept_redshifts(workspace: Workspace, model_id: str, survey_id: str) -> Result | None:
    """The result of `photoz` for a survey under a model, ``None`` where there is none."""
    results, asked = workspace.results, {"model": model_id, "survey": survey_id}
    # Older workspaces keep it among the predictions, which have columns otherwise.
    return results.find(Kind.PHOTOZ, **asked) or results.find(Kind.PREDICTIONS, **asked, columns=None)


def redshift_scores(
    network: PredictsRedshift, spectra: SpectraSet, estimator: str = "marginal", on_share=lambda share: None
) -> Scores:
    """Scores of the densities of some objects by one of `ESTIMATORS`."""
    pdf = network.redshift_pdf(spectra, estimator, on_share)
    return score(network.redshift_grid, pdf, spectroscopic(network, spectra.table))


def scores_of(result: Result, estimator: str) -> Scores:
    """Scores in a result of `photoz`."""
    return Scores(**{field: result.arrays[f"{estimator}_{field}"] for field in Scores.__dataclass_fields__})


def cells_of(result: Result, estimator: str) -> Cells | None:
    """Sums of the densities in a result of `photoz`; ``None`` where an earlier version made it."""
    if "cells_grid" not in result.arrays:
        return None
    empty = Cells.empty(result.arrays["cells_grid"])
    return Cells(empty.grid, empty.borders, result.arrays[f"cells_{estimator}"].astype(float))


def redshift_distributions(
    workspace: Workspace, model_id: str, survey_id: str, bins: int | Sequence[float], estimator: str = "marginal"
) -> tuple[list[Bin], list[dict[str, object]]]:
    """n(z) of tomographic bins of a survey, and a row about each beside the objects that the model did not learn from.

    Parameters
    ----------
    bins
        Their number, with about as many objects in each, or their edges in z_phot, rising.
    """
    network, whole = redshift_model(workspace, model_id), workspace.survey(survey_id)
    given = None if isinstance(bins, int) else np.asarray(bins, float)
    if given is not None and (len(given) < 2 or not (np.diff(given) > 0).all()):
        raise BadConfig("Edges of tomographic bins have to rise, and be two at least, as in 0.2,0.4,0.6.")
    cells, z_phot = Cells.empty(network.redshift_grid, given), []
    for _, spectra in whole.chunks():
        pdf = network.redshift_pdf(spectra, estimator)
        z_phot.append(point_estimates(network.redshift_grid, pdf)["z_phot"])
        cells.add(pdf, z_phot[-1])
    found = cells.bins(cells.edges(bins) if given is None else given)
    unseen = unseen_objects(workspace, model_id, survey_id)
    z_spec = np.where(unseen.mask, spectroscopic(network, whole.table), np.nan)
    return found, [one.row(np.concatenate(z_phot), z_spec) for one in found]


def write_distributions(bins: list[Bin], path: Path) -> None:
    """Write n(z) of tomographic bins: a ``qp`` ensemble where the file ends in .hdf5, else a column for each bin."""
    check_ending(path, (".hdf5", ".csv", ".parquet"))
    grid = bins[0].grid
    if path.suffix == ".hdf5":
        columns = {name: np.array([getattr(one, name) for one in bins]) for name in ("low", "high", "n", "mean")}
        write_ensemble(path, grid, np.array([one.density for one in bins]), columns)
        return
    table = pd.DataFrame({"z": grid} | {f"bin_{i + 1}": one.density for i, one in enumerate(bins)})
    export(path, {".csv": lambda to: table.to_csv(to, index=False), ".parquet": table.to_parquet})


def redshift_model(workspace: Workspace, model_id: str) -> PredictsRedshift:
    """A model of photometry and redshift, or a sentence about one that is none."""
    model = workspace.model(model_id)
    require_ability(model, Ability.PREDICTS_REDSHIFT)
    return model


def spectroscopic(model: PredictsRedshift, table: pd.DataFrame) -> np.ndarray:
    """Spectroscopic redshifts (n,), NaN where there is none or it is not above 0."""
    if model.redshift_column not in table:
        return np.full(len(table), np.nan)
    redshift = table[model.redshift_column].to_numpy(float)
    return np.where(redshift > 0, redshift, np.nan)


def write_densities(workspace: Workspace, model_id: str, survey_id: str, path: Path) -> int:
    """Write p(z) of a survey by Eq. 22, with ids and point estimates, for ``qp`` and RAIL; returns how many."""
    model, spectra = redshift_model(workspace, model_id), workspace.survey(survey_id).read()
    columns = {"id": spectra.ids, **model.predict_redshift(spectra), "z_spec": spectroscopic(model, spectra.table)}
    write_ensemble(path, model.redshift_grid, model.redshift_pdf(spectra), columns)
    return len(spectra)


def evaluate_redshifts(workspace: Workspace, model_id: str, survey_id: str, unseen: Unseen) -> dict[str, object]:
    """Metrics for ``specvae evaluate``; nothing where the survey has no spectroscopic redshift.

    They cover the objects that the model did not learn from. In the survey that it was trained on, ``unlabelled`` are
    those whose magnitudes were learnt from, but whose redshift was not.
    """
    model, spectra = redshift_model(workspace, model_id), workspace.survey(survey_id).read()
    known = np.isfinite(spectroscopic(model, spectra.table))
    if not known.any():
        return {}
    found = _metrics(model, spectra, known & unseen.mask)
    result: dict[str, object] = {"n_redshift": found.pop("n"), **found}
    if workspace.trained_on(model_id) == survey_id:
        unused = known & model.learnt(spectra.ids) & ~model.labelled(spectra)
        if unused.any():
            result["unlabelled"] = _metrics(model, spectra, unused)
    return result


def _metrics(model: PredictsRedshift, spectra: SpectraSet, mask: np.ndarray) -> dict[str, float]:
    rows = np.flatnonzero(mask)
    starts = range(0, max(len(rows), 1), AT_ONCE)  # densities take far more memory than magnitudes
    return Scores.joined(redshift_scores(model, spectra.take(rows[i : i + AT_ONCE])) for i in starts).metrics()
