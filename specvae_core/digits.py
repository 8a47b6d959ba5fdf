"""Whole numbers in texts of people and servers."""

MOST_DIGITS = 18
"""Digits at most, so that the number fits 64 bits; `int` itself refuses more than some thousand."""


def whole_number(text: str) -> int | None:
    """Read a whole number of 0 and more.

    Parameters
    ----------
    text
        Up to 18 digits 0 to 9, with spaces around them or not.

    Returns
    -------
    int or None
        The number; None for any other text, as ``²``, which `str.isdigit` takes for a digit, or five thousand digits.

    Examples
    --------
    >>> whole_number(" 42 "), whole_number("²"), whole_number("9" * 5000), whole_number("-1")
    (42, None, None, None)
    """
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None
