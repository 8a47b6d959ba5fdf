"""The loop that trains every gradient-trained model.

Adam; the learning rate falls tenfold after ``patience`` epochs without improvement of the validation loss and training
ends after ``stop_patience`` (Portillo et al. 2020, section 3); the best weights are kept. An epoch is a pass over the
training spectra, or as many passes as make ``epoch_steps`` steps where the survey is small, so that patience means the
same whatever the size of the survey; but no more than `config.MOST_PASSES`, or a survey of a hundred would be
overfitted before the first validation loss.

The loop is repeatable: all random numbers come from one generator, whose state is part of the checkpoint. A run that
was stopped and resumed gives the very weights of a run that was not.
"""

import hashlib
import logging
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import pandas as pd
import torch
from torch import Tensor, nn

from ..data.spectra import SpectraSet
from ..data.spool import Spool
from ..errors import BadConfig, UserError
from ..grid import check_grid
from ..progress import Progress, RegularReport, Report, ignore
from .abilities import Ability
from .base import LatentModel
from .captured import CapturedSteps
from .checkpoint import TrainingState
from .config import GradientConfig
from .devices import ROOM, SHARE, chosen_device, free_memory, smaller
from .spectra_tensors import spectra_tensors
from .team import ALONE, Team, team
from .training_data import Batch, Streamed, TrainingData, parts_in_memory, size_of

log = logging.getLogger(__name__)

PULSE = 0.2
"""Seconds between two calls of the report within an epoch."""


