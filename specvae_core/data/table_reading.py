"""Reading of tables by libraries: what cannot be read is refused in one sentence, whatever the library says of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import Reason, Refused
from ..names import printable
from .apart import check_regular, too_much_memory


@contextmanager
def reading_table(path: Path, advice: str) -> Iterator[None]:
    """Turn whatever a reader of tables raises into one refusal.

    Pandas, pyarrow and Astropy read some forty formats, each with errors of its own.

    Parameters
    ----------
    path
        The file.
    advice
        What the user can do, as ``save it as CSV``.

    Raises
    ------
    NotFound
        There is no such file.
    Refused
        It is not a regular file, not a table, or takes more memory than a file may.
    """
    check_regular(path)
    name = printable(path.name)
    try:
        yield
    except Refused:
        raise
    except MemoryError as error:
        raise too_much_memory(name) from error
    except Exception as error:
        cause = (str(error).strip() or type(error).__name__).splitlines()[0][:300].rstrip(".")
        raise Refused(Reason.UNREADABLE, f"{name} cannot be read as a table ({cause}): {advice}.") from error
