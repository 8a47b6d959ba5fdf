"""Hostile archives, compressed files and HDF5: claims, bombs, pickles, links that lead elsewhere."""

import bz2
import gzip
import io
import lzma
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
from good_files import GOOD, WAVE, M, Rng, flux
from hostile_fits import header

MARK = "unpickled"
"""Name of the file that a pickle would leave beside the hostile files."""


def npy(descr: object, shape: object, content: bytes = b"", version: int = 1) -> bytes:
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape!r}, }}\n".encode()
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text + content


def npz_of(path: Path, members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytearray:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name + ".npy", content)
    path.with_suffix(".npz").write_bytes(memory.getvalue())
    return bytearray(memory.getvalue())


def array(values: object) -> bytes:
    memory = io.BytesIO()
    np.save(memory, np.asarray(values), allow_pickle=True)
    return memory.getvalue()


def npz_claims(rng: Rng, path: Path) -> None:
    shapes = [(10**12,), (10**6, 10**6), (2**62, 4), (-5,), (3, -1), (2**64,), (1e9,), ("x",), 7, None, (10**9, 0)]
    kinds = [
        "<f8",
        "<U100000000",
        "|V1000000000",
        "|O",
        "<M8[ns]",
        "<c16",
        "<f2",
        "x" * 99,
        [("a", "<f8")],
        [("a", "|O")],
    ]
    members = {"wave": array(WAVE), "flux": array(flux(rng)), "ivar": array(np.ones((3, M)))}
    name = str(rng.choice(["wave", "flux", "ivar", "unused", "id", "z"]))
    odd = npy(
        kinds[rng.integers(len(kinds))], shapes[rng.integers(len(shapes))], rng.bytes(64), int(rng.choice([1, 2, 3, 9]))
    )
    npz_of(path, members | {name: odd})


def npz_header(rng: Rng, path: Path) -> None:
    deep = int(10 ** rng.uniform(1, 4.5))
    texts = [
        b"(" * deep,
        b"[" * deep + b"]" * deep,
        b"{'descr': '<f8'" + b" " * deep,
        b"__import__('os').system('true')",
        b"\xff" * 99,
    ]
    odd = (
        b"\x93NUMPY\x01\x00"
        + struct.pack("<H", min(len(text := texts[rng.integers(len(texts))]), 65535))
        + text[:65535]
    )
    npz_of(path, {"wave": array(WAVE), "flux": odd})


class Marks:
    """Leaves a mark where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple:
        return open, (self.path, "w")


def npz_pickle(rng: Rng, path: Path) -> None:
    objects = np.array([Marks(path.parent / MARK)], dtype=object)
    np.savez(
        path.with_suffix(".npz"),
        **{"wave": WAVE, "flux": flux(rng), str(rng.choice(["flux", "id", "unused"])): objects},
    )


def zip_odd(rng: Rng, path: Path) -> None:
    """Members that are encrypted, packed in unknown ways, or damaged in archive's directory."""
    method = int(rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]))
    content = npz_of(path, {"wave": array(WAVE), "flux": array(flux(rng))}, method)
    directory = content.rfind(b"PK\x01\x02")
    way = rng.integers(5)
    if way == 0:
        content[directory + 8] |= 1  # encrypted
        content[6] |= 1
    elif way == 1:
        struct.pack_into("<H", content, directory + 10, int(rng.choice([1, 6, 9, 97, 98, 99])))
    elif way == 2:
        struct.pack_into("<I", content, directory + 42, int(rng.integers(2**32)))  # where the member begins
    elif way == 3:
        struct.pack_into("<II", content, directory + 20, int(rng.integers(2**32)), int(rng.integers(2**32)))
    else:
        for place in rng.integers(30, max(31, directory), size=9):
            content[place] ^= 255
    path.with_suffix(".npz").write_bytes(content)


def zip_members(rng: Rng, path: Path) -> None:
    names = {f"{rng.integers(10**9)}": array(1.0) for _ in range(int(10 ** rng.uniform(2, 4)))}
    npz_of(path, {"wave": array(WAVE), "flux": array(flux(rng)), "../../escape": array(1.0), **names})


