"""JSON has no NaN."""

import math
from collections.abc import Mapping


def without_nan(value: object) -> object:
    """The same, with ``None`` in the place of NaN and infinity, through mappings and lists."""
    if isinstance(value, Mapping):
        return {str(key): without_nan(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
