"""One training in several processes, as ``torchrun`` starts them: of every batch each learns from its share.

Gradients are averaged over the processes at every step, so that all of them hold the same weights; a batch is as many
times larger as there are processes. Spectra come in the same order everywhere, and noise is drawn by each for itself.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, distributed, nn

from .. import torchrun
from ..progress import Cancelled, Progress, Report
from .training_data import Batch


class Team:
    """The processes of one training, as one of them sees the others.

    Parameters
    ----------
    rank
        Number of this process.
    size
        Number of processes.
    device
        Where it computes.
    """

    def __init__(self, rank: int, size: int, device: torch.device) -> None:
        self.rank, self.size, self.device = rank, size, device
        self._stopping = False

    def common_text(self, text: str) -> str:
        """The text of process 0, for all."""
        if self.size == 1:
            return text
        length = self._from_first(torch.tensor([len(text.encode())]))
        content = torch.zeros(int(length), dtype=torch.uint8)
        if self.rank == 0:
            content = torch.tensor(list(text.encode()), dtype=torch.uint8)
        return bytes(self._from_first(content).tolist()).decode()

    def _from_first(self, values: Tensor) -> Tensor:
        values = values.to(self.device)
        distributed.broadcast(values, 0)
        return values.cpu()

    def equalise(self, model: nn.Module) -> None:
        """Give all processes the weights and buffers of process 0."""
        if self.size > 1:
            for values in model.state_dict().values():
                distributed.broadcast(values, 0)

    def share(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The share of this process in each batch; a last one of fewer rows than processes is left out."""
        for batch in batches:
            if len(next(iter(batch.values()))) >= self.size:
                yield {name: values[self.rank :: self.size] for name, values in batch.items()}

    def noise(self, generator: torch.Generator, seed: int, epoch: int) -> torch.Generator:
        """Source of the random numbers of this process in one epoch: of several, each has its own."""
        if self.size == 1:
            return generator
        digest = hashlib.blake2b(f"{seed} {epoch} {self.rank}".encode(), digest_size=7).digest()
        return torch.Generator(self.device).manual_seed(int.from_bytes(digest))

    def heeding(self, report: Report) -> Report:
        """The same report; of several processes none stops by itself, but all at their next step."""
        if self.size == 1:
            return report

        def heed(progress: Progress) -> None:
            try:
                report(progress)
            except Cancelled:
                self._stopping = True

        return heed

    def average_gradients(self, model: nn.Module) -> None:
        """Replace the gradients by their means over all processes.

        Raises
        ------
        Cancelled
            One of the processes was stopped.
        """
        if self.size == 1:
            return
        gradients = [values.grad for values in model.parameters() if values.grad is not None]
        stopping = torch.tensor([float(self._stopping)], device=self.device)
        together = torch.cat([stopping, *(gradient.flatten() for gradient in gradients)])
        distributed.all_reduce(together)
        if together[0] > 0:
            raise Cancelled
        start = 1
        for gradient in gradients:
            gradient.copy_(together[start : start + gradient.numel()].view_as(gradient) / self.size)
            start += gradient.numel()

    def mean(self, parts: dict[str, float]) -> dict[str, float]:
        """Means of numbers over all processes."""
        if self.size == 1:
            return parts
        values = torch.tensor(list(parts.values()), dtype=torch.float64).to(self.device)
        distributed.all_reduce(values)
        return dict(zip(parts, (values / self.size).tolist(), strict=True))


ALONE = Team(0, 1, torch.device("cpu"))
"""One process, which has nobody to average with."""


@contextmanager
def team(device: torch.device) -> Iterator[Team]:
    """The processes that ``torchrun`` has started for this training; one, where it has not."""
    if torchrun.size() == 1:
        yield Team(0, 1, device)
        return
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Team(torchrun.rank(), torchrun.size(), device)
    finally:
        distributed.destroy_process_group()
