"""What a selector offers."""

from collections.abc import Mapping, Sequence

import panel as pn


def offer(select: pn.widgets.Select, options: Mapping[str, object] | Sequence[object], value: object) -> None:
    """Offer options and choose one of them, in one step; where both stay the same, the browser gets nothing."""
    if select.options != options or select.value != value:
        select.param.update(options=options, value=value)
