"""How fast files are read: ``python benchmarks/reading.py [FOLDER]``.

First SDSS files, four ways side by side; then one file each of other formats, against astropy reading all their
arrays. Each way delivers flux, wavelength, ivar, and_mask, the catalogue's values and the line fits (specutils: the
spectrum only). One process, files in the page cache, first pass: nothing is known of the files' layouts beforehand.
"""

import datetime
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from astropy.io import fits

from specvae_core.data.file_lists import find_files
from specvae_core.data.readers import read_file
from specvae_core.data.readers.sdss import CATALOGUE, LINES, SPECTRUM

DEFAULT_FOLDER = Path(os.environ.get("SPECVAE_REAL_DATA", "../shared/data")) / "sdss"
LIMIT_S = 20.0
"""A way that needs longer is stopped, and its rate taken from the files it got through."""
FORMATS = {
    "DESI coadd": "formats/desi/coadd-sv3-dark-26065.fits",
    "DESI spectra": "formats/desi/spectra-5-169-thru20210419.fits",
    "APOGEE apVisit": "formats/apogee/apVisit-r13-5095-55844-128.fits",
    "LAMOST medium resolution": "formats/lamost/med-58625-TD192102N424113K01_sp12-076.fits.gz",
    "CALSPEC": "formats/calspec/feige34_stis_006.fits.gz",
    "PypeIt spec1d, 6 orders": "formats/pypeit/spec1d_cN20170331S0216-pisco_GNIRS_20170331T085412.181.fits",
    "HST x1d, 40 orders": "formats/specutils/odbue5030_x1d.fits",
    "JWST x1d": "layouts/jwst_x1d.fits",
    "DEIMOS spec1d": "formats/specutils/spec1d.1245.066.12004136.fits",
    "ESO phase 3": "formats/linetools/XShooter_XQ100.fits.gz",
    "2dfdr": "layouts/aaomega_2dfdr.fits",
    "flux and error in two files": "formats/linetools/PH957_f.fits",
    "image with extensions": "layouts/img_wave_ext.fits",
    "table LOGLAM, FLUX, IVAR": "layouts/loglam_table.fits",
    "IRAF multispec, 107 orders": "formats/specutils/evega.0039.rs.ec.dispcor.fits",
}
"""A file of each format, below the folder of real data."""
REPEATS = 7
TYPES = {"L": "S1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}


def by_specvae(path: Path) -> None:
    list(read_file(path))


def by_astropy_tables(path: Path) -> None:
    with fits.open(path, memmap=False) as units:
        for unit, names in zip(units[1:4], (SPECTRUM, CATALOGUE, LINES), strict=True):
            table = unit.data
            for name in names:
                if name in table.names or name.lower() in table.names:
                    np.asarray(table[name])


def by_astropy_headers(path: Path) -> None:
    content = path.read_bytes()
    with fits.open(path, memmap=False) as units:
        for number, names in ((1, SPECTRUM), (2, CATALOGUE), (3, LINES)):
            header, start = units[number].header, units[number].fileinfo()["datLoc"]
            records = np.frombuffer(content, row_type(header), count=header["NAXIS2"], offset=start)
            for name in names:
                if name in records.dtype.names:
                    records[name].copy()


def row_type(header: fits.Header) -> np.dtype:
    fields = []
    for i in range(1, header["TFIELDS"] + 1):
        form = header[f"TFORM{i}"].strip()
        repeat = int(form[:-1] or 1)
        kind = f"S{repeat}" if form[-1] == "A" else TYPES[form[-1]]
        fields.append((header[f"TTYPE{i}"].upper(), kind, () if form[-1] == "A" or repeat == 1 else (repeat,)))
    return np.dtype(fields)


def by_specutils(path: Path) -> None:
    from specutils import Spectrum

    Spectrum.read(path)


WAYS: dict[str, Callable[[Path], None]] = {
    "specutils, Spectrum.read": by_specutils,
    "astropy, HDU.data of each table": by_astropy_tables,
    "astropy headers, numpy.frombuffer": by_astropy_headers,
    "specvae, read_file": by_specvae,
}


def rates(way: Callable[[Path], None], paths: list[Path]) -> tuple[float, float, int]:
    """Files per second, files per second of processor time, and how many files these were taken from."""
    start, start_cpu = time.perf_counter(), time.process_time()
    n = 0
    for path in paths:
        way(path)
        n += 1
        if time.perf_counter() - start > LIMIT_S:
            break
    return n / (time.perf_counter() - start), n / (time.process_time() - start_cpu), n


def by_astropy_arrays(path: Path) -> None:
    with fits.open(path, memmap=False) as units:
        for unit in units:
            if unit.data is not None:
                np.asarray(unit.data)


def shortest(way: Callable[[Path], None], path: Path) -> float:
    """The shortest of some readings of a file, ms; the first, which fills caches, is not counted."""
    way(path)
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        way(path)
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def other_formats(folder: Path) -> None:
    print(f"\n| {'format':<28} | astropy, all arrays (ms) | specvae, read_file (ms) | ratio |")
    print(f"|{'-' * 30}|-------------------------:|------------------------:|------:|")
    for name, file in FORMATS.items():
        if (folder / file).is_file():
            raw, own = (shortest(way, folder / file) for way in (by_astropy_arrays, by_specvae))
            print(f"| {name:<28} | {raw:>24.1f} | {own:>23.1f} | {own / raw:>5.2f} |", flush=True)


def main() -> None:
    paths = find_files([Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER])
    size = sum(len(path.read_bytes()) for path in paths) / len(paths)  # and into the page cache with them
    warnings.simplefilter("ignore")
    import specutils  # noqa: F401  # outside the clock

    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} CPUs, one process")
    print(f"{datetime.date.today()}, {len(paths)} files of {size / 1e3:.0f} kB on average\n")
    print(f"| {'way':<34} | files/s | per CPU second | files |\n|{'-' * 36}|--------:|---------------:|------:|")
    for name, way in WAYS.items():
        rate, cpu_rate, n = rates(way, paths)
        print(f"| {name:<34} | {rate:>7.1f} | {cpu_rate:>14.1f} | {n:>5} |", flush=True)
    other_formats(DEFAULT_FOLDER.parent)


if __name__ == "__main__":
    main()
