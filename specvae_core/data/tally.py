"""What the spectra of a survey were understood as, counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from .spectra import Observation
from .understanding import Understanding

FACTS = ("redshift", "errors", "mask", "position")
"""What a spectrum can come with."""


@dataclass(frozen=True)
class Kind:
    """What is counted of a spectrum.

    Parameters
    ----------
    facts
        Those of `FACTS` that it comes with.
    understood
        What its reader took for what; ``None`` where it was read from no file.
    """

    facts: tuple[str, ...]
    understood: Understanding | None

    @classmethod
    def of(cls, observation: Observation) -> "Kind":
        """That of a spectrum."""
        return cls(tuple(name for name, there in facts(observation).items() if there), observation.understood)


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

    def add(self, kind: "Kind", times: int = 1) -> None:
        """Count one spectrum, and others that come with the same."""
        self._facts.update(dict.fromkeys(kind.facts, times))
        if kind.understood is not None:
            self._kinds[kind.understood] += times

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
