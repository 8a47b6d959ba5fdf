"""Hostile text, XML and tables, and what is not a file."""

import os
import socket
from pathlib import Path

import numpy as np
import pandas as pd
from good_files import ECSV, VOTABLE, WAVE, M, Rng, flux, good_text
from hostile_archives import array, npz_of


def text_odd(rng: Rng, path: Path) -> None:
    big = int(10 ** rng.uniform(3, 5.3))
    texts = [
        "wavelength,flux\n" + "9" * big + ",1\n5000,1\n",
        "1e999999 1\n2e999999 2\n",
        "(" * big,
        "[" * big + "]" * big,
        "wavelength,flux," + "n" * big + "\n" + "".join(f"{w},1,2\n" for w in WAVE),
        '"' * big,
        "," * big + "\n" + "," * big,
        "wavelength flux\n" + "\n".join(f"{w} 1_000" for w in WAVE),
        "\ufeff",
        "\r" * big,
        "#" * big + "\n1 2\n",
        "0x10 0x20\n" * 99,
        "wavelength,flux\n" + "".join(f"\u0661\u0662{w},\u0663\n" for w in WAVE),
        "a\tb\n" * big,
        "1 " * big,
        "nan nan\n" * 400,
        "wavelength,flux\n"
        + "".join(f"{w},{f}\n" for w, f in zip(WAVE, rng.choice([1e308, -1e308, 1e-320, np.inf], M), strict=True)),
        "wavelength,flux,redshift\n"
        + "".join(f"{w},1,{z}\n" for w, z in zip(WAVE, [rng.choice([1e300, -2, 1e-300])] * M, strict=True)),
        "id,wavelength,flux\n" + "".join(f"{i},{5000 + i},1\n" for i in range(min(big, 9000))) + "x" * 9,
        "# z = " + "1" * big + "\n1 2\n2 3\n",
        "flux_" + ",flux_".join(str(10**k) for k in range(300)) + "\n" + ",".join(["1"] * 300),
        "{" * big + '"a": 1}',
        "a:b|c;d\te f,g\n" * 500,
    ]
    text = texts[rng.integers(len(texts))]
    encoding = str(rng.choice(["utf-8", "utf-8", "utf-8", "utf-16", "utf-32"]))
    path.with_suffix(str(rng.choice([".csv", ".txt", ".dat", ".tsv", ""]))).write_bytes(
        text.encode(encoding, "replace")
    )


def text_bytes(rng: Rng, path: Path) -> None:
    starts = [
        b"",
        b"SIMPLE  =",
        b"PK\x03\x04",
        b"\x89HDF\r\n\x1a\n",
        b"PAR1",
        b"MATLAB 5.0 MAT-file",
        b"# %ECSV 1.0\n",
        b"ENVI\n",
        b"<?xml version='1.0'?><VOTABLE>",
        b"#ASDF 1.0.0\n",
        b"\\a\n|w|f|\n",
        b"\x1f\x8b\x08",
        b"BZh9",
        b"\xfd7zXZ\x00",
        b"\xff\xfe",
        b"\x93NUMPY",
    ]
    endings = [
        "",
        ".fits",
        ".npz",
        ".h5",
        ".parquet",
        ".mat",
        ".ecsv",
        ".hdr",
        ".xml",
        ".asdf",
        ".tbl",
        ".gz",
        ".csv",
        ".txt",
    ]
    noise = (
        rng.bytes(int(rng.integers(0, 9000))) if rng.integers(2) else bytes(rng.integers(32, 127, 5000, dtype=np.uint8))
    )
    path.with_suffix(str(rng.choice(endings))).write_bytes(starts[rng.integers(len(starts))] + noise)


def xml_odd(rng: Rng, path: Path) -> None:
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(10))
    types = [f"<!DOCTYPE v [{laughs}]>", '<!DOCTYPE v [<!ENTITY x SYSTEM "file:///etc/passwd">]>', ""]
    streams = [
        "<TABLEDATA><TR><TD>&l9;</TD><TD>&x;</TD></TR></TABLEDATA>",
        '<BINARY><STREAM encoding="base64">AAAA====</STREAM></BINARY>',
        '<FITS><STREAM href="file:///etc/passwd"/></FITS>',
        "<TABLEDATA>" + "<TR>" * 5000,
        '<BINARY2><STREAM encoding="base64">' + "f" * 4000 + "</STREAM></BINARY2>",
        "<TABLEDATA><TR><TD>1e999</TD><TD/></TR></TABLEDATA>",
    ]
    size = str(rng.choice(["1", "*", "1000000000", "10x10x*", "-1", "x"]))
    text = VOTABLE.format(doctype=types[rng.integers(3)], rows=streams[rng.integers(len(streams))], size=size)
    path.with_suffix(".xml").write_text(text)


