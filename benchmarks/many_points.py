"""A workspace with a survey of many objects, already encoded: for measurements that need no real spectra.

Objects lie in eight classes, each a Gaussian cloud in the latents of the demo's model. Spectra repeat themselves: the
first shard of each array is written and the others are links to it, so that ten million spectra take no more room on
the disk than some thousand.

``python benchmarks/many_points.py FOLDER [--n 1000000]``
"""

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from specvae_core.analysis.basis import principal_basis
from specvae_core.assets import asset
from specvae_core.atomic import read_json, write_json
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.store import SurveyWriter
from specvae_core.data.survey_files import (
    ARRAYS,
    CATALOGUE,
    FILES,
    ROWS_PER_GROUP,
    array_metadata,
    checksums,
    rows_per_shard,
)
from specvae_core.encodings import Encoding
from specvae_core.workspace import Workspace

MODEL, SURVEY = "infovae-6", "many"
CLASSES = ("quiescent", "emission-line", "narrow-line AGN", "broad-line AGN", "star", "QSO", "unusual", "sky")
PIECE = 1 << 20


def write_points(folder: Path, n: int) -> Workspace:
    """A workspace of one survey of n objects, encoded by the demo's InfoVAE of six latents."""
    rng = np.random.default_rng(0)
    shutil.copytree(asset("demo"), folder)
    shutil.rmtree(folder / "results", ignore_errors=True)
    workspace = Workspace.open(folder)
    _write_survey(workspace, n, rng)
    of_class = rng.choice(len(CLASSES), n, p=_shares()).astype(np.int8)
    _write_catalogue(workspace, of_class, rng)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        workspace.save_encoding(MODEL, SURVEY, _encoding(Path(scratch), of_class, rng))
    return workspace


def _encoding(scratch: Path, of_class: np.ndarray, rng: np.random.Generator) -> Encoding:
    """Latents around the centres of the classes; the arrays lie in files, since a hundred million fill the memory."""
    n, k = len(of_class), 6
    kinds = {"latents": k, "log_variance": k, "chi2_per_pixel": 0, "squared_error": 0, "n_seen": 0}
    arrays = {
        name: np.lib.format.open_memmap(
            scratch / f"{name}.npy", "w+", np.int32 if name == "n_seen" else np.float32, (n, width) if width else (n,)
        )
        for name, width in kinds.items()
    }
    centres = rng.normal(0, 1.5, (len(CLASSES), k))
    for start in range(0, n, PIECE):
        rows = slice(start, min(start + PIECE, n))
        m = rows.stop - start
        arrays["latents"][rows] = centres[of_class[rows]] + 0.5 * rng.standard_normal((m, k), np.float32)
        arrays["log_variance"][rows] = -4
        chi2 = arrays["chi2_per_pixel"][rows] = rng.gamma(500, 1 / 500, m)
        arrays["squared_error"][rows] = 0.01 * chi2
        arrays["n_seen"][rows] = 1000
    some = slice(0, PIECE)  # so many say where the axes lie
    return Encoding(**arrays, basis=principal_basis(arrays["latents"][some], arrays["log_variance"][some]))


def _shares() -> np.ndarray:
    shares = 0.5 ** np.arange(len(CLASSES))
    return shares / shares.sum()


def _write_survey(workspace: Workspace, n: int, rng: np.random.Generator) -> None:
    """Arrays of n rows whose shards are all the same file."""
    import pandas as pd

    grid, folder = workspace.survey("demo").grid, workspace.survey_folder(SURVEY)
    m = rows_per_shard(grid.n_pixel)
    bumps = np.exp(-0.5 * ((grid.wavelength - rng.uniform(4000, 8000, (m, 1))) / 40) ** 2)
    flux = (1 + bumps + rng.normal(0, 0.05, bumps.shape)).astype(np.float32)
    writer = SurveyWriter.create(folder, SURVEY, grid, {})
    table = pd.DataFrame({"id": [str(i) for i in range(m)], "class": "made up"})
    writer.append(SpectraSet(grid, flux, np.full_like(flux, 400), table))
    writer.write_infilled(slice(0, m), flux)
    writer.finish(report={"ingested": n, "skipped": 0, "reasons": {}, "files": 1, "seconds": 0.0}, infill={})
    for name in ARRAYS:
        described = folder / "arrays.zarr" / name / "zarr.json"
        description = json.loads(described.read_text())
        description["shape"][0] = n
        described.write_text(json.dumps(description))
        shards = folder / "arrays.zarr" / name / "c"
        for shard in range(1, -(-n // m)):
            (shards / str(shard)).mkdir()
            os.link(shards / "0" / "0", shards / str(shard) / "0")
    shutil.rmtree(folder / "arrays.zarr" / "factor")
    (folder / "arrays.zarr" / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group"}))


def _write_catalogue(workspace: Workspace, of_class: np.ndarray, rng: np.random.Generator) -> None:
    n, folder = len(of_class), workspace.survey_folder(SURVEY)
    options = {
        "write_page_checksum": True,
        "use_dictionary": ["class"],
    }  # numbers that never repeat gain nothing by one
    writer = None
    for start in range(0, n, PIECE):
        m = min(PIECE, n - start)
        columns = {
            "id": pc.binary_join_element_wise(
                "spec", pa.array(10**8 + np.arange(start, start + m)).cast(pa.string()), "-"
            ),
            "class": pa.DictionaryArray.from_arrays(of_class[start : start + m], list(CLASSES)).cast(pa.string()),
            "z": rng.gamma(2, 0.1, m),
            "sn": rng.lognormal(2.5, 0.6, m),
            "coverage": rng.uniform(0.9, 1, m),
            "ra": rng.uniform(0, 360, m),
            "dec": rng.uniform(-90, 90, m),
            **{f"ew_{name}": rng.normal(0, 5, m) for name in ("h_alpha", "h_beta", "oiii_5007", "nii_6584")},
        }
        piece = pa.table(columns)
        writer = writer or pq.ParquetWriter(folder / CATALOGUE, piece.schema, **options)
        writer.write_table(piece, row_group_size=ROWS_PER_GROUP)
    writer.close()
    header = read_json(folder / "survey.json")
    files = checksums(folder, [CATALOGUE, *array_metadata(folder)])
    write_json(folder / "survey.json", {**header, "n": n, FILES: files})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--n", type=int, default=1_000_000)
    options = parser.parse_args()
    write_points(options.folder, options.n)


if __name__ == "__main__":
    main()
