"""Redshift densities in files that RAIL and other tools of LSST's science pipelines read, through ``qp``."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..atomic import check_ending, export
from ..errors import BadConfig


def write_ensemble(path: Path, grid: np.ndarray, pdf: np.ndarray, columns: Mapping[str, np.ndarray]) -> None:
    """Write densities as a ``qp`` ensemble of interpolated functions.

    Parameters
    ----------
    path
        Ends in ``.hdf5``.
    grid
        (n_z,) redshifts.
    pdf
        (n, n_z) densities.
    columns
        (n,) each, kept as the ensemble's ancillary table: ids, point estimates.

    Raises
    ------
    BadConfig
        The file's name ends in something else.
    NotWritable
        The file cannot be written.
    """
    check_ending(path, (".hdf5",))
    try:
        import qp  # takes a second
    except ImportError:
        raise BadConfig(
            "Densities as .hdf5 need qp, which is not installed: pip install 'specvae[qp]'; or write .parquet."
        ) from None
    plain = {name: np.asarray(values) for name, values in columns.items()}
    ancillary = {name: np.char.encode(v, "utf-8") if v.dtype.kind == "U" else v for name, v in plain.items()}
    ensemble = qp.Ensemble(qp.interp, data={"xvals": np.asarray(grid, float), "yvals": pdf}, ancil=ancillary)
    export(path, {".hdf5": lambda temporary: ensemble.write_to(str(temporary))})
