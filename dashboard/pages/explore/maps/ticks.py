"""Ticks at round numbers, for axes that Bokeh does not draw."""

import math

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Distances between ticks, times a power of ten."""


def round_ticks(low: float, high: float, at_most: int) -> list[float]:
    """Up to ``at_most`` round numbers well inside an interval, evenly spaced."""
    inner = 0.06 * (high - low)
    exponent = math.floor(math.log10((high - low) / at_most))
    for step in (m * 10.0**e for e in (exponent, exponent + 1) for m in STEPS):
        first = math.ceil((low + inner) / step)
        last = math.floor((high - inner) / step)
        if last - first + 1 <= at_most:
            return [round(i * step, 12) for i in range(first, last + 1)]
    return []


def tick_label(value: float) -> str:
    """A number as an axis writes it, with a real minus sign."""
    return f"{value:g}".replace("-", "−")
