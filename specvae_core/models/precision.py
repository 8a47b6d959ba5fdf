"""Half precision (bfloat16) in the matrix products of a training, where the processor has instructions for it.

Weights, losses and the optimiser stay in float32; what a network computes is rounded to eight bits, 0.2% of the
distance from the mean spectrum, far below the noise of a pixel.
"""

from functools import cache
from pathlib import Path

import torch

LEAST_INPUTS = 512
"""Pixels from which on it pays on a processor: smaller networks spend their time elsewhere."""


def takes_half(device: torch.device, n_pixel: int) -> bool:
    """Whether half precision makes a training faster here."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and n_pixel >= LEAST_INPUTS and _processor_has_it()


@cache
def _processor_has_it() -> bool:
    """Whether it multiplies bfloat16 itself: PyTorch's emulation elsewhere is slower than float32."""
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return False
