"""Good files of many formats, three spectra or one, as the start of hostile ones."""

import gzip
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from astropy.io import fits
from scipy.io import savemat

Rng = np.random.Generator
M = 240
WAVE = np.linspace(3600.0, 7600.0, M)


def flux(rng: Rng, n: int = 3) -> np.ndarray:
    return rng.normal(1.0, 0.05, (n, M))


def good_sdss(rng: Rng, path: Path) -> Path:
    pixels = np.zeros(M, [("flux", ">f4"), ("loglam", ">f4"), ("ivar", ">f4"), ("and_mask", ">i4")])
    pixels["flux"], pixels["loglam"], pixels["ivar"] = flux(rng, 1)[0], np.log10(WAVE), 400.0
    row = np.zeros(
        1, [("CLASS", "S6"), ("Z", ">f4"), ("ZWARNING", ">i4"), ("PLATE", ">i4"), ("MJD", ">i4"), ("FIBERID", ">i4")]
    )
    row["CLASS"], row["Z"], row["PLATE"], row["FIBERID"] = b"GALAXY", 0.01, rng.integers(1, 9999), rng.integers(1, 9999)
    units = [fits.PrimaryHDU(), fits.BinTableHDU(pixels, name="COADD"), fits.BinTableHDU(row, name="SPECOBJ")]
    fits.HDUList(units).writeto(path := path.with_suffix(".fits"))
    return path


def good_image(rng: Rng, path: Path) -> Path:
    unit = fits.PrimaryHDU(flux(rng, 1)[0].astype(">f4"))
    unit.header.update(CRVAL1=3600.0, CDELT1=16.7, CRPIX1=1.0, CTYPE1="WAVE", CUNIT1="Angstrom")
    unit.writeto(path := path.with_suffix(".fits"))
    return path


def good_vectors(rng: Rng, path: Path) -> Path:
    """A table with columns of variable length."""
    columns = [
        fits.Column("WAVE", "PD()", array=np.array([WAVE] * 3, dtype=object), unit="Angstrom"),
        fits.Column("FLUX", "PD()", array=np.array(list(flux(rng)), dtype=object)),
    ]
    fits.BinTableHDU.from_columns(columns).writeto(path := path.with_suffix(".fits"))
    return path


def good_tiles(rng: Rng, path: Path) -> Path:
    unit = fits.CompImageHDU(flux(rng).astype(">f4"), compression_type="RICE_1")
    unit.header.update(CRVAL1=3600.0, CDELT1=16.7, CRPIX1=1.0, CTYPE1="WAVE", CUNIT1="Angstrom")
    fits.HDUList([fits.PrimaryHDU(), unit]).writeto(path := path.with_suffix(".fits"))
    return path


def good_npz(rng: Rng, path: Path) -> Path:
    np.savez_compressed(
        path := path.with_suffix(".npz"), wave=WAVE, flux=flux(rng), ivar=np.full((3, M), 400.0), z=[0.1] * 3
    )
    return path


def good_hdf5(rng: Rng, path: Path) -> Path:
    with h5py.File(path := path.with_suffix(".h5"), "w") as file:
        file["wave"] = WAVE
        file.create_dataset("flux", data=flux(rng), chunks=(1, M), compression="gzip")
        file.create_dataset("ivar", data=np.full((3, M), 400.0), fletcher32=True)
        file["id"] = [f"o{i}" for i in range(3)]
    return path


def good_mat(rng: Rng, path: Path) -> Path:
    values = {"wavelength": WAVE, "flux": flux(rng), "names": "three"}
    savemat(path := path.with_suffix(".mat"), values, do_compression=bool(rng.integers(2)))
    return path


def good_parquet(rng: Rng, path: Path) -> Path:
    table = pd.DataFrame({"flux": list(flux(rng)), "wave": [WAVE] * 3, "id": list("abc"), "redshift": [0.1] * 3})
    table.to_parquet(path := path.with_suffix(".parquet"))
    return path


def good_text(rng: Rng, path: Path) -> Path:
    table = pd.DataFrame({"wavelength": WAVE, "flux": flux(rng, 1)[0], "error": 0.05})
    table.to_csv(path := path.with_suffix(".csv"), index=False)
    return path


def good_rows(rng: Rng, path: Path) -> Path:
    table = pd.DataFrame(flux(rng), columns=[f"{w:.1f}" for w in WAVE])
    table.insert(0, "id", ["a", "b", "c"])
    table.to_csv(path := path.with_suffix(".txt"), index=False)
    return path


def good_votable(rng: Rng, path: Path) -> Path:
    rows = "".join(f"<TR><TD>{w}</TD><TD>{f}</TD></TR>" for w, f in zip(WAVE, flux(rng, 1)[0], strict=True))
    (path := path.with_suffix(".xml")).write_text(
        VOTABLE.format(doctype="", rows=f"<TABLEDATA>{rows}</TABLEDATA>", size="1")
    )
    return path


def good_ecsv(rng: Rng, path: Path) -> Path:
    rows = "\n".join(f"{w} {f}" for w, f in zip(WAVE, flux(rng, 1)[0], strict=True))
    (path := path.with_suffix(".ecsv")).write_text(ECSV.format(meta="{a: 1}") + rows + "\n")
    return path


def good_gzip(rng: Rng, path: Path) -> Path:
    plain = good_sdss(rng, path)
    (path := path.with_suffix(".fits.gz")).write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    return path


def good_envi(rng: Rng, path: Path) -> Path:
    flux(rng, 4).astype("<f4").reshape(2, 2, M).tofile(path.with_suffix(".img"))
    listed = ", ".join(f"{w:.1f}" for w in WAVE)
    head = f"ENVI\nsamples = 2\nlines = 2\nbands = {M}\ninterleave = bip\ndata type = 4\nbyte order = 0\n"
    (path := path.with_suffix(".hdr")).write_text(f"{head}wavelength units = Angstroms\nwavelength = {{{listed}}}\n")
    return path


VOTABLE = """<?xml version="1.0"?>{doctype}<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>
<TABLE><FIELD name="wavelength" datatype="double" unit="Angstrom"/>
<FIELD name="flux" datatype="double" arraysize="{size}"/><DATA>{rows}</DATA></TABLE></RESOURCE></VOTABLE>"""
ECSV = """# %ECSV 1.0
# ---
# datatype:
# - {{name: wavelength, unit: Angstrom, datatype: float64}}
# - {{name: flux, datatype: float64}}
# meta: {meta}
wavelength flux
"""


GOOD: tuple[Callable[[Rng, Path], Path], ...] = (
    good_sdss,
    good_image,
    good_vectors,
    good_tiles,
    good_npz,
    good_hdf5,
    good_mat,
    good_parquet,
    good_text,
    good_rows,
    good_votable,
    good_ecsv,
    good_gzip,
    good_envi,
)
