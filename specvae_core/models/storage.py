"""Models on disk: a JSON header, the weights as plain tensors, and the ids of the objects of each part of its survey.

Nothing is unpickled: the model is rebuilt from the header and then filled, strictly.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from .. import __version__
from ..atomic import has_checksum, read_json, write_json
from ..data.split import Part
from ..errors import BadConfig, NewerFormat, NotFound, NotWritable, UserError, disk_error
from ..folders import replacing
from ..grid import SpectralGrid, grid_from_json
from ..locks import FolderLock
from .config import config_from_mapping
from .tensors import save_tensors

if TYPE_CHECKING:
    from .base import LatentModel

FORMAT = 1
CHECKSUMS = "sha256"
HEADER, WEIGHTS = "model.json", "weights.safetensors"
IDS = {part: f"{part}_ids.txt" for part in Part}
"""Files of the ids of each part, one a line; version 0.1 wrote that of the validation part alone."""


def save_model(
    model: "LatentModel", folder: Path, *, survey_id: str, seconds: float, epochs: int, seed: int = 0
) -> None:
    """Write a model into a folder of its own, all of it or nothing; an older model of that name is replaced.

    Parameters
    ----------
    model
        A fitted model.
    folder
        Folder to make; so is its parent where missing.
    survey_id
        Name of the survey that the model was trained on.
    seconds
        Duration of the training.
    epochs
        Epochs of the training.
    seed
        Seed of the training.

    Raises
    ------
    NotWritable
        When the folder cannot be made.
    """
    header = {
        "format": FORMAT,
        **_described(model),
        "n_latent": model.n_latent,
        "package_version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "uid": uuid4().hex,
        "survey_id": survey_id,
        "seed": seed,
        **({"inputs": model.described_columns} if model.described_columns else {}),
        "started_from": model.started_from,
        "seconds": round(float(seconds), 3),
        "epochs": int(epochs),
        **({} if model.borrowed is None else {"borrowed": _described(model.borrowed)}),
        **{f"n_{part}": len(ids) for part, ids in model.part_ids.items()},
        "validation_loss": min((epoch["validation/loss"] for epoch in model.history), default=None),
        "history": model.history,
    }
    folder = Path(folder)
    try:
        with replacing(folder) as new:
            tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
            save_tensors(tensors, new / WEIGHTS)
            for part, ids in model.part_ids.items():
                (new / IDS[part]).write_text("".join(f"{id_}\n" for id_ in ids), encoding="utf-8")
            model.write_files(new)
            header[CHECKSUMS] = _checksums(new)
            write_json(new / HEADER, header, allow_nan=True)  # a loss may be infinite
    except OSError as error:
        raise disk_error(error) or NotWritable(
            f"The model cannot be written to {folder} ({error}): choose a folder that you may write to."
        ) from error


def _described(model: "LatentModel") -> dict[str, object]:
    """What `_built` needs."""
    return {
        "model": model.name,
        "grid": model.grid.to_json(),
        "config": model.config.to_json(),
        "flux_scale": model.flux_scale,
    }


def load_model(folder: Path) -> "LatentModel":
    """Read a model written by `save_model`.

    Raises
    ------
    NotFound
        When there is no model in the folder.
    NewerFormat
        When a newer version of the program wrote it.
    UserError
        When it is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    folder = Path(folder)
    header = read_header(folder)
    known = header.get(CHECKSUMS, {})
    try:
        model = _built(header, folder)
        later = {name for name, sums in model.CHECKED_AS_READ.items() if sums in known}
        check_files(folder, {name: checksum for name, checksum in known.items() if name not in later})
        if "borrowed" in header:
            model.borrow(_built(header["borrowed"], folder))
        model.load_state_dict(load_file(folder / WEIGHTS), strict=True)
        model.part_ids = _part_ids(folder)
        model.read_files(folder)
    except (OSError, SafetensorError, RuntimeError, KeyError, TypeError, BadConfig) as error:
        raise _damaged(folder, str(error).splitlines()[0]) from error
    model.history = list(header["history"])
    return model.eval()


