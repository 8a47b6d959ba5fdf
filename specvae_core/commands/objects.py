"""Objects that an option of a command names."""

from ..errors import NotFound
from ..tasks.select import Chosen

EXPRESSION = "an expression over columns of the catalogue, @FILE of ids, or @NAME of a selection that was kept"


def not_found(chosen: Chosen) -> dict[str, object]:
    """How many ids of a file the survey lacks, and the first of them; nothing where all were found.

    Raises
    ------
    NotFound
        There was a list of ids, and the survey has none of them.
    """
    if not chosen.missing:
        return {}
    if not len(chosen.rows):
        raise NotFound(
            f"None of the {len(chosen.missing)} ids is in the survey, the first being {chosen.missing[0]}: ids are "
            "compared as text, digit by digit."
        )
    return {"not_found": len(chosen.missing), "first_not_found": chosen.missing[0]}
