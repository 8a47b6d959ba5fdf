"""Redshifts by reconstruction, and leaks of window and noise into latents."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..analysis.leak import leak
from ..analysis.redshift import RedshiftFinder
from ..analysis.redshift_fit import RedshiftFit, summarise
from ..atomic import without_nan
from ..data.survey import Survey
from ..data.survey_files import ROWS_PER_CHUNK
from ..errors import BadConfig, Cancelled
from ..job import remembered
from ..models import require_encoder
from ..progress import Progress, Report, ignore, sub_report
from ..results import Kind, Result
from ..workspace import Workspace
from .outlier_table import encoded
from .prior import latent_prior

COLUMNS = ("z", "z_error", "z_catalogue", "chi2", "second_z", "second_chi2", "n_pixel", "covered")
EXAMPLE_BLOCKS = 8
MOST_OTHERS = 20_000
"""Objects at most among which `measure_leak` asks what is foreign."""

BATCH = 64


def redshift(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    model: str,
    survey: str,
    ids: Sequence[str] = (),
    z_range: Sequence[float] | None = None,
    prior: str = "gaussian",
    device: str = "auto",
) -> str:
    """Find the redshift of objects under a model and keep them; returns the result's id.

    Redshifts found before a stop are kept, and the same job goes on from there.

    Parameters
    ----------
    report
        Progress callback, called for each object.
    folder
        The job's own folder.
    ids
        Ids of the objects; all of the survey by default.
    z_range
        Lowest and highest trial redshift; by default as far as the spectra reach.
    prior
        Of the latents of a model that is not linear: ``gaussian`` or ``density``; see `latent_prior`.
    device
        ``auto``, ``cpu`` or ``cuda``, where the model computes; the sums over trial redshifts are the processor's.
    """
    spectra = workspace.survey(survey)
    rows = spectra.rows_of(ids) if ids else np.arange(spectra.n)
    limits = _limits(z_range)
    report(Progress(0.0, f"reading survey {survey}"))
    finder = redshift_finder(workspace, model, survey, prior, sub_report(report, 0.0, 0.0, survey), device)
    name = f"{model}-{survey}"
    result_id = remembered(folder, "redshifts", lambda: workspace.results.reserve(Kind.REDSHIFTS, name))
    done = _kept(workspace, result_id)
    try:
        for start in range(len(done), len(rows), BATCH):
            batch = spectra.read(rows[start : start + BATCH])
            for row, fit in enumerate(finder.find(batch, limits)):
                done.append(_line(batch.table.iloc[row].get("z", np.nan), fit))
                report(Progress(len(done) / len(rows), f"redshift of {len(done):,} of {len(rows):,} spectra"))
    except Cancelled:
        _keep(workspace, result_id, model, survey, spectra, rows, done)
        raise
    _keep(workspace, result_id, model, survey, spectra, rows, done)
    return result_id


def measure_leak(
    workspace: Workspace, report: Report, folder: Path, *, model: str, survey: str, n: int = 400, seed: int = 0
) -> str:
    """Observe spectra once more in other windows, with other noise and cut at either end; returns the result's id.

    Parameters
    ----------
    workspace
        Holds model and survey, gets the result: header ``model, survey, n, seed``, ``rows`` with a `LatentLeak` each,
        ``cuts`` with a `CutLeak` each, and ``foreign``, the share of whole spectra that are.
    n
        Number of spectra, drawn at random.
    seed
        Seed of all random numbers.
    """
    if n < 2:
        raise BadConfig(f"{n} spectra were asked for: at least 2 are needed to exchange redshifts.")
    network, stored = workspace.model(model), workspace.survey(survey)
    require_encoder(network)
    random = np.random.default_rng(seed)
    rows = np.sort(random.choice(stored.n, min(n, stored.n), replace=False))
    rest = np.setdiff1d(np.arange(stored.n), rows)
    others = np.sort(random.permutation(rest)[:MOST_OTHERS])
    latents = encoded(workspace, model, survey, report).latents[others]
    found = leak(network, stored.read(rows), random, latents[np.isfinite(latents).all(axis=1)], report=report)
    asked = {"model": model, "survey": survey, "n": len(rows), "seed": seed}
    result_id = workspace.results.reserve(Kind.LEAKS, f"{model}-{survey}", asked)
    cuts = [dataclasses.asdict(cut) for cut in found.cuts]
    header = {**asked, "rows": [dataclasses.asdict(row) for row in found.latents], "cuts": cuts}
    workspace.results.save(Kind.LEAKS, result_id, without_nan({**header, "foreign": found.foreign}))
    return result_id


def redshift_finder(
    workspace: Workspace,
    model_id: str,
    survey_id: str,
    prior: str = "gaussian",
    report: Report = ignore,
    device: str = "cpu",
) -> RedshiftFinder:
    """Finder of redshifts under a model on a device.

    Its typical spectra come from what the model was trained on, or from ``survey_id`` where that is gone; the objects
    that were kept out of the training are left out, so that their redshifts can be compared with the catalogue.
    """
    model = workspace.model(model_id).on(device)
    require_encoder(model)
    survey = workspace.reference_survey(model_id, survey_id)
    starts = np.unique(np.linspace(0, max(survey.n - ROWS_PER_CHUNK, 0), EXAMPLE_BLOCKS).astype(int))
    rows = np.unique(np.concatenate([np.arange(start, min(start + ROWS_PER_CHUNK, survey.n)) for start in starts]))
    learnt = rows[model.learnt(survey.ids[rows])]
    flow = latent_prior(workspace, model_id, survey, prior, report) if prior != "gaussian" else None
    return RedshiftFinder(model, model.encode(survey.read(learnt if len(learnt) else rows)), prior=flow)


def redshift_rows(result: Result) -> list[dict[str, object]]:
    """The objects of a kept result: ``id`` and `COLUMNS` by name."""
    ids, values = result.arrays["id"], result.arrays["values"]
    lines = (dict(zip(COLUMNS, line, strict=True)) for line in values.tolist())
    return [{"id": str(id_), **line, "n_pixel": int(line["n_pixel"])} for id_, line in zip(ids, lines, strict=True)]


def _limits(z_range: Sequence[float] | None) -> tuple[float, float] | None:
    if z_range is None:
        return None
    low, high = z_range
    if not -1 < low < high:
        raise BadConfig(f"The redshift range {low:g}:{high:g} is none: give a lower and a higher one, as in 0:0.5.")
    return low, high


def _line(z_catalogue: float, fit: RedshiftFit | None) -> list[float]:
    if fit is None:
        return [np.nan, np.nan, float(z_catalogue), *[np.nan] * 3, 0, np.nan]
    return [float(z_catalogue) if name == "z_catalogue" else getattr(fit, name) for name in COLUMNS]


def _kept(workspace: Workspace, result_id: str) -> list[list[float]]:
    if not workspace.results.exists(Kind.REDSHIFTS, result_id):
        return []
    return workspace.results.load(Kind.REDSHIFTS, result_id).arrays["values"].tolist()


def _keep(
    workspace: Workspace, result_id: str, model: str, survey: str, spectra: Survey, rows: np.ndarray, done: list
) -> None:
    values = np.array(done, dtype=float).reshape(-1, len(COLUMNS))
    ids = spectra.ids[rows[: len(values)]]
    z, catalogue = values[:, COLUMNS.index("z")], values[:, COLUMNS.index("z_catalogue")]
    header = {"model": model, "survey": survey, **dataclasses.asdict(summarise(z, catalogue))}
    workspace.results.save(Kind.REDSHIFTS, result_id, without_nan(header), {"id": ids, "values": values})
