"""Photometric redshifts as stages of RAIL, the photo-z pipeline of LSST's DESC: ``pip install specvae[rail]``.

`SDGMInformer` trains the photo-z model on a catalogue, `SDGMEstimator` estimates p(z) with it. Columns, non-detections
and limits are those of RAIL's shared parameters: a magnitude of ``nondetect_val`` is a flux of 0 with the error that
``mag_limits`` gives for its band, one of ``nonobserved_val`` is missing. All bands are asinh magnitudes whose softening
is that limit, so that catalogues for training and for estimates agree.

A model is a ZIP file of the folder that `save_model` writes: nothing is unpickled.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
import qp
from ceci.config import StageParameter as Param
from rail.core.common_params import SharedParams
from rail.core.data import ModelHandle, TableHandle
from rail.core.enums import DistributionType
from rail.estimation.estimator import CatEstimator
from rail.estimation.informer import CatInformer

from .data.photometry import measurements
from .data.photometry_options import PhotometryOptions
from .data.spectra import SpectraSet
from .errors import BadConfig, NotFound
from .models.config import config_from_mapping
from .models.sdgm.model import SDGM
from .models.sdgm.settings import SDGMConfig
from .models.storage import load_model, save_model

CATALOGUE = ("bands", "err_bands", "mag_limits", "nondetect_val", "nonobserved_val")
"""Shared parameters that say what the columns are."""


class SDGMHandle(ModelHandle):
    """A trained model in a file."""

    suffix = "specvae"

    @classmethod
    def _open(cls, path: str, **kwargs: Any) -> SDGM:
        return cls._read(path)

    @classmethod
    def _read(cls, path: str, **kwargs: Any) -> SDGM:
        with TemporaryDirectory() as folder, ZipFile(path) as file:
            for name in file.namelist():
                if "/" not in name and "\\" not in name:
                    file.extract(name, folder)
            return load_model(Path(folder))

    @classmethod
    def _write(cls, data: SDGM, path: str, **kwargs: Any) -> None:
        with TemporaryDirectory() as folder:
            made = Path(folder) / "model"
            save_model(data, made, survey_id="rail", seconds=0.0, epochs=len(data.history))
            with ZipFile(path, "w") as file:
                for part in sorted(made.iterdir()):
                    file.write(part, part.name)


class SDGMInformer(CatInformer):
    """Train the skip deep generative model on objects with and, where the redshift is NaN, without redshifts."""

    name = "SDGMInformer"
    entrypoint_function = "inform"
    interactive_function = "sdgm_informer"
    outputs = [("model", SDGMHandle)]  # noqa: RUF012 (the form that RAIL asks for)
    config_options = CatInformer.config_options.copy()
    config_options.update(
        **{name: SharedParams.copy_param(name) for name in (*CATALOGUE, "redshift_col")},
        settings=Param(dict, {}, msg="settings of the model by name, as {'members': 4}; see `specvae train --help`"),
        seed=Param(int, 0, msg="seed of the training"),
    )

    def run(self) -> None:
        """Train, and give the model to the handle."""
        data = _columns(self.get_data("input"), self.config.hdf5_groupname)
        redshift = _column(data, self.config.redshift_col)
        spectra = _spectra(data, self.config, redshift)
        config = config_from_mapping(SDGMConfig, {**self.config.settings, "redshift": REDSHIFT})
        self.model = SDGM(spectra.grid, config).fit(spectra, seed=self.config.seed)
        self.add_data("model", self.model)


class SDGMEstimator(CatEstimator):
    """p(z) of a catalogue by a trained model, on the model's own redshifts, which are finer than even steps."""

    name = "SDGMEstimator"
    entrypoint_function = "estimate"
    interactive_function = "sdgm_estimator"
    inputs = [("model", SDGMHandle), ("input", TableHandle)]  # noqa: RUF012
    config_options = CatEstimator.config_options.copy()
    config_options.update(
        **{name: SharedParams.copy_param(name) for name in CATALOGUE},
        estimator=Param(str, "marginal", msg="marginal (Eq. 22 of PhotoVAEz) or importance (Eqs. 23-25)"),
    )

    @classmethod
    def default_distribution_type(cls) -> DistributionType:
        """Densities are posteriors."""
        return DistributionType.posterior

    def _process_chunk(self, start: int, end: int, data: Any, first: bool) -> None:
        model: SDGM = self.model
        spectra = _spectra(_columns(data, ""), self.config, np.full(end - start, np.nan))
        grid, pdf = model.redshift_grid, model.redshift_pdf(spectra, self.config.estimator)
        ensemble = qp.Ensemble(qp.interp, data={"xvals": grid, "yvals": pdf})
        found = model.predict_redshift(spectra)
        ensemble.set_ancil({"zmode": found.pop("z_mode"), **found})
        self._do_chunk_output(ensemble, start, end, first, data=data)


REDSHIFT = "redshift"
"""Name of the redshift in the model's settings, whatever the catalogue calls it."""


def _columns(data: Any, group: str) -> dict[str, np.ndarray]:
    """The columns of a table of any of RAIL's kinds."""
    if group and not isinstance(data, pd.DataFrame) and group in data:
        data = data[group]
    return {str(name): np.asarray(data[name]) for name in (data.columns if hasattr(data, "columns") else data)}


def _column(data: dict[str, np.ndarray], name: str) -> np.ndarray:
    if name not in data:
        raise NotFound(f"The catalogue has no column {name}: it has {', '.join(data)}. Look at bands and err_bands.")
    return data[name].astype(float)


def _spectra(data: dict[str, np.ndarray], config: Any, redshift: np.ndarray) -> SpectraSet:
    """Photometry of all objects, those that nobody detected included: their p(z) is that of an unknown object."""
    if len(config.bands) != len(config.err_bands):
        raise BadConfig(f"There are {len(config.bands)} bands, but {len(config.err_bands)} err_bands.")
    columns, texts = {}, []
    for band, error in zip(config.bands, config.err_bands, strict=True):
        limit = config.mag_limits.get(band)
        if limit is None:
            raise BadConfig(f"mag_limits has no limit of {band}: give the magnitude at which its S/N is 1.")
        value, sigma = _column(data, band), _column(data, error)
        undetected = np.isnan(value) if np.isnan(config.nondetect_val) else np.isclose(value, config.nondetect_val)
        absent = np.isclose(value, config.nonobserved_val)
        columns[band] = np.select([undetected, absent], [99.0, -99.0], value)
        columns[error] = np.where(undetected, limit, sigma)
        texts.append(f"{band}={band}:{error}~{limit:g}")
    options = PhotometryOptions(bands=",".join(texts))
    flux, ivar, _, _ = measurements(pd.DataFrame(columns), options, "the catalogue")
    table = pd.DataFrame({"id": [str(i) for i in range(len(flux))], REDSHIFT: redshift})
    return SpectraSet(options.grid, flux, ivar, table, scale="none")
