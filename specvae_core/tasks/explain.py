"""Explain a selection: how its spectra and catalogue differ from others, and whether the difference is real."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..analysis.contrast import Contrast, MedianSpectrum, median_spectrum
from ..analysis.explain import Verdict, compare_table, is_circumstance, judge
from ..analysis.spectral_features import Feature, spectral_features
from ..atomic import without_nan
from ..data.spectra import SpectraSet
from ..data.survey import Survey
from ..data.survey_files import ROWS_PER_CHUNK
from ..encodings import Encoding
from ..errors import BadConfig
from ..progress import Progress, Report
from ..results import Kind
from ..workspace import Workspace
from .outlier_table import encoded
from .select import choose

MOST_SPECTRA = 1500
"""Objects of each group whose spectra are read."""

MOST_CHUNKS = 48
"""Chunks of a large survey that are read: those drawn at random, less those without a member."""

MOST_OBJECTS = 20_000
"""Objects of each group whose catalogue is compared, drawn at random."""

FEWEST = 3
"""Objects that can be compared at least."""

SHOWN = 12
"""Typical, and extreme, members that are named."""

AT_ONCE = 2**16
"""Latents that are compared at a time: they stay in the cache of a processor."""

DIFFERS = 0.05
"""False-discovery rate up to which a line is listed."""


def explain(
    workspace: Workspace, report: Report, folder: Path, *, model: str, survey: str, a: str, b: str = "", seed: int = 0
) -> str:
    """Explain how the objects A differ from B; returns the result's id.

    Parameters
    ----------
    workspace
        Holds model and survey; gets the result of kind ``explanations``: header ``model, survey, a, b, n_a, n_b,
        n_read, real, cause, sentence, lines, continuum, columns, suspects, typical, extreme``; arrays ``median_a,
        low_a, high_a`` and those of B (n_pixel,), ``sigma`` (n_pixel,) the difference in standard errors, ``centre_a,
        centre_b`` (n_latent,) and their ``decoded_a, decoded_b`` (n_pixel,).
    a, b
        What `choose` takes; without B, all other objects. Objects in both are left out of B.
    seed
        Seed of the samples.

    Raises
    ------
    BadConfig
        A group has fewer than `FEWEST` objects.
    """
    data, random = workspace.survey(survey), np.random.default_rng(seed)
    encoding = encoded(workspace, model, survey, report)
    groups = _groups(workspace, survey, a, b, model)
    report(Progress(0.3, "reading spectra"))
    sample = _sample(data, encoding, groups, random)
    report(Progress(0.6, "comparing"))
    circumstances = sample.spectra.table[[name for name in sample.spectra.table if is_circumstance(str(name))]]
    verdict = judge(sample.values(), circumstances, *sample.groups, random)
    described = _described(verdict, sample.features)
    thinned = _thinned(groups, random)
    columns = compare_table(data.table.drop(columns=["id", "source"], errors="ignore"), *thinned)
    centres = _centres(encoding, thinned)
    asked = {"model": model, "survey": survey, "a": a, "b": b}
    header = {
        **asked,
        "n_a": len(groups[0]),
        "n_b": len(groups[1]),
        "n_read": [len(rows) for rows in sample.groups],
        "real": verdict.real,
        "cause": verdict.cause,
        "sentence": verdict.sentence,
        **described,
        "columns": [{"name": one.name, "effect": one.effect, "q": rate} for one, rate in columns],
        "suspects": [vars(one) for one in verdict.suspects],
        **_members(encoding, data, groups[0], centres),
    }
    arrays = _medians(sample) | _direction(workspace, model, centres)
    result_id = workspace.results.reserve(Kind.EXPLANATIONS, "explanation", asked)
    workspace.results.save(Kind.EXPLANATIONS, result_id, without_nan(header), arrays)
    return result_id


Groups = tuple[np.ndarray, np.ndarray]
"""Rising rows of A and of B."""


def _groups(workspace: Workspace, survey: str, a: str, b: str, model: str) -> Groups:
    rows_a = choose(workspace, survey, a, model).rows
    in_b = np.full(workspace.survey(survey).n, not b)
    if b:
        in_b[choose(workspace, survey, b, model).rows] = True
    in_b[rows_a] = False
    rows_b = np.flatnonzero(in_b).astype(np.int32)
    for rows, name in ((rows_a, f"A, {a},"), (rows_b, f"B, {b or 'all others'},")):
        if len(rows) < FEWEST:
            raise BadConfig(f"{name} has {len(rows)} objects, and at least {FEWEST} can be compared: widen it.")
    return rows_a, rows_b


@dataclass(frozen=True, eq=False)
class _Sample:
    """Objects of both groups whose spectra were read; ``groups`` are rows of these spectra."""

    spectra: SpectraSet
    latents: np.ndarray
    features: list[Feature]
    groups: Groups

    def values(self) -> dict[str, np.ndarray]:
        """All that is compared."""
        latents = {f"latent {i + 1}": column for i, column in enumerate(self.latents.T)}
        return {feature.label: feature.values for feature in self.features} | latents


def _sample(data: Survey, encoding: Encoding, groups: Groups, random: np.random.Generator) -> _Sample:
    near = _in_few_chunks(data.n, groups, random)
    rows = np.concatenate([random.permutation(group)[:MOST_SPECTRA] for group in near])
    rows = np.sort(rows)
    spectra = data.read(rows)
    places = tuple(np.flatnonzero(np.isin(rows, group)) for group in groups)
    return _Sample(spectra, encoding.latents[rows], spectral_features(spectra), places)


def _in_few_chunks(n: int, groups: Groups, random: np.random.Generator) -> Groups:
    """Members of the groups that lie in so few chunks that these are read in a moment; half the chunks for each."""
    if n <= MOST_CHUNKS * ROWS_PER_CHUNK:
        return groups
    chosen = np.zeros(0, dtype=int)
    for group in groups:
        chunks = random.permutation(np.flatnonzero(np.bincount(group // ROWS_PER_CHUNK)))
        chosen = np.union1d(chosen, chunks[: MOST_CHUNKS // 2])
    is_chosen = np.zeros(n // ROWS_PER_CHUNK + 1, dtype=bool)
    is_chosen[chosen] = True
    return tuple(group[is_chosen[group // ROWS_PER_CHUNK]] for group in groups)


def _thinned(groups: Groups, random: np.random.Generator) -> Groups:
    return tuple(np.sort(random.choice(group, min(MOST_OBJECTS, len(group)), replace=False)) for group in groups)


def _described(verdict: Verdict, features: list[Feature]) -> dict[str, list[dict[str, object]]]:
    """Lines and stretches of continuum that differ, the most significant first."""
    known = {feature.label: feature for feature in features}
    found: dict[str, list[dict[str, object]]] = {"lines": [], "continuum": []}
    for one, rate in verdict.features:
        if one.name in known and rate <= DIFFERS:
            feature = known[one.name]
            found["continuum" if feature.kind == "continuum" else "lines"].append(_row(one, rate, feature))
    return found


def _row(one: Contrast, rate: float, feature: Feature) -> dict[str, object]:
    return {
        "name": one.name,
        "difference": one.difference,
        "sigma": one.sigma,
        "q": rate,
        "effect": one.effect,
        "unit": feature.unit,
        "wavelength": feature.wavelength,
        "median_a": one.median_a,
        "median_b": one.median_b,
    }


def _medians(sample: _Sample) -> dict[str, np.ndarray]:
    flux = np.where(sample.spectra.seen, sample.spectra.flux, np.nan)
    medians: dict[str, MedianSpectrum] = {
        name: median_spectrum(flux[rows]) for name, rows in zip("ab", sample.groups, strict=True)
    }
    arrays = {
        f"{part}_{name}": getattr(one, part) for name, one in medians.items() for part in ("median", "low", "high")
    }
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma = (medians["a"].median - medians["b"].median) / np.hypot(medians["a"].sigma, medians["b"].sigma)
    arrays["sigma"] = np.where(np.isfinite(sigma), sigma, np.nan)
    return {name: values.astype(np.float32) for name, values in arrays.items()}


def _centres(encoding: Encoding, groups: Groups) -> np.ndarray:
    """Median latents of the groups, (2, n_latent) float32; of an embedding, some objects may lack theirs."""
    return np.stack([np.nanmedian(encoding.latents[rows], axis=0) for rows in groups]).astype(np.float32)


def _direction(workspace: Workspace, model: str, centres: np.ndarray) -> dict[str, np.ndarray]:
    """Centres of the groups, and their spectra."""
    decoded = workspace.model(model).decode(centres)
    named = {"centre_a": centres[0], "centre_b": centres[1]}
    return named | {"decoded_a": decoded[0], "decoded_b": decoded[1]}


def _members(encoding: Encoding, data: Survey, rows: np.ndarray, centres: np.ndarray) -> dict[str, list[str]]:
    """Ids of the members of A nearest to its centre, and of those farthest along the direction from B to A."""
    far, along = np.empty(len(rows)), np.empty(len(rows))
    step = max(AT_ONCE // encoding.latents.shape[1], 1)
    for first in range(0, len(rows), step):
        some = encoding.latents[rows[first : first + step]]
        far[first : first + step] = np.square(some - centres[0]).sum(axis=1)
        along[first : first + step] = some @ (centres[0] - centres[1])
    chosen = {"typical": _smallest(far), "extreme": _smallest(-along)}
    return {name: data.index.ids_of(rows[places]) for name, places in chosen.items()}


def _smallest(values: np.ndarray) -> np.ndarray:
    """Places of the smallest of some values (n,), `SHOWN` at most; NaN comes last."""
    few = np.argpartition(values, min(SHOWN, len(values) - 1))[:SHOWN]
    return few[np.argsort(values[few])]
