"""The commands of every tutorial run, print what the page shows, and the page has its pictures."""

import re
import sys
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).resolve().parents[2] / "docs" / "tutorials"
sys.path.insert(0, str(TUTORIALS))
import run  # noqa: E402

EPOCHS = "--max-epochs 2"
"""Trainings of a test: the names of what they print are the same after two epochs as after the page's."""


def names(text: str) -> list[str]:
    """Names in front of the colons of an output, in their order: numbers differ from machine to machine."""
    return re.findall(r"^ *([a-z_0-9]+):", text, flags=re.M)


@pytest.mark.parametrize("name", run.NAMES)
def test_a_tutorial_prints_what_its_page_shows(name: str):
    text = (TUTORIALS / f"{name}.md").read_text(encoding="utf-8")
    shown = [block["output"] for block in run.BLOCK.finditer(text)]
    with run.prepared():
        printed = list(run.outputs(re.sub(r"--max-epochs \d+", EPOCHS, text)))
    assert len(printed) == len(shown) > 1
    for now, page in zip(printed, shown, strict=True):
        expected = names(page or "")
        assert names(now)[: len(expected)] == expected
        assert bool(now.strip()) == (page is not None)


@pytest.mark.parametrize("name", run.NAMES)
def test_a_tutorial_has_its_pictures(name: str):
    pictures = run.PICTURE.findall((TUTORIALS / f"{name}.md").read_text(encoding="utf-8"))
    assert pictures
    for _, file in pictures:
        assert (TUTORIALS / file).read_bytes()[8:12] == b"WEBP"
