"""Properties of objects in a table beside their pixels: id, redshift, position, and columns for the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .columns import find_column, identify, redshifts
from .sdss import sdss_id
from .source import Source


@dataclass(frozen=True, eq=False)
class Objects:
    """Properties of n objects in a file, beside their pixels.

    Parameters
    ----------
    ids
        n names.
    redshift
        (n,) or ``None`` where the file has none.
    columns
        Name -> (n,).
    understood
        Where id, redshift and position came from, and what was assumed, for `Understanding`.
    """

    ids: tuple[str, ...]
    redshift: np.ndarray | None
    columns: Mapping[str, np.ndarray]
    understood: Mapping[str, object]


def take_objects(columns: Mapping[str, np.ndarray], source: Source, n: int, first: int = 0) -> Objects:
    """Ids, redshifts and positions of n objects, by the names of the columns or the user's hints.

    Parameters
    ----------
    columns
        Name -> (n,) numbers or strings. Those that are taken for something do not come back among the columns;
        positions come back as ``ra`` and ``dec``.
    source
        The file, with its hints.
    n
        Number of objects.
    first
        Number of the first row, where a file comes in pieces.
    """
    columns = dict(columns)
    hints, file = source.hints, source.name
    found = {role: find_column(columns, role, hints, file) for role in ("redshift", "id", "ra", "dec")}
    redshift = None if found["redshift"] is None else redshifts(columns.pop(found["redshift"]))
    values = None if found["id"] is None else columns.pop(found["id"])
    if values is None and {"plate", "mjd", "fiberid"} <= columns.keys():
        numbers = zip(*(columns[name].tolist() for name in ("plate", "mjd", "fiberid")), strict=True)
        values, found["id"] = [sdss_id(*row) for row in numbers], "plate, mjd, fiberid"
    ids = identify(values, source.stem, n, first)
    has_position = found["ra"] is not None and found["dec"] is not None
    if has_position:
        columns = {name: values for name, values in columns.items() if name not in (found["ra"], found["dec"])} | {
            role: redshifts(columns[found[role]]) for role in ("ra", "dec")
        }
    understood = {
        "redshift": f"column {found['redshift']}" if found["redshift"] else "",
        "id": f"column {found['id']}" if found["id"] else "",
        "position": f"columns {found['ra']}, {found['dec']}" if has_position else "",
        "assumed": ids.assumed,
    }
    return Objects(ids.names, redshift, columns, understood)
