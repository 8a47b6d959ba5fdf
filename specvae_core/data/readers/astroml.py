"""astroML's "SDSS Corrected Spectra", ``spec4000.npz``: 4000 galaxies on 1000 rest-frame pixels.

Keys: ``spectra`` (n, m) flux; ``mask`` (n, m) true where bad; ``coeff0``, ``coeff1`` first log10 wavelength (at rest,
vacuum) and step; per object ``z``, ``zerr``, ``spec_cln``, ``lineindex_cln``, ``log_NII_Ha``, ``log_OIII_Hb``; and the
pieces of an iterative PCA (``mu``, ``evecs``, ``evals``, ``norms``, ``coeffs``) that fills the bad pixels. Here bad
pixels stay bad: the survey's own infill estimates them, like everybody else's. No errors are given.
Vanderplas et al. (2012), https://www.astroml.org/examples/datasets/compute_sdss_pca.html
"""

import zipfile
from collections.abc import Iterator

import numpy as np

from ...errors import Reason, Refused
from ..spectra import Observation
from .pixels import wavelength_from_log10
from .sdss_dr7 import CLASSES, SKY
from .source import Source

KEYS = {"spectra", "mask", "coeff0", "coeff1", "z"}
CATALOGUE = {
    "zerr": "z_err",
    "spec_cln": "spec_cln",
    "lineindex_cln": "lineindex_cln",
    "log_NII_Ha": "log_nii_ha",
    "log_OIII_Hb": "log_oiii_hb",
}
LINE_CLASSES = {
    2: "quiescent",  # H alpha in absorption
    3: "quiescent",  # neither Balmer line significant at 3 sigma
    4: "emission-line",  # below the line of Kewley et al. (2001)
    5: "narrow-line AGN",  # above it
    6: "broad-line AGN",  # SPEC_CLN says quasar
    7: "broad-line AGN",
}
"""``lineindex_cln`` -> class; other values leave the class to ``spec_cln``."""


class AstromlReader:
    """Reads astroML's corrected spectra."""

    def claims(self, source: Source) -> bool:
        """Whether the archive holds astroML's keys."""
        if not source.head.startswith(b"PK") or not zipfile.is_zipfile(source.path):
            return False
        with zipfile.ZipFile(source.path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()} >= KEYS

    def read(self, source: Source) -> Iterator[Observation]:
        """All spectra of the file, at rest."""
        with source.path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            data = {key: archive[key] for key in (*KEYS, *CATALOGUE) if key in archive.files}
        spectra, mask = data["spectra"], data["mask"].astype(bool)
        if spectra.ndim != 2 or mask.shape != spectra.shape or data["z"].shape != spectra.shape[:1]:
            raise Refused(
                Reason.SHAPE,
                f"{source.name} has spectra of shape {spectra.shape}, mask {mask.shape} and z {data['z'].shape}; "
                "(n, m), (n, m) and (n,) were expected.",
            )
        wavelength = wavelength_from_log10(data["coeff0"] + data["coeff1"] * np.arange(spectra.shape[1]))
        flux = np.where(mask, np.nan, spectra)
        for row in range(len(flux)):
            columns = {CATALOGUE[key]: data[key][row].item() for key in CATALOGUE if key in data}
            yield Observation(
                id=f"{source.stem}-{row:05d}",
                wavelength=wavelength,
                flux=flux[row],
                ivar=None,
                redshift=float(data["z"][row]),
                columns=columns | {"class": _class(columns)},
                rest_frame=True,
                is_sky=columns.get("spec_cln") == SKY,
                source=str(source.path),
            )


def _class(columns: dict[str, object]) -> str:
    """The class by line ratios where it was made, else by the survey's pipeline."""
    return LINE_CLASSES.get(columns.get("lineindex_cln"), CLASSES.get(columns.get("spec_cln"), ""))
