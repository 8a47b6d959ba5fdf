"""Names that people give to surveys, models and results, and that become folders."""

import re

from .errors import BadConfig

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def checked(name: str, what: str) -> str:
    """Check that a name can be the name of a folder, and return it.

    Parameters
    ----------
    name
        The name as typed.
    what
        Kind of thing that it names, for the message.

    Raises
    ------
    BadConfig
        The name cannot.
    """
    if not _NAME.fullmatch(name):
        raise BadConfig(
            f"{name!r} cannot name a {what}: use up to 64 letters, digits, dots, dashes and underscores, starting with "
            "a letter or digit."
        )
    return name