def ecsv_odd(rng: Rng, path: Path) -> None:
    laughs = "{a0: &a0 [x], " + ", ".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)) + "}"
    metas = [laughs, "!!python/object/apply:os.system ['true']", "[" * 3000, "{a: " + "9" * 5000 + "}", "&a [*a]"]
    path.with_suffix(".ecsv").write_text(
        ECSV.format(meta=metas[rng.integers(len(metas))]) + "".join(f"{w} 1\n" for w in WAVE)
    )


def names_odd(rng: Rng, path: Path) -> None:
    """Names of columns that are long, hold signs that no file can, or are those of the program."""
    odd = [
        "n" * 60_000,
        "a\ud800b",
        "a\nb",
        "\u202eabc",
        "",
        " ",
        "id",
        "class",
        "__proto__",
        "../../x",
        "\x1b[31m",
        "=1+1",
        "a\x00b",
    ]
    name, values = (
        odd[rng.integers(len(odd))],
        np.array(["x", "\ud800" if rng.integers(2) else "=cmd()", "y" * 30_000][: int(rng.integers(1, 4))]),
    )
    columns = {"wave": WAVE, "flux": flux(rng), name: np.resize(values, 3)}
    npz_of(
        path,
        {key.encode("utf-8", "replace").decode().replace("\x00", ""): array(value) for key, value in columns.items()},
    )


def envi_odd(rng: Rng, path: Path) -> None:
    sizes = [int(10 ** rng.uniform(0, 14)) for _ in range(3)]
    head = f"ENVI\nsamples = {sizes[0]}\nlines = {sizes[1]}\nbands = {sizes[2]}\n"
    head += f"interleave = {rng.choice(['bsq', 'x', 'bip'])}\ndata type = {rng.choice([1, 4, 5, 6, 99, 1e300])}\n"
    head += f"header offset = {rng.choice([0, -5, 10**15])}\nbyte order = {rng.choice([0, 1, 'x'])}\n"
    path.with_suffix(".hdr").write_text(head + "wavelength = {" + "9" * int(rng.choice([10, 10**5])) + "\n")
    path.with_suffix(".img").write_bytes(rng.bytes(999))


def parquet_odd(rng: Rng, path: Path) -> None:
    values = [
        [[[1.0]]] * 3,
        [{"a": 1}] * 3,
        [None, [1.0], []],
        pd.to_datetime(["2020"] * 3),
        [b"\xff"] * 3,
        ["\u0000"] * 3,
        [[], [], []],
    ]
    columns = {"flux": list(flux(rng)), "wave": [WAVE] * 3, "id": list("abc")}
    columns |= {
        str(rng.choice(list(columns))): values[rng.integers(len(values))],
        "n" * int(10 ** rng.uniform(0, 5.3)): [1, 2, 3],
    }
    pd.DataFrame(columns).to_parquet(path.with_suffix(".parquet"))


# What is not a file


def no_file(rng: Rng, path: Path) -> None:
    path = path.with_suffix(str(rng.choice([".fits", ".npz", ".csv"])))
    way = rng.integers(6)
    if way == 0:
        os.mkfifo(path)
    elif way == 1:
        with socket.socket(socket.AF_UNIX) as made:
            place = os.getcwd()
            os.chdir(path.parent)  # the name of a socket is short
            try:
                made.bind(path.name)
            finally:
                os.chdir(place)
    elif way == 2:
        path.symlink_to("/dev/" + str(rng.choice(["zero", "null", "urandom", "tty"])))
    elif way == 3:
        path.symlink_to(path.name)
    elif way == 4:
        path.symlink_to("nowhere")
    else:
        path.touch()


def odd_name(rng: Rng, path: Path) -> None:
    """A good or empty file whose name is the attack."""
    names = [
        b"\xff\xfe%d.csv",
        b"new\nline%d.csv",
        b"\x1b[2J%d.csv",
        b"=HYPERLINK(%d).csv",
        b"-rf %d.csv",
        "한".encode() * 60 + b"%d.csv",
        b"\xed\xa0\xbd%d.csv",
    ]
    good = good_text(rng, path)
    name = os.fsencode(path.parent) + b"/" + names[rng.integers(len(names))] % rng.integers(10**6)
    os.rename(good, name)