def check_files(folder: Path, known: Mapping[str, str] | None = None) -> None:
    """Raise `UserError` where a file of a model is not as it was written.

    Parameters
    ----------
    known
        Checksums by name; those of all files, from the header, by default.
    """
    for name, checksum in (read_header(folder).get(CHECKSUMS, {}) if known is None else known).items():
        if not (folder / name).is_file():
            raise _damaged(folder, f"{name} is missing")
        if _checksum(folder / name) != checksum:
            raise _damaged(folder, f"{name} is not as it was written")


def _built(described: Mapping, folder: Path) -> "LatentModel":
    """The model that a header describes, with weights yet to be filled."""
    from .registry import KEPT

    if described["model"] not in KEPT:
        raise NewerFormat(
            f"{folder} holds a model of the kind {described['model']!r}, and this version knows {', '.join(KEPT)}: "
            "update SpecVAE."
        )
    model_class = KEPT[described["model"]]
    grid = grid_from_json(described["grid"])
    model = model_class(grid, config_from_mapping(model_class.Config, described["config"]))
    model.flux_scale = described.get("flux_scale", "seen" if isinstance(grid, SpectralGrid) else "none")
    return model


def read_header(folder: Path) -> dict:
    """The header of a model, without its weights.

    Returns
    -------
    header
        ``format, model, grid, config, package_version, created, survey_id, seed, seconds, epochs, n_validation,
        validation_loss, history``; ``inputs`` where columns stand beside the spectra; ``flux_scale`` since version 0.2;
        ``n_training`` and ``n_test`` since version 0.3.

    Raises
    ------
    NotFound, NewerFormat, UserError
        As `load_model` does.
    """
    path = Path(folder) / HEADER
    try:
        header = read_json(path)
    except FileNotFoundError:
        raise NotFound(f"There is no model at {folder}: a model is a folder with a file {HEADER}.") from None
    except (OSError, ValueError) as error:
        raise _damaged(folder, str(error)) from error
    if not isinstance(header.get("format"), int):
        raise _damaged(folder, f"{HEADER} has no format number")
    if header["format"] > FORMAT:
        raise NewerFormat(
            f"The model at {folder} was written in format {header['format']} by version "
            f"{header.get('package_version', 'unknown')}, and this version reads up to format {FORMAT}: update SpecVAE."
        )
    missing = {"model", "grid", "config", "survey_id", "history", "created"} - set(header)
    if missing:
        raise _damaged(folder, f"{HEADER} lacks {', '.join(sorted(missing))}")
    return header


def _part_ids(folder: Path) -> dict[Part, np.ndarray]:
    """Ids of the objects of each part; that of the validation part has to be there."""
    found = {}
    for part, name in IDS.items():
        if part is Part.VALIDATION or (folder / name).is_file():
            lines = (folder / name).read_text(encoding="utf-8").split("\n")
            found[part] = np.array(lines[:-1], dtype=str)
    return found


def is_protected(folder: Path) -> bool:
    """Whether damage to any file of a model is seen; earlier versions wrote none, or not of all files."""
    return read_header(folder).get(CHECKSUMS, {}).keys() >= set(_files(folder)) and has_checksum(folder / HEADER)


def protect(folder: Path) -> None:
    """Record checksums of the files of a model as they are, so that later damage is seen."""
    with FolderLock(folder):
        write_json(folder / HEADER, {**read_header(folder), CHECKSUMS: _checksums(folder)}, allow_nan=True)


def _checksums(folder: Path) -> dict[str, str]:
    """Checksums by name of all files of a model but its header."""
    return {name: _checksum(folder / name) for name in _files(folder)}


def _files(folder: Path) -> list[str]:
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    return [name for name in names if name != HEADER and not name.startswith(".")]


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(folder: Path, evidence: str) -> UserError:
    return UserError(f"The model at {folder} is damaged ({evidence}): train it once more, or restore it from a copy.")


def training_summary(header: Mapping) -> dict[str, object]:
    """Summary of a training from a model's header: ``epochs, seconds, val_loss``, and ``skipped``.

    ``skipped``, which only models that can skip steps have, is the share of steps whose gradient was too large.
    """
    losses = [entry["validation/loss"] for entry in header["history"] if "validation/loss" in entry]
    val_loss = min(losses) if losses else float("nan")
    summary = {"epochs": header["epochs"], "seconds": header["seconds"], "val_loss": val_loss}
    skipped = [entry["train/skipped"] for entry in header["history"] if "train/skipped" in entry]
    return summary | ({"skipped": sum(skipped) / len(skipped)} if skipped else {})
