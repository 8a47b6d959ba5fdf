"""Candidates of an ingest that are prepared together."""

from collections.abc import Sequence

from ..data.block import Block
from ..data.spectra import Observation
from ..data.tally import Tally
from ..errors import Refused


class Batch:
    """Candidates that are prepared together: a block, or observations one by one.

    Parameters
    ----------
    block
        The block, whose ``source`` is where it came from.
    """

    def __init__(self, block: Block | None = None) -> None:
        self.block = block
        self.observations: list[tuple[str, Observation]] = []
        self.refusals: list[tuple[str, Refused]] = []

    def __len__(self) -> int:
        return len(self.observations) + len(self.refusals)

    @property
    def work(self) -> list[tuple[str, Observation]] | Block:
        """What `prepare` gets."""
        return self.observations if self.block is None else self.block

    @property
    def names(self) -> list[tuple[str, str]]:
        """Source and id of each spectrum."""
        if self.block is not None:
            return [(self.block.source, id_) for id_ in self.block.ids]
        return [(source, observation.id) for source, observation in self.observations]

    def add(self, source: str, item: Observation | Refused) -> None:
        """Add one."""
        (self.refusals if isinstance(item, Refused) else self.observations).append((source, item))

    def count(self, places: Sequence[int], tally: Tally) -> None:
        """Count the spectra in some places; those of a block that enter come with the same."""
        if self.block is not None:
            tally.add(self.block[places[0]], len(places))
            return
        for place in places:
            tally.add(self.observations[place][1])
