"""Models: train, evaluate, encode."""

import argparse
import dataclasses
from pathlib import Path

from ..atomic import check_ending
from ..errors import BadConfig
from ..models import MODELS
from ..models.storage import training_summary
from ..tasks.evaluate import evaluate
from ..tasks.export import FORMATS, latent_table, provenance, write_table
from ..tasks.train import assist
from ..tasks.trust import warnings_of
from ..torchrun import rank
from ..workspace import Workspace
from .options import command, device, flag, given, help_of, machines, model_and_survey, random_seed
from .running import run_job


def add(commands) -> None:
    """Add the commands of this file."""
    _train(command(commands, "train", run_train))
    _evaluate(command(commands, "evaluate", run_evaluate))
    _encode(command(commands, "encode", run_encode))


def _train(made: argparse.ArgumentParser) -> None:
    made.add_argument("--survey", required=True, help="name of the survey to train on")
    made.add_argument("--model", choices=list(MODELS), help="kind of model; with --from that of the model")
    made.add_argument(
        "--from",
        default="",
        dest="start_from",
        metavar="ID",
        help="go on from the weights of this model: for surveys too small to learn from alone",
    )
    random_seed(made)
    made.add_argument(
        "--no-epochs",
        action="store_false",
        dest="keep_epochs",
        help="do not keep latents of some epochs, which Explore plays back",
    )
    made.add_argument(
        "--labels-from", default="", metavar="NAME", help="survey of the same objects, by id, whose labels are learnt"
    )
    settings: dict[str, tuple[dataclasses.Field, dict[str, list[str]]]] = {}
    for name, model in MODELS.items():
        for field in dataclasses.fields(model.Config):
            _, kinds = settings.setdefault(field.name, (field, {}))
            kinds.setdefault(help_of(field), []).append(name)
    for field, kinds in settings.values():  # some models mean different things by a setting of the same name
        texts = (text + (f" ({', '.join(n)} only)" if len(n) < len(MODELS) else "") for text, n in kinds.items())
        flag(made, field, "; ".join(texts))


def _evaluate(made: argparse.ArgumentParser) -> None:
    model_and_survey(made)
    made.add_argument("--by", default="class", metavar="COLUMN", help="catalogue column that serves as class")
    made.add_argument(
        "--baseline",
        default="",
        metavar="ID",
        help="compare heads with heads trained afterwards on this model's latents",
    )
    device(made)


def _encode(made: argparse.ArgumentParser) -> None:
    model_and_survey(made)
    made.add_argument("--out", required=True, type=Path, metavar="FILE", help=f"ends in {', '.join(FORMATS)}")
    machines(made)
    device(made)


def run_train(options: argparse.Namespace) -> dict[str, object] | None:
    """``specvae train``; of several processes that ``torchrun`` has started the first keeps the model."""
    workspace = Workspace.open(options.workspace, create=False)
    names = [field.name for model in MODELS.values() for field in dataclasses.fields(model.Config)]
    config = given(options, list(dict.fromkeys(names)))
    model = options.model or (workspace.model_summary(options.start_from).name if options.start_from else "")
    if not model:
        raise BadConfig("Neither --model nor --from was given: name a kind of model, or a model to go on from.")
    arguments = {"survey": options.survey, "model": model, "config": config, "seed": options.seed}
    arguments |= {"labels_from": options.labels_from, "start_from": options.start_from}
    if rank():
        return assist(workspace, **arguments)
    job = run_job(workspace, "train", **arguments, keep_epochs=options.keep_epochs)
    return {"model": job.result, **training_summary(workspace.model_summary(job.result).header)}


def run_evaluate(options: argparse.Namespace) -> dict[str, object]:
    """``specvae evaluate``."""
    workspace = Workspace.open(options.workspace, create=False)
    return {
        "model": options.model,
        "survey": options.survey,
        **evaluate(workspace, options.model, options.survey, options.by, options.baseline, device=options.device),
    }


def run_encode(options: argparse.Namespace) -> dict[str, object]:
    """``specvae encode``."""
    workspace = Workspace.open(options.workspace, create=False)
    check_ending(options.out, FORMATS)
    run_job(
        workspace,
        "encode",
        model=options.model,
        survey=options.survey,
        workers=options.workers,
        scheduler=options.scheduler,
        device=options.device,
    )
    encoding = workspace.encoding(options.model, options.survey)
    table = latent_table(workspace.survey(options.survey), encoding, annotations=workspace.annotations)
    write_table(table, options.out, provenance(workspace, options.survey, options.model))
    quoted = [f"latent {i + 1}" for i in range(encoding.latents.shape[1])]
    outside = warnings_of(workspace, options.model, options.survey, quoted)
    return {
        "model": options.model,
        "survey": options.survey,
        "n": len(table),
        "out": str(options.out),
        "trust": outside,
    }
