"""Legend of the z-z plot."""

import html
from collections.abc import Sequence

from dashboard.colouring import Colouring

MOST = 5
"""Classes named at most."""


def legend_html(colouring: Colouring, scale: Sequence[str]) -> str:
    """Classes with their dots, or the ends of a scale of colours from low to high."""
    if not colouring.numeric:
        dots = [
            f'<span><i class="dot" style="background:{colouring.colours[name]}"></i>{html.escape(name)}</span>'
            for name in colouring.names[:MOST]
        ]
        return " ".join(dots) + (" …" if len(colouring.names) > MOST else "")
    bar = f'<i class="zz-scale" style="background:linear-gradient(90deg,{",".join(scale)})"></i>'
    if colouring.column == "density":
        return f"<span>sparse {bar} crowded</span>"
    low, high = (f"{value:.4g}".replace("-", "−") for value in colouring.limits)
    return f"<span>{low} {bar} {high}</span>"
