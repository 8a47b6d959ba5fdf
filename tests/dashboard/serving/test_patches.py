"""Changes are the same messages as Bokeh's own, written with fewer steps."""

import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.models import ColumnDataSource, Div, Row
from bokeh.plotting import figure
from bokeh.protocol.messages.patch_doc import patch_doc

from dashboard.serving import patches

OWN = patch_doc.create


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Bokeh writes by itself again after each test."""
    before = vars(patch_doc)["create"]
    yield
    patch_doc.create = before


def written(create: Callable[..., patch_doc]) -> list[tuple[str, list[bytes]]]:
    """Contents and buffers of the changes of a page that the browser has."""
    made: list[tuple[str, list[bytes]]] = []

    def note(event: object) -> None:
        message = create([event])
        made.append((message.content_json, [buffer.to_bytes() for buffer in message._buffers]))

    first = ColumnDataSource({"x": np.arange(3.0)})
    plot = figure(name="plot")
    plot.line("x", "x", source=first)
    row, document = Row(plot), Document()
    document.add_root(row)
    document.to_json()  # the browser has all of it
    document.on_change(note)
    plot.title.text = "changed"
    first.data = {"x": np.arange(4.0)}
    first.stream({"x": [9.0]})
    added = Div(text="new")
    row.children = [plot, added]
    added.text = "told by its name alone from now on"
    row.children = [added, plot]
    row.children = [plot]
    row.children = [plot, added]  # away, and new again
    plot.x_range = figure().y_range
    return made


def named_alike(messages: list[tuple[str, list[bytes]]]) -> list[tuple[str, list[bytes]]]:
    """Messages with the names of models by their order."""
    names: dict[str, str] = {}

    def rename(found: re.Match) -> str:
        return names.setdefault(found[0], f'"m{len(names)}"')

    return [(re.sub(r'"[0-9a-f-]{36}"|"p\d+"', rename, text), buffers) for text, buffers in messages]


def test_messages_are_those_of_bokeh() -> None:
    bokehs = named_alike(written(OWN))
    patches.write_changes_quickly()
    assert named_alike(written(patch_doc.create)) == bokehs
    assert len(bokehs) >= 9
    assert sum("told by its name" in text for text, _ in bokehs) == 2


def test_a_model_of_another_document_is_no_reference() -> None:
    document, other = Document(), Document()
    here, there = Div(text="here"), Div(text="there")
    document.add_root(here)
    other.add_root(there)
    for one in (document, other):
        one.to_json()
    serializer = patches.PatchSerializer(document)
    assert serializer.get_ref(here) == here.ref
    assert serializer.get_ref(there) is None
    assert serializer.get_ref("a text") is None
