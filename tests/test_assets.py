"""What is embedded tells nothing of the machine that made it."""

from pathlib import PurePosixPath

import pandas as pd
import pytest

from specvae_core.assets import asset
from specvae_core.atomic import read_json
from specvae_core.data.survey import Survey

DEMO = asset("demo")


def texts(value: object) -> list[str]:
    """All texts in what was read from JSON."""
    if isinstance(value, dict):
        return [text for one in value.items() for part in one for text in texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in texts(part)]
    return [value] if isinstance(value, str) else []


def test_no_header_of_the_demo_names_a_folder_of_the_machine_that_made_it():
    headers = [path for path in DEMO.rglob("*.json") if path.name != "zarr.json"]
    assert len(headers) > 20
    rooted = {
        str(path.relative_to(DEMO)): [text for text in texts(read_json(path)) if PurePosixPath(text).is_absolute()]
        for path in headers
    }
    assert {name: found for name, found in rooted.items() if found} == {}


@pytest.mark.parametrize("survey", [folder.name for folder in (DEMO / "surveys").glob("[a-z]*")])
def test_no_catalogue_of_the_demo_does(survey):
    table = Survey.open(DEMO / "surveys" / survey).table
    words = [column for column in table if pd.api.types.is_string_dtype(table[column])]
    assert "source" in words or survey == "sky"
    for column in words:
        assert not table[column].fillna("").astype(str).str.startswith("/").any(), column