class GradientModel(LatentModel):
    """A model trained by `train`: it declares its data, its initial weights and its loss."""

    config: GradientConfig
    start: Mapping[str, Tensor] | None = None
    """Weights and buffers to start from; drawn by `prepare` where there are none."""

    def start_from(self, other: "GradientModel", name: str) -> None:
        """Let `fit` go on from the weights of another model, known by the given name.

        Its scaling of spectra is kept, since the weights belong to it.

        Raises
        ------
        BadConfig
            The other is of another kind or another size, or has parameters of each of its training spectra.
        """
        mine = {key: values.shape for key, values in self.state_dict().items()}
        theirs = {key: values.shape for key, values in other.state_dict().items()}
        if other.name != self.name or mine != theirs:
            raise BadConfig(
                f"The weights of {name} ({other.name}) do not fit this {self.name}: start from a model of the same "
                "kind, with the same latents, layers and grid."
            )
        self.start, self.started_from = dict(other.state_dict()), name

    def fit(
        self, spectra: SpectraSet | Spool, report: Report = ignore, *, seed: int = 0, checkpoint: Path | None = None
    ) -> Self:
        """Learn from a survey; see `LatentModel.fit`. Models that can (`Ability.STREAMS`) take one of any size."""
        check_grid(self.grid, spectra.grid)
        self.check_catalogue(self.config, spectra.table)
        self.flux_scale = spectra.scale
        train(self, spectra, report, seed=seed, checkpoint=checkpoint)
        return self.eval()

    def tensors(self, spectra: SpectraSet) -> Batch:
        """Data of `loss` by name: tensors with a row for each spectrum."""
        flux, ivar = spectra_tensors(spectra, slice(None))
        return {"flux": flux, "ivar": ivar, **self.beside(spectra.table)}

    def beside(self, table: pd.DataFrame) -> Batch:
        """Data of `loss` beside flux and ivar that come from the catalogue; by default none."""
        return {}

    def parameter_groups(self) -> list[dict]:
        """Parameters for the optimiser, in groups with settings of their own; one group by default."""
        return [{"params": list(self.parameters())}]

    @property
    def max_gradient(self) -> float | None:
        """Norm of the gradient above which a step is skipped (Child 2021); none by default."""
        return None

    @property
    def repeats_kernels(self) -> bool:
        """Whether each step runs the same kernels whatever the values, so that a GPU can repeat a recording of it."""
        return False

    def half_precision(self, device: torch.device) -> bool:
        """Whether the networks are trained in bfloat16 there; their loss has to bear it."""
        return False

    @abstractmethod
    def prepare(self, data: Batch, generator: torch.Generator) -> None:
        """Fill buffers from the training data and draw the initial weights."""

    @abstractmethod
    def loss(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """Parts of the loss by name, means over the batch; ``loss`` is minimised."""

    def criterion(self, parts: dict[str, float]) -> float:
        """Quantity whose minimum is the best epoch, from the parts of the validation loss; by default the loss."""
        return parts["loss"]


def train(
    model: GradientModel, spectra: SpectraSet | Spool, report: Report, *, seed: int, checkpoint: Path | None
) -> None:
    """Fill ``model`` with the best weights that are found; arguments as in `LatentModel.fit`."""
    streams = Ability.STREAMS in model.abilities
    device = chosen_device(model.config.device, ROOM if streams else max(ROOM, size_of(spectra) / SHARE))
    with team(device) as members:
        data, held_out = _parts(model, spectra, device)
        run = _Run(model, data, held_out, members, members.heeding(report), seed)
        path = members.common_text("" if checkpoint is None else str(checkpoint))
        run.go(_identity(model, spectra, seed), Path(path) if path else None)


class _Run:
    """One training on its device."""

    def __init__(
        self,
        model: GradientModel,
        data: TrainingData,
        held_out: TrainingData,
        members: Team,
        report: Report,
        seed: int,
    ) -> None:
        self.model, self.data, self.held_out, self.members = model, data, held_out, members
        self.report, self.seed = report, seed
        self.generator = torch.Generator(members.device).manual_seed(seed)
        model.to(members.device)
        model.prepare(data.sample(), self.generator)
        if model.start is not None:
            model.load_state_dict(model.start)
        members.equalise(model)
        self.batch_size = model.config.batch_size or suitable_batch_size(len(data))
        self.captures = members.device.type == "cuda" and members.size == 1 and model.repeats_kernels
        self.optimiser = torch.optim.AdamW(
            model.parameter_groups(),
            lr=model.config.learning_rate,
            weight_decay=0.0,
            fused=True,
            capturable=self.captures,
        )

    def go(self, identity: dict[str, object], checkpoint: Path | None) -> None:
        """Take epochs until the validation loss has ceased to fall; then the model has its best weights."""
        config = self.model.config
        state = TrainingState(self.model, self.optimiser, self.generator, run=identity)
        if checkpoint is not None and checkpoint.exists():
            state.restore(checkpoint)
            for group in self.optimiser.param_groups:
                group["capturable"] = self.captures  # the checkpoint may come from another device
        try:
            while state.epoch < config.max_epochs and state.stale < config.stop_patience:
                values, parts = self._epoch(state.epoch)
                state.advance(self.model.criterion(parts), values)
                if state.stale and state.stale % config.patience == 0:
                    for group in self.optimiser.param_groups:
                        group["lr"] /= 10
                if checkpoint is not None and self.members.rank == 0:
                    state.save(checkpoint)
                message = f"epoch {state.epoch}: loss {parts['loss']:.5g}, best {state.best_loss:.5g}"
                self.report(Progress(state.epoch / config.max_epochs, message, state.epoch, values))
        finally:  # also when the report raises Cancelled: the best weights so far are kept
            state.keep_best()
            self.model.to("cpu")
            self.model.history = state.history

    def _epoch(self, number: int) -> tuple[dict[str, float], dict[str, float]]:
        """Values of one epoch for its history, and the parts of the loss that judge it."""
        regular = RegularReport(
            self.report, Progress(number / self.model.config.max_epochs, f"epoch {number + 1}"), PULSE
        )
        noise = self.members.noise(self.generator, self.seed, number)
        while True:
            try:
                parts = self._steps(noise, regular)
                break
            except torch.OutOfMemoryError as error:
                self._use_less_memory(error)
        values = {f"train/{name}": value for name, value in parts.items()}
        values["learning_rate"] = self.optimiser.param_groups[0]["lr"]
        if len(self.held_out):
            parts = evaluate(self.model, self.held_out, torch.Generator(self.members.device).manual_seed(self.seed))
            values |= {f"validation/{name}": value for name, value in parts.items()}
        return values, parts

    def _use_less_memory(self, error: torch.OutOfMemoryError) -> None:
        """Halve the batches after a GPU had no room for one; the epoch begins again with what it has learnt.

        Raises
        ------
        UserError
            They are as small as they get, or other processes would not know.
        """
        if self.members.size > 1:
            raise UserError(
                f"A GPU has no room for batches of {self.batch_size} spectra, and several processes have to have the "
                "same: choose a smaller --batch-size, or free its memory."
            ) from error
        self.batch_size = smaller(self.batch_size, error)

    def _steps(self, noise: torch.Generator, regular: RegularReport) -> dict[str, float]:
        """Take the steps of one epoch; returns the mean of each part of the loss."""
        self.model.train()

        def take(batch: Batch) -> dict[str, Tensor]:
            return step(self.model, batch, self.optimiser, noise, self.members)

        take_next = CapturedSteps(take, noise) if self.captures else take
        size = self.batch_size * self.members.size
        totals: dict[str, Tensor] = {}
        n_seen = 0
        for batch in self.members.share(self.data.shuffled(size, self.model.config.epoch_steps, self.generator)):
            n = len(next(iter(batch.values())))
            n_seen += n
            for name, value in take_next(batch).items():
                totals[name] = totals.get(name, 0.0) + value.detach() * n
            regular.call_if_due()
        return self.members.mean({name: float(total) / n_seen for name, total in totals.items()})


def _parts(
    model: GradientModel, spectra: SpectraSet | Spool, device: torch.device
) -> tuple[TrainingData, TrainingData]:
    """The training part and the validation part."""
    split = model.divide(spectra)
    if isinstance(spectra, Spool):
        beside = model.beside(spectra.table)
        return tuple(Streamed(spectra, rows, device, beside) for rows in (split.training, split.validation))
    stays = Ability.STREAMS in model.abilities and size_of(spectra) > SHARE * free_memory(device)
    return parts_in_memory(model.tensors(spectra), split, torch.device("cpu") if stays else device, device)


def step(
    model: GradientModel,
    batch: Batch,
    optimiser: torch.optim.Optimizer,
    generator: torch.Generator,
    members: Team = ALONE,
) -> dict[str, Tensor]:
    """Take one step down the loss; its parts stay tensors, since a number would make a GPU wait for every step."""
    device = generator.device
    with torch.autocast(device.type, torch.bfloat16, enabled=model.half_precision(device)):
        parts = model.loss(batch, generator)
    optimiser.zero_grad(set_to_none=True)
    parts["loss"].backward()
    members.average_gradients(model)
    if model.max_gradient is None:
        optimiser.step()
        return parts
    norm = nn.utils.get_total_norm([values.grad for values in model.parameters() if values.grad is not None])
    skipped = not norm <= model.max_gradient  # also where it is not a number
    if not skipped:
        optimiser.step()
    return parts | {"skipped": torch.tensor(float(skipped))}


def evaluate(model: GradientModel, data: TrainingData, generator: torch.Generator) -> dict[str, float]:
    """Mean of each part of the loss over ``data``, in evaluation mode."""
    model.eval()
    totals: dict[str, float] = {}
    with torch.inference_mode():
        for batch in data.chunks():
            share = len(next(iter(batch.values()))) / len(data)
            for name, value in model.loss(batch, generator).items():
                totals[name] = totals.get(name, 0.0) + share * float(value)
    return totals


def suitable_batch_size(n: int) -> int:
    """Spectra per step for a survey of ``n``: many steps for small ones, full use of the machine for large ones."""
    return max(32, min(512, n // 64))


def _identity(model: GradientModel, spectra: SpectraSet | Spool, seed: int) -> dict[str, object]:
    """Identity of a run: model, settings, grid, survey and seed have to be the same to continue a checkpoint."""
    ids = hashlib.blake2b("\n".join(spectra.ids).encode(), digest_size=16).hexdigest()
    config = {name: value for name, value in model.config.to_json().items() if name not in ("device", "precision")}
    return {"model": model.name, "config": config, "grid": model.grid.to_json(), "survey": ids, "seed": seed}
