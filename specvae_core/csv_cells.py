"""Text in CSV files, which spreadsheets take for a formula where it begins with one of a few characters."""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|nan)")


def escape(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would compute it; numbers stay as they are.

    >>> escape("=1+1"), escape("-1.5e3"), escape("J1217+03")
    ("'=1+1", '-1.5e3', 'J1217+03')
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unescape(text: str) -> str:
    """The text that was given to `escape`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
