"""A survey as version 0.1 wrote it."""

import json
import shutil
from pathlib import Path

import pandas as pd
import zarr
from zarr.codecs import BloscCodec

from specvae_core.data.survey import Survey
from specvae_core.data.survey_files import CATALOGUE, CHECKSUMS, FILES, HEADER, ROWS_PER_CHUNK


def as_version_0_1(folder: Path) -> Path:
    """Rewrite a complete survey in format 1, a file for each chunk and no checksum anywhere; returns its folder."""
    survey = Survey.open(folder)
    stored, table = survey.stored(slice(0, survey.n)), pd.read_parquet(folder / CATALOGUE)
    shutil.rmtree(folder / "arrays.zarr")
    arrays = zarr.create_group(store=folder / "arrays.zarr", zarr_format=3)
    for name, values in stored.items():
        arrays.create_array(
            name,
            data=values,
            chunks=(ROWS_PER_CHUNK, *values.shape[1:]),
            compressors=[BloscCodec(cname="zstd", clevel=1, shuffle="shuffle")],
            fill_value=0.0,
        )
    table.to_parquet(folder / CATALOGUE, index=False)
    header = {key: value for key, value in survey.header.items() if key not in (CHECKSUMS, FILES)}
    (folder / HEADER).write_text(json.dumps({**header, "format": 1}))
    return folder
