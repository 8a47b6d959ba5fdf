"""Hostile FITS files: headers that claim too much, odd scales, odd numbers."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from good_files import M, Rng, flux, good_sdss


def card(key: str, value: object) -> bytes:
    shown = {True: "T", False: "F"}[value] if isinstance(value, bool) else repr(value)
    return f"{key:<8}= {shown:>20}".ljust(80)[:80].encode("latin-1", "replace")


def header(cards: Mapping[str, object], end: bool = True) -> bytes:
    block = b"".join(card(key, value) for key, value in cards.items()) + (b"END".ljust(80) if end else b"")
    return block.ljust(-(-len(block) // 2880) * 2880)


def fits_of(path: Path, *blocks: bytes) -> None:
    path.with_suffix(".fits").write_bytes(b"".join(blocks))


def fits_shape(rng: Rng, path: Path) -> None:
    sizes = {f"NAXIS{i}": int(10 ** rng.uniform(0, 19)) for i in range(1, int(rng.integers(2, 5)))}
    bits = int(rng.choice([8, 16, 32, -32, -64, 7, 10**12]))
    fits_of(path, header({"SIMPLE": True, "BITPIX": bits, "NAXIS": len(sizes), **sizes}), rng.bytes(2880))


def fits_axes(rng: Rng, path: Path) -> None:
    n = int(rng.choice([500, 999, 1000, 10**6, 10**9, 10**18, -1]))
    sizes = {f"NAXIS{i}": int(rng.integers(0, 3)) for i in range(1, min(max(n, 0), 999) + 1)}
    fits_of(path, header({"SIMPLE": True, "BITPIX": 8, "NAXIS": n, **sizes}), bytes(2880))


def fits_table(rng: Rng, path: Path) -> None:
    forms = ["999999999999E", "1PE(999999999)", "QD", "-1E", "0E", "E", "1000000000A", "3X", "", "1M", "2PJ(1)", "Z"]
    columns = {
        "TTYPE1": "WAVELENGTH",
        "TFORM1": str(rng.choice(forms)),
        "TTYPE2": "FLUX",
        "TFORM2": str(rng.choice(forms)),
    }
    odd = {"TSCAL2": float(rng.choice([1e300, 0.0, -1.0])), "TZERO2": float(rng.choice([1e308, 0.0, 2.0**63]))}
    table = {
        "XTENSION": "BINTABLE",
        "BITPIX": 8,
        "NAXIS": 2,
        "NAXIS1": int(rng.choice([8, 16, 10**6])),
        "NAXIS2": int(rng.choice([1, 300, 10**9, 10**12])),
        "PCOUNT": int(rng.choice([0, 10**15])),
        "GCOUNT": 1,
        "TFIELDS": int(rng.choice([2, 999, 10**9])),
        **columns,
        **odd,
        "TUNIT1": "Angstrom",
    }
    fits_of(path, header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True}), header(table), rng.bytes(5760))


def fits_endless(rng: Rng, path: Path) -> None:
    cards = {f"KEY{i}": float(rng.normal()) for i in range(int(rng.integers(100, 9999)))}
    fits_of(path, header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0} | cards, end=bool(rng.integers(2))))


def fits_units(rng: Rng, path: Path) -> None:
    more = header(
        {"XTENSION": "IMAGE", "BITPIX": 8, "NAXIS": int(rng.integers(2)), "NAXIS1": 0, "PCOUNT": 0, "GCOUNT": 1}
    )
    fits_of(
        path, header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True}), more * int(10 ** rng.uniform(2, 4.3))
    )


def fits_scale(rng: Rng, path: Path) -> None:
    odd = [0.0, -1.0, 1e300, 1e-300, 1e9, -3600.0]
    scale = {key: float(rng.choice(odd)) for key in ("CRVAL1", "CDELT1", "CRPIX1")}
    words = {
        "CTYPE1": str(rng.choice(["WAVE", "AWAV", "FREQ", "MULTISPE", "LINEAR", "X" * 60])),
        "DC-FLAG": int(rng.integers(-1, 3)),
    }
    words |= {"CUNIT1": str(rng.choice(["Angstrom", "nm", "m", "Hz", "(((", "m" * 60])), "BUNIT": "erg/" * 12}
    words |= {
        "WAT2_001": 'spec1 = "1 1 0 ' + " ".join(str(rng.choice(odd)) for _ in range(4)),
        "BSCALE": float(rng.choice(odd)),
    }
    data = flux(rng, 1)[0].astype(">f4").tobytes().ljust(2880, b"\0")
    fits_of(path, header({"SIMPLE": True, "BITPIX": -32, "NAXIS": 1, "NAXIS1": M, **scale, **words}), data)


def fits_numbers(rng: Rng, path: Path) -> None:
    """An SDSS spectrum with a stretch of numbers that arithmetic does not expect."""
    content = bytearray(good_sdss(rng, path).read_bytes())
    odd = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, 0, 1e30, -1e30], ">f4")
    start = 2880 * 2 + 16 * int(rng.integers(M - 20))
    pixels = rng.choice(odd, int(rng.integers(1, 60))).astype(">f4").tobytes()
    content[start : start + len(pixels)] = pixels
    path.with_suffix(".fits").write_bytes(content)
