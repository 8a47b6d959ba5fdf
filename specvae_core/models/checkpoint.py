"""State of a training run, its file, and how it is restored.

One safetensors file: weights, best weights, the optimiser's moments and the generator's state as tensors, the rest as
JSON in the file's own header. Nothing is pickled, and the file is replaced in one step.
"""

import json
import zlib
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from ..atomic import write_with
from ..errors import BadConfig, UserError
from .tensors import save_tensors

FORMAT = 1
CHECKSUM = "checksum"


class TrainingState:
    """State of the training loop between two epochs.

    Parameters
    ----------
    model, optimiser, generator
        The model in training, its optimiser and its random numbers.
    run
        Identity of the run; a checkpoint of another run is refused.

    Attributes
    ----------
    epoch
        Epochs done.
    stale
        Epochs since the loss was last improved upon.
    best_loss
        The lowest loss so far.
    history
        The values of each epoch.
    """

    def __init__(
        self, model: nn.Module, optimiser: torch.optim.Optimizer, generator: torch.Generator, run: dict
    ) -> None:
        self.model, self.optimiser, self.generator, self.run = model, optimiser, generator, run
        self.epoch = 0
        self.stale = 0
        self.best_loss = float("inf")
        self.history: list[dict[str, float]] = []
        self.best: dict[str, Tensor] = {}

    def advance(self, loss: float, values: dict[str, float]) -> None:
        """Record the end of an epoch with its ``loss``, and keep the weights if they are the best so far."""
        self.epoch += 1
        self.history.append({"epoch": self.epoch, **values})
        self.stale += 1
        if loss < self.best_loss:
            self.best_loss, self.stale = loss, 0
            self.best = {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}

    def keep_best(self) -> None:
        """Restore the best weights so far, if an epoch has ended."""
        if self.best:
            self.model.load_state_dict(self.best)

    def save(self, path: Path) -> None:
        """Write the state to ``path``, in one step."""
        tensors = {f"model/{name}": tensor for name, tensor in self.model.state_dict().items()}
        tensors |= {f"best/{name}": tensor for name, tensor in self.best.items()}
        moments = self.optimiser.state_dict()
        for index, entry in moments["state"].items():
            tensors |= {f"optimiser/{index}/{name}": tensor for name, tensor in entry.items()}
        tensors["generator"] = self.generator.get_state()
        plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        numbers = {
            "format": FORMAT,
            CHECKSUM: _checksum(plain),
            "run": self.run,
            "epoch": self.epoch,
            "stale": self.stale,
            "best_loss": self.best_loss,
            "history": self.history,
            "param_groups": moments["param_groups"],
        }
        write_with(path, lambda temporary: save_tensors(plain, temporary, {"state": json.dumps(numbers)}))

    def restore(self, path: Path) -> None:
        """Continue the run that wrote ``path``.

        Raises
        ------
        BadConfig
            When it was another run: other settings, survey or seed.
        UserError
            When the file is damaged.
        """
        try:
            with safe_open(path, framework="pt") as file:
                numbers = json.loads(file.metadata()["state"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            if numbers.get(CHECKSUM, found := _checksum(tensors)) != found:
                raise ValueError("it is not as it was written")
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise UserError(f"The checkpoint {path} is damaged ({error}): delete it and train once more.") from error
        different = [name for name, value in self.run.items() if numbers["run"].get(name) != value]
        if numbers["format"] != FORMAT or different:
            raise BadConfig(
                f"The checkpoint {path} belongs to a run with another {' and '.join(different) or 'format'}: train "
                "with what that run was given, or delete the checkpoint."
            )
        self.epoch, self.stale = numbers["epoch"], numbers["stale"]
        self.best_loss, self.history = numbers["best_loss"], numbers["history"]
        self.model.load_state_dict(_under("model/", tensors))
        device = next(self.model.parameters()).device
        self.best = {name: tensor.to(device) for name, tensor in _under("best/", tensors).items()}
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _under("optimiser/", tensors).items():
            index, key = name.split("/")
            moments.setdefault(int(index), {})[key] = tensor
        self.optimiser.load_state_dict({"state": moments, "param_groups": numbers["param_groups"]})
        self.generator.set_state(tensors["generator"])


def _checksum(tensors: dict[str, Tensor]) -> int:
    """CRC-32 of all tensors; checkpoints of version 0.1 have none."""
    checksum = 0
    for name in sorted(tensors):
        content = tensors[name].flatten().view(torch.uint8).numpy()
        checksum = zlib.crc32(content, zlib.crc32(name.encode(), checksum))
    return checksum


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
