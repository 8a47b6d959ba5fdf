"""Redshifts and latents of a survey's objects, fitted to the pixels of the files that they came from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import Cancelled, Refused, UserError
from ..job import remembered
from ..progress import Progress, Report
from ..results import Kind, Result
from ..workspace import Workspace
from .fit_files import PixelFitter, RowOfFit, row_of_fit
from .raw_files import raw_spectra

NUMBERS = ("z", "z_error", "z_file", "amplitude", "chi2_per_pixel", "n_pixel", "inflation")
"""Columns of the array ``values``, in this order."""


def fit_raw(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    model: str,
    survey: str,
    ids: Sequence[str] = (),
    redshift_range: Sequence[float] | None = None,
    resolution: float | None = None,
    prior: str = "gaussian",
) -> str:
    """Fit objects to their raw pixels; returns the id of a result of kind ``rawfits``.

    What was fitted before a stop is kept, and the same job goes on from there.

    Parameters
    ----------
    workspace
        Holds model and survey; gets the result: header ``model, survey, object`` (the id, where there is but one),
        ``n, n_failed``; arrays ``id`` (n,), ``values`` (n, 7) of `NUMBERS`, ``latents`` and ``latent_errors`` (n, k),
        and ``error`` (n,), the reason where an object could not be fitted.
    ids
        Ids of the objects; all of the survey by default.
    redshift_range, resolution, prior
        As those of `PixelFitter`; by default searches start at the redshift of the survey.
    """
    stored = workspace.survey(survey)
    rows = stored.rows_of(ids) if ids else np.arange(stored.n)
    header = {"model": model, "survey": survey, "object": str(ids[0]) if len(ids) == 1 else None}
    name = f"{model}-{survey}"
    like = header if header["object"] else None
    result_id = remembered(folder, "rawfits", lambda: workspace.results.reserve(Kind.RAW_FITS, name, like))
    resumed = workspace.results.exists(Kind.RAW_FITS, result_id) and not header["object"]
    done = {row["id"]: row for row in fit_rows(workspace.results.load(Kind.RAW_FITS, result_id))} if resumed else {}
    limits = None if redshift_range is None else (float(redshift_range[0]), float(redshift_range[1]))
    try:
        report(Progress(0.0, "reading latents"))
        fitter = PixelFitter(workspace, model, survey, limits, resolution, prior)
        todo = [row for row in rows if str(stored.ids[row]) not in done]
        for row, item in raw_spectra(stored, todo):
            done[str(stored.ids[row])] = _fitted(str(stored.ids[row]), fitter, item)
            report(Progress(len(done) / len(rows), f"fitted {len(done):,} of {len(rows):,} objects"))
    except Cancelled:
        _keep(workspace, result_id, header, list(done.values()))
        raise
    _keep(workspace, result_id, header, [done[str(stored.ids[row])] for row in rows])
    return result_id


def fit_rows(result: Result) -> list[RowOfFit]:
    """The objects of a result of kind ``rawfits``, as `fit_files` yields them."""
    arrays, found = result.arrays, []
    for number, name in enumerate(arrays["id"]):
        if arrays["error"][number]:
            found.append({"id": str(name), "error": str(arrays["error"][number])})
            continue
        values = (float(value) if np.isfinite(value) else None for value in arrays["values"][number])
        row: RowOfFit = {"id": str(name), **dict(zip(NUMBERS, values, strict=True))}
        row |= {key: arrays[key][number].tolist() for key in ("latents", "latent_errors")}
        found.append(row | {"n_pixel": int(arrays["values"][number, NUMBERS.index("n_pixel")])})
    return found


def _fitted(name: str, fitter: PixelFitter, item) -> RowOfFit:
    try:
        if isinstance(item, Exception):
            raise item
        return row_of_fit(item, fitter.fit(item)) | {"id": name}
    except (UserError, Refused) as error:
        return {"id": name, "error": str(error)}


def _keep(workspace: Workspace, result_id: str, header: dict[str, object], rows: list[RowOfFit]) -> None:
    if not rows:
        return
    k = workspace.model(str(header["model"])).n_latent
    unknown = [float("nan")] * k
    arrays = {
        "id": np.array([row["id"] for row in rows]),
        "error": np.array([row.get("error", "") for row in rows]),
        "values": np.array([[row.get(key) for key in NUMBERS] for row in rows], dtype=float),
        "latents": np.array([row.get("latents", unknown) for row in rows], dtype=float),
        "latent_errors": np.array([row.get("latent_errors", unknown) for row in rows], dtype=float),
    }
    counts = {"n": len(rows), "n_failed": int((arrays["error"] != "").sum())}
    workspace.results.save(Kind.RAW_FITS, result_id, header | counts, arrays)
