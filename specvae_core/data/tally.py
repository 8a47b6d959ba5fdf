"""What the spectra of a survey were understood as, counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields

import numpy as np

from .spectra import Observation
from .understanding import Understanding

FACTS = ("redshift", "errors", "mask", "position")
"""What a spectrum can come with."""


class Tally:
    """Counts over spectra that entered a survey.

    Parameters
    ----------
    before
        What an interrupted ingest had counted, as `to_json` gave it.
    """

    def __init__(self, before: Mapping | None = None) -> None:
        before = before or {"with": {}, "kinds": []}
        self._facts = Counter(before["with"])
        self._kinds: Counter[Understanding] = Counter(
            {_kind_from_json(kind): int(kind["spectra"]) for kind in before["kinds"]}
        )

    def add(self, observation: Observation, times: int = 1) -> None:
        """Count one spectrum, and others that come with the same."""
        self._facts.update({name: times for name, there in facts(observation).items() if there})
        if observation.understood is not None:
            self._kinds[observation.understood] += times

    def to_json(self) -> dict[str, object]:
        """``with``: number of spectra by fact; ``kinds``: each `Understanding`, with the number of spectra."""
        kinds = [kind_to_json(kind) | {"spectra": n} for kind, n in self._kinds.most_common()]
        return {"with": {name: self._facts[name] for name in FACTS}, "kinds": kinds}


def facts(observation: Observation) -> dict[str, bool]:
    """Which of `FACTS` a spectrum comes with; a mask that the file has counts even where no pixel is bad."""
    redshift, understood = observation.redshift, observation.understood
    names = {name.lower() for name in observation.columns}
    return {
        "redshift": redshift is not None and bool(np.isfinite(redshift)),
        "errors": observation.ivar is not None,
        "mask": understood is not None and bool(understood.mask),
        "position": {"ra", "dec"} <= names,
    }


def kind_to_json(understood: Understanding) -> dict[str, object]:
    """What a file was taken for by name; what it has not is left out."""
    items = ((item.name, getattr(understood, item.name)) for item in fields(understood))
    return {name: list(value) if isinstance(value, tuple) else value for name, value in items if value}


def _kind_from_json(kind: Mapping) -> Understanding:
    known = {item.name for item in fields(Understanding)}
    return Understanding(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in kind.items() if name in known}
    )
