"""Damage to the files of a workspace, and what a program then makes of it."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np
from survey_of_slopes import write_survey

from specvae_core.errors import UserError
from specvae_core.jobs import JobRunner
from specvae_core.models import PCA
from specvae_core.models.abilities import Ability
from specvae_core.models.embedding import Embedding
from specvae_core.results import Kind
from specvae_core.tasks.encode import encode_survey
from specvae_core.tasks.selections import keep_selection
from specvae_core.workspace import Workspace

Rng = np.random.Generator

SURVEYS, MODELS = ("slopes", "other"), ("pca-1", "pca-2", "vectors")
RESULTS = (
    *((Kind.TRACKS, "track-1"), (Kind.TRACKS, "track-2")),
    *((Kind.SELECTIONS, "blue"), (Kind.DENSITIES, "density")),
)
ANNOTATED = tuple(f"s-{number:03d}" for number in range(0, 300, 20))

REFUSED = "refused"
"""In the place of a value that cannot be read, in a sentence or because it is listed as damaged."""


def make_workspace(folder: Path) -> Workspace:
    """Two surveys, two models, an embedding, encodings, results of three kinds, annotations and an ended job."""
    workspace = Workspace.open(folder)
    for name, n in (("slopes", 300), ("other", 40)):
        write_survey(workspace, name, n=n)
    for number, survey in ((1, "slopes"), (2, "other")):
        spectra = workspace.survey(survey).read()
        model = PCA(spectra.grid, PCA.Config(n_latent=2)).fit(spectra)
        workspace.save_model(model, f"pca-{number}", survey_id=survey, seconds=1.0, seed=0)
        encode_survey(workspace, f"pca-{number}", survey)
        workspace.results.save(
            Kind.TRACKS, f"track-{number}", {"of": survey}, {"x": spectra.flux[:5], "y": np.arange(5)}
        )
    _add_what_people_made(workspace)
    runner = JobRunner(folder / "jobs")
    runner.submit("a job", lambda report, folder: "done", task="t", arguments={"x": 3})
    runner.shutdown()
    return workspace


def _add_what_people_made(workspace: Workspace) -> None:
    """An embedding, a selection, a density and annotations of *slopes*."""
    survey, rng = workspace.survey("slopes"), np.random.default_rng(0)
    vectors = Embedding.of(survey.grid, survey.ids, rng.normal(size=(survey.n, 6)).astype(np.float32), "vectors.npy")
    workspace.save_model(vectors.fit(survey.read()), "vectors", survey_id="slopes", seconds=1.0, seed=0)
    keep_selection(workspace, "slopes", "blue", np.arange(0, 300, 7))
    workspace.results.save(Kind.DENSITIES, "density", {"survey": "slopes"}, {"log_density": rng.normal(size=300)})
    for number, name in enumerate(ANNOTATED):
        workspace.annotations.change("slopes", name, "a session", mark=number % 6, note=f"note {number}")
    workspace.annotations.change("slopes", ANNOTATED[0], "a session", tags=("odd",))
    workspace.annotations.undo("a session")


def probe(folder: Path) -> dict[str, str]:
    """What can be read of a workspace: a hash of each value, or `REFUSED`. Other errors come through."""
    workspace = Workspace.open(folder)
    found = _surveys(workspace) | _models(workspace) | _results(workspace) | _annotations(workspace)
    runner = JobRunner(folder / "jobs")
    try:
        jobs = [(job.id, job.title, job.state, job.result, job.arguments) for job in runner.jobs()]
        found["job"] = _hash(jobs) if jobs else REFUSED
    finally:
        runner.shutdown()
    return found


def _surveys(workspace: Workspace) -> dict[str, str]:
    found = {}
    listed = {one.id for one in workspace.surveys()} | {one.id for one in workspace.damaged() if one.kind == "survey"}
    for name in SURVEYS:
        for part, start in product(("flux", "ivar", "infilled"), (0, 256)):
            rows = slice(start, start + 44)
            found[f"survey {name} {part} {start}"] = _read(
                lambda name, rows, part: getattr(workspace.survey(name).read(rows), part), name, rows, part
            )
        found[f"survey {name} catalogue"] = _read(lambda name: workspace.survey(name).table.to_csv(), name)
        found[f"survey {name} header"] = _read(lambda name: workspace.survey_summary(name).header, name)
        found[f"survey {name} seen"] = str(name in listed)
    return found


def _models(workspace: Workspace) -> dict[str, str]:
    found = {}
    listed = {one.id for one in workspace.models()} | {one.id for one in workspace.damaged() if one.kind == "model"}
    for model in MODELS:
        found[f"model {model} header"] = _read(lambda name: workspace.model_summary(name).header, model)
        found[f"model {model} weights"] = _read(lambda name: _weights(workspace, name), model)
        found[f"model {model} seen"] = str(model in listed)
    for model, survey in zip(MODELS, SURVEYS, strict=False):
        encoding = workspace.encoding(model, survey)  # a damaged one counts as not computed
        found[f"encoding {model}"] = REFUSED if encoding is None else _hash(list(vars(encoding).values())[:5])
    return found


def _results(workspace: Workspace) -> dict[str, str]:
    found, damaged = {}, {name for _, name in workspace.results.damaged()}
    for kind, name in RESULTS:
        seen = {one.id for one in workspace.results.list(kind)} | damaged
        found[f"result {name} seen"] = str(name in seen)
        found[f"result {name} header"] = _read(lambda kind, name: workspace.results.load(kind, name).header, kind, name)
        found[f"result {name} arrays"] = _read(
            lambda kind, name: list(workspace.results.load(kind, name).arrays.items()), kind, name
        )
    return found


def _annotations(workspace: Workspace) -> dict[str, str]:
    try:
        damaged = {name for _, name in workspace.annotations.damaged()}
        kept = workspace.annotations.of("slopes")
    except UserError:
        return dict.fromkeys((f"annotation {name}" for name in ANNOTATED), REFUSED)
    return {f"annotation {name}": REFUSED if name in damaged else _hash(repr(kept.get(name))) for name in ANNOTATED}


def _weights(workspace: Workspace, name: str) -> list[np.ndarray]:
    model = workspace.model(name)
    weights = [array.numpy() for array in model.state_dict().values()]
    if Ability.LOOKS_UP in model.abilities:  # its vectors are read, and checked, by object
        weights.append(model.vectors_of(np.array(model.vector_ids.to_pylist(), dtype=object)))
    return weights


def _read(value: Callable[..., object], *arguments: object) -> str:
    try:
        return _hash(value(*arguments))
    except UserError:
        return REFUSED


def _hash(value: object) -> str:
    digest = hashlib.sha256()

    def add(part: object) -> None:
        if isinstance(part, list | tuple):
            for one in part:
                add(one)
        elif isinstance(part, np.ndarray):
            digest.update(f"{part.dtype} {part.shape}".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        elif isinstance(part, dict):
            digest.update(json.dumps(part, sort_keys=True, default=str).encode())
        else:
            digest.update(repr(part).encode())

    add(value)
    return digest.hexdigest()[:16]


WAYS = (*("flip",) * 3, "cut", "zero", "noise", "remove", "double", "empty", "gone", "folder", "link")

PLACES = (
    *("surveys/slopes", "models/pca-1", "models/vectors", "encodings/pca-1", "results/tracks/track-1"),
    *("results/selections/blue", "results/densities/density", "labels.sqlite", "jobs"),
)
"""What is damaged; all else has to stay as it was."""

CONCERNED = {
    "surveys/slopes": ("survey slopes", "encoding pca-1"),
    "models/pca-1": ("model pca-1", "encoding pca-1"),
    "encodings/pca-1": ("encoding pca-1",),
    "models/vectors": ("model vectors",),
    "results/tracks/track-1": ("result track-1",),
    "results/selections/blue": ("result blue",),
    "results/densities/density": ("result density",),
    "labels.sqlite": ("annotation",),
    "jobs": ("job",),
}
"""What may be refused after damage to a place."""


def damage(rng: Rng, folder: Path) -> tuple[str, str]:
    """Damage one file of a workspace; returns the place and what was done."""
    place = PLACES[rng.integers(len(PLACES))]
    inside = [folder / place, *(folder / place).rglob("*")]
    files = sorted(path for path in inside if path.is_file() and ".locks" not in path.parts)
    path = files[rng.integers(len(files))]
    content, n = bytearray(path.read_bytes()), max(1, path.stat().st_size)
    start, length = int(rng.integers(n)), int(rng.integers(1, 200))
    way = str(rng.choice(WAYS))
    if way == "flip":
        for at in rng.integers(len(content) or 1, size=int(rng.integers(1, 4))) if content else ():
            content[at] ^= 1 << int(rng.integers(8))
    elif way == "cut":
        del content[start:]
    elif way == "zero":
        content[start : start + length] = bytes(len(content[start : start + length]))
    elif way == "noise":
        content[start : start + length] = rng.bytes(len(content[start : start + length]))
    elif way == "remove":
        del content[start : start + length]
    elif way == "double":
        content[start:start] = content[start : start + length]
    elif way == "empty":
        content.clear()
    if way in ("gone", "folder", "link"):
        path.unlink()
        {"gone": lambda: None, "folder": path.mkdir, "link": lambda: path.symlink_to("nowhere")}[way]()
    else:
        path.write_bytes(content)
    return place, f"{way} of {path.relative_to(folder)} at {start}"


@dataclass
class Verdict:
    """What became of damages: counts, and the worst ones in words."""

    tried: int = 0
    refused: int = 0
    lost: list[str] = field(default_factory=list)


def judge(before: dict[str, str], after: dict[str, str], place: str, what: str, verdict: Verdict) -> None:
    """Compare what can be read before and after damage to a place."""
    verdict.tried += 1
    verdict.refused += REFUSED in after.values()
    for name, value in before.items():
        allowed = after[name] == REFUSED and name.startswith(CONCERNED[place])
        if after[name] != value and not allowed:
            verdict.lost.append(f"{what}: {name} is {'gone' if after[name] == REFUSED else 'another one'}")


def attack(sound: Path, folder: Path, rng: Rng, before: dict[str, str], verdict: Verdict) -> None:
    """Damage a copy of a workspace and look at what is left."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sound, folder, symlinks=True)
    place, what = damage(rng, folder)
    try:
        after = probe(folder)
    except Exception as error:
        raise AssertionError(f"{what} ends in {type(error).__name__}: {error}") from error
    judge(before, after, place, what, verdict)
