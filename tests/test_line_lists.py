"""Lists of lines of the user's own: what is read, and what is refused in a sentence."""

import pytest

from specvae_core.errors import NotFound, UserError
from specvae_core.line_lists import LineLists, read_lines


def test_a_list_is_kept_and_replaced(tmp_path):
    lists = LineLists(tmp_path / "lines")
    assert lists.names() == []
    lists.keep("mine", "name,wavelength\r\nHα,6564.61\r\n".encode())
    lists.keep("mine", b"Name, wavelength_air\nHa,6562.8\n".replace(b", ", b","))
    (line,) = lists.get("mine")
    assert line.wavelength == pytest.approx(6564.61, abs=0.01)
    with pytest.raises(NotFound, match="this workspace has mine"):
        lists.get("yours")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "columns name and wavelength"),
        (b"name,wavelength\n", "has 0 lines"),
        (b"name,wavelength\nx,nan\n", "Row 2"),
        (b"name,wavelength\nx\n", "Row 2"),
        (b"name,wavelength\nx,-5\n", "Row 2"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"name,wavelength\n" + b"x,5000\n" * 3000, "3,000 lines"),
        (b"x" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_what_is_no_list_is_refused(content, words):
    with pytest.raises(UserError, match=words):
        read_lines(content)
