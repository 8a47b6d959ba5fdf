"""Steps of a training as one recording that a GPU repeats.

A step of a small network is some hundred kernels, each of which takes a GPU less time than Python needs to ask for it.
CUDA records them once (a *graph*) and then runs all of them at one call. The recording holds addresses and numbers as
they are, so each epoch makes its own: the learning rate may have changed.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from .training_data import Batch

WARM_UP = 3
"""Steps of an epoch that are taken one kernel after the other, in which libraries allocate what a recording may not."""


class CapturedSteps:
    """Takes the steps of one epoch on a GPU; a batch of another size than the first is taken without the recording.

    Parameters
    ----------
    take
        Takes one step with a batch and returns parts of the loss; it runs the same kernels whatever the values.
    generator
        Source of random numbers in ``take``, on the GPU. Its state goes on as if each step was taken singly.
    """

    def __init__(self, take: Callable[[Batch], dict[str, Tensor]], generator: torch.Generator) -> None:
        self._take, self._generator = take, generator
        self._stream = torch.cuda.Stream(generator.device)
        self._taken = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._batch: Batch = {}
        self._parts: dict[str, Tensor] = {}

    def __call__(self, batch: Batch) -> dict[str, Tensor]:
        """Take one step; the parts of the loss are valid until the next one."""
        self._taken += 1
        if self._taken > WARM_UP and self._graph is None:
            self._capture(batch)
        if self._graph is None or _size(batch) != _size(self._batch):
            return self._take_aside(batch)
        for name, values in batch.items():
            self._batch[name].copy_(values)
        self._graph.replay()
        return self._parts

    def _take_aside(self, batch: Batch) -> dict[str, Tensor]:
        """Take one step in the stream of the recording."""
        current = torch.cuda.current_stream(self._generator.device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            parts = _values(self._take(batch))
        current.wait_stream(self._stream)
        return parts

    def _capture(self, batch: Batch) -> None:
        """Record a step, which is not taken by that."""
        self._batch = {name: values.clone() for name, values in batch.items()}
        self._graph = torch.cuda.CUDAGraph()
        self._graph.register_generator_state(self._generator)
        with torch.cuda.graph(self._graph, stream=self._stream):
            self._parts = _values(self._take(self._batch))


def _values(parts: dict[str, Tensor]) -> dict[str, Tensor]:
    """Parts of a loss without the way back to the weights, which would outlive the step."""
    return {name: value.detach() for name, value in parts.items()}


def _size(batch: Batch) -> int:
    return len(next(iter(batch.values())))
