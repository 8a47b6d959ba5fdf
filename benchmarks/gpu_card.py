"""The card of `gpu`: its name, and how it is when little of its memory is left."""

import logging
import os
import platform
from pathlib import Path

import torch


class Warnings(logging.Handler):
    """Lines that the program logs in a block."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def __enter__(self) -> "Warnings":
        logging.getLogger("specvae_core").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("specvae_core").removeHandler(self)


class limited_to:
    """A block in which the program may take so many MB of the card's memory beside what it holds."""

    def __init__(self, megabytes: float) -> None:
        self.more = megabytes * 1e6

    def __enter__(self) -> None:
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        limit = torch.cuda.memory_reserved() + self.more
        torch.cuda.set_per_process_memory_fraction(limit / torch.cuda.get_device_properties(0).total_memory)

    def __exit__(self, *_: object) -> None:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()


def fill_up() -> list[torch.Tensor]:
    """Tensors that leave no room on the card."""
    filled: list[torch.Tensor] = []
    for size in (1 << 20, 1 << 16, 1 << 12):
        try:
            while True:
                filled.append(torch.empty(size, dtype=torch.uint8, device="cuda"))
        except torch.OutOfMemoryError:
            continue
    return filled


def machine() -> dict[str, object]:
    """Names of cards and processor."""
    cards = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor()
    return {"cards": cards, "processor": processor, "cores": os.cpu_count(), "torch": torch.__version__}
