"""What ``torchrun`` tells each process of one training through its environment."""

import os


def rank() -> int:
    """Number of this process among all; 0 is the one that writes, also where there is no other."""
    return int(os.environ.get("RANK", "0"))


def size() -> int:
    """Number of processes of the training."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def local_rank() -> int:
    """Number of this process among those of its machine, which is that of its GPU."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def local_size() -> int:
    """Number of processes on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