def zip_bomb(rng: Rng, path: Path) -> None:
    size = int(rng.choice([5, 20])) * 10**8
    with zipfile.ZipFile(path.with_suffix(".npz"), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("wave.npy", array(WAVE))
        with archive.open("flux.npy", "w", force_zip64=True) as member:
            member.write(npy("<f8", (size // 8 // M, M)))
            for _ in range(size // 10**7):
                member.write(bytes(10**7))


def gzip_bomb(rng: Rng, path: Path) -> None:
    opened = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    ending = str(rng.choice(list(opened)))
    kind = str(rng.choice([".fits", ".csv", ".dat"]))
    with opened[ending](
        path.with_suffix(kind + ending), "wb", **({"preset": 1} if ending == ".xz" else {"compresslevel": 1})
    ) as file:
        if kind == ".fits":
            file.write(header({"SIMPLE": True, "BITPIX": -32, "NAXIS": 1, "NAXIS1": 2 * 10**8}))
        for _ in range(80):
            file.write(b"\n" * 10**7 if kind == ".csv" and ending == ".gz" else bytes(10**7))


def compressed_odd(rng: Rng, path: Path) -> None:
    pack, ending = [(gzip.compress, ".gz"), (bz2.compress, ".bz2"), (lzma.compress, ".xz")][rng.integers(3)]
    plain = GOOD[rng.integers(len(GOOD))](rng, path)
    content = bytearray(pack(plain.read_bytes()))
    if rng.integers(2):
        content[int(rng.integers(20, len(content)))] ^= 16
    else:
        del content[int(rng.integers(4, len(content))) :]
    plain.with_name(plain.name + ending).write_bytes(content)
    plain.unlink()


def hdf5_shape(rng: Rng, path: Path) -> None:
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        shape = [(10**12,), (10**6, 10**6), (10**9, M), (3, 10**9), (0, M), ()][rng.integers(6)]
        chunks = tuple(min(n, 64) or 1 for n in shape) if shape and 0 not in shape and rng.integers(2) else None
        if "wave" not in file:
            file["wave"] = WAVE
        names = ["flux", "ivar", "id", "z", "unused", "wavelength"]
        file.create_dataset(str(rng.choice(names)), shape, "f8", chunks=chunks, compression="gzip" if chunks else None)
        if "flux" not in file:
            file["flux"] = flux(rng)


def hdf5_elsewhere(rng: Rng, path: Path) -> None:
    other = path.with_name(path.name + "-elsewhere.bin")
    other.write_bytes(np.full((3, M), 777.0).tobytes())
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        file["wave"] = WAVE
        way = rng.integers(4)
        if way == 0:
            file.create_dataset("flux", (3, M), "f8", external=[(str(other), 0, h5py.h5f.UNLIMITED)])
        elif way == 1:
            file["flux"] = h5py.ExternalLink("/etc/passwd", "/flux")
        elif way == 2:
            layout = h5py.VirtualLayout((3, M), "f8")
            layout[:] = h5py.VirtualSource(str(other), "flux", (3, M))
            file.create_virtual_dataset("flux", layout)
        else:
            file["flux"] = h5py.SoftLink("/flux")
            file.create_group("a")["b"] = file["/"]  # a group within itself
    other.unlink() if way == 0 and rng.integers(2) else None


def hdf5_odd(rng: Rng, path: Path) -> None:
    values = [
        np.array([b"x" * 10**5] * 3),
        np.ones((3, M), "c16"),
        np.ones((3, 2, 2, M)),
        np.zeros(3, [("a", "f8"), ("b", "S9")]),
        h5py.Empty("f8"),
        np.array(["\ud55c" * 99] * 3, dtype=h5py.string_dtype()),
        np.ones((3, M), "?"),
        10**18,
    ]
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        file["wave"] = WAVE if rng.integers(2) else values[rng.integers(len(values))]
        file["flux"] = flux(rng) if rng.integers(2) else values[rng.integers(len(values))]
        file.attrs["z"] = 1e300
        file["n" * int(10 ** rng.uniform(1, 4))] = np.arange(3)
        for number in range(int(rng.integers(300))):
            file.create_group(f"g{number}")["flux"] = h5py.Empty("f4")


def hdf5_bomb(rng: Rng, path: Path) -> None:
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        file["wave"] = WAVE
        rows = int(rng.choice([10**5, 6 * 10**5]))
        file.create_dataset(
            "flux", data=np.zeros((rows, M), "f4"), chunks=(rows, M), compression="gzip", compression_opts=1
        )
