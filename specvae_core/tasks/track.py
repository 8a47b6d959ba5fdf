"""Make a track: synthetic spectra along a path through latent space, what is measured on them, and their support."""

from dataclasses import asdict

import numpy as np

from ..analysis.support import Support, nearest_rows
from ..analysis.track_lines import COLUMNS, measure_lines
from ..analysis.track_paths import Points, Way, distances, resampled
from ..analysis.track_space import Space
from ..analysis.tracks import Track
from ..encodings import Encoding
from ..grid import SpectralGrid
from ..results import Kind, Result
from ..workspace import Workspace
from .encode import encode_survey
from .selections import rows_of, selections_of

STEPS = 20
NEAREST = 5


def make_space(workspace: Workspace, model_id: str, survey_id: str) -> Space:
    """Latent space of a survey under a model; the survey is encoded if needed."""
    encoding = _encoding(workspace, model_id, survey_id)
    known = np.isfinite(encoding.latents).all(axis=1)
    survey = workspace.survey(survey_id)
    table = survey.catalogue.take(np.flatnonzero(known)).reset_index(drop=True)
    kept = {
        one.title: np.isin(np.flatnonzero(known), rows_of(one, survey)) for one in selections_of(workspace, survey_id)
    }
    return Space(encoding.latents[known].astype(float), encoding.basis, table, kept)


def make_support(workspace: Workspace, model_id: str, survey_id: str) -> Support:
    """Density of the spectra that the model was trained on; of the survey at hand where those are no longer there."""
    reference = workspace.reference_survey(model_id, survey_id)
    latents = _encoding(workspace, model_id, reference.name).latents
    learnt = workspace.model(model_id).learnt(reference.ids)
    return Support(latents[learnt] if learnt.any() else latents)


def make_track(
    workspace: Workspace,
    model_id: str,
    survey_id: str,
    way: Way,
    *,
    steps: int = STEPS,
    title: str = "track",
    support: Support | None = None,
) -> Track:
    """Walk a path in equal steps, decode and measure.

    Parameters
    ----------
    model_id, survey_id
        Ids.
    way
        The path, see `analysis.track_paths`.
    steps
        Number of spectra.
    title
        Name of the track.
    support
        Result of `make_support`, where it is known already.
    """
    model = workspace.model(model_id)
    space = make_space(workspace, model_id, survey_id)
    path = way.latents(space)
    latents = resampled(path, steps).astype(np.float32)
    support = support or make_support(workspace, model_id, survey_id)
    flux = model.decode(latents)
    rows = nearest_rows(space.values, latents, NEAREST)
    return Track(
        title=title,
        model=model_id,
        survey=survey_id,
        way=_described(way),
        names=_encoding(workspace, model_id, survey_id).component_names(model.name),
        grid=model.grid,
        latents=latents,
        components=space.basis.components(latents),
        position=np.linspace(0.0, distances(path)[-1], steps),
        flux=flux,
        support=support.percentile(latents),
        density=_density(workspace, model_id, survey_id, latents),
        nearest=space.table["id"].to_numpy()[rows].astype(str),
        lines=measure_lines(model.grid, flux),
    )


def keep_track(workspace: Workspace, track: Track) -> str:
    """Keep a track with the workspace; returns its id, made from its title."""
    track_id = workspace.results.reserve(Kind.TRACKS, track.title)
    header = {
        "title": track.title,
        "model": track.model,
        "survey": track.survey,
        "way": dict(track.way),
        "names": list(track.names),
        "grid": track.grid.to_json(),
        "steps": len(track),
    }
    arrays = {name: getattr(track, name) for name in _KEPT} | {f"line_{name}": track.lines[name] for name in COLUMNS}
    workspace.results.save(Kind.TRACKS, track_id, header, arrays)
    return track_id


_KEPT = ("latents", "components", "position", "flux", "support", "density", "nearest")


def kept_track(result: Result) -> Track:
    """The track that `keep_track` kept."""
    header, arrays = result.header, result.arrays
    unknown = {"density": np.full(len(arrays["position"]), np.nan)}  # tracks of version 0.2 have none
    arrays = unknown | arrays
    return Track(
        title=result.title,
        model=header["model"],
        survey=header["survey"],
        way=header["way"],
        names=tuple(header["names"]),
        grid=SpectralGrid(**header["grid"]),
        lines={name: arrays[f"line_{name}"] for name in COLUMNS},
        **{name: arrays[name] for name in _KEPT},
    )


def _density(workspace: Workspace, model_id: str, survey_id: str, latents: np.ndarray) -> np.ndarray:
    """Percentiles (m,) by the density fitted to the survey that the model was trained on; NaN where there is none."""
    reference = workspace.reference_survey(model_id, survey_id).name
    found = workspace.results.find(Kind.DENSITIES, model=model_id, survey=reference)
    if found is None:
        return np.full(len(latents), np.nan)
    from ..models.density import LatentDensity  # the first page needs no PyTorch

    return LatentDensity.from_arrays(found.arrays).percentile(latents)


def _encoding(workspace: Workspace, model_id: str, survey_id: str) -> Encoding:
    return workspace.encoding(model_id, survey_id) or encode_survey(workspace, model_id, survey_id)


def _described(way: Way) -> dict[str, object]:
    described = asdict(way) | {"kind": type(way).__name__.lower()}
    if isinstance(way, Points):
        described["path"] = np.asarray(way.path, dtype=float).tolist()
    return {name: list(value) if isinstance(value, tuple) else value for name, value in described.items()}
