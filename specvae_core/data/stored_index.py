"""Rows by object id where ids are too many to be kept in memory: they are read from the catalogue as needed."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from ..cache import Cache
from ..names import storable
from .catalogue import ObjectIndex
from .stored_table import StoredTable

ROWS_KEPT = 256
"""Ids whose rows stay known: the object in sight is asked for again and again."""


class StoredIndex:
    """What an `ObjectIndex` answers, from the groups of rows of a catalogue that may hold an id by their statistics.

    Where ids rise that is one group, and a look-up takes milliseconds; else all ids are read, of ten million within two
    seconds. A row that was named before is known.

    Parameters
    ----------
    table
        The catalogue; of an id that comes twice the first row counts.
    """

    def __init__(self, table: StoredTable) -> None:
        self._table = table
        self._known: Cache[int] = Cache(ROWS_KEPT)

    def __len__(self) -> int:
        return len(self._table)

    def row_of(self, object_id: str) -> int | None:
        """Row of an object, ``None`` where there is none of that id."""
        row = self._known.get(object_id, lambda: int(self.rows_of([object_id])[0]))
        return None if row < 0 else row

    def rows_of(self, object_ids: Sequence[str]) -> np.ndarray:
        """Rows of objects, (m,) int64 in the order of ``object_ids``, -1 where there is none of that id."""
        asked = np.sort(np.array([storable(one) for one in object_ids], dtype=object))
        groups = [group for group in range(self._table.n_groups) if self._may_hold(group, asked)]
        found = np.full(len(object_ids), len(self), np.int64)
        for start, rows in self._look(groups, lambda index: index.rows_of(object_ids)):
            found = np.where(rows < 0, found, np.minimum(found, start + rows))
        return np.where(found < len(self), found, -1)

    def ids_of(self, rows: Sequence[int]) -> list[str]:
        """Ids of the objects in some rows (m,)."""
        ids = self._table.take(np.asarray(rows), ["id"])["id"].tolist()
        for one, row in zip(ids[:ROWS_KEPT], rows, strict=False):
            self._known.get(one, lambda row=row: int(row))
        return ids

    def matching(self, text: str) -> np.ndarray:
        """Rising rows of the objects whose id contains a text in any case; the one row where an id is the text."""
        exact = self.row_of(text)
        if exact is not None:
            return np.array([exact])
        found = dict(self._look(range(self._table.n_groups), lambda index: index.matching(text)))
        return np.concatenate([np.empty(0, np.int64), *(start + found[start] for start in sorted(found))])

    def _look(
        self, groups: Iterable[int], work: Callable[[ObjectIndex], np.ndarray]
    ) -> Iterator[tuple[int, np.ndarray]]:
        """First rows of groups, and what work finds within each; the ids of one are in memory at a time."""
        for group in groups:
            start, ids = self._table.read_group(group, "id")
            yield start, work(ObjectIndex(ids))

    def _may_hold(self, group: int, asked: np.ndarray) -> bool:
        """Whether one of some ids, rising, lies between the first and the last of a group."""
        ends = self._table.ends_of(group, "id")
        return ends is None or np.searchsorted(asked, ends[0]) < np.searchsorted(asked, ends[1], side="right")
