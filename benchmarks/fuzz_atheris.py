"""Readers on files that atheris makes, led by the code that they reach: ``python benchmarks/fuzz_atheris.py``.

Needs ``pip install atheris``, which is not a dependency of SpecVAE. The first byte of an input chooses one of the good
files of ``tests/attack``, whose content the corpus begins with, and so the name that the rest is read under. What is
found ends the run and is left in ``crash-…``; it becomes a test in ``tests/attack``.
"""

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "attack")]

with atheris.instrument_imports(include=["specvae_core.data"]):
    from fuzz import GOOD, good, read_and_check

    from specvae_core.data.apart import become_worker

import specutils  # noqa: E402, F401 - loading it takes longer than a file may, where it is loaded with the first file

LONGEST, MOST_MEMORY = 20, 1000
"""Seconds and MB that a file may take."""


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    made.add_argument("--minutes", type=float, default=10.0)
    made.add_argument("--seed", type=int, default=1)
    options = made.parse_args()
    warnings.simplefilter("ignore")
    become_worker()  # every file is read here, where its way through the code is seen
    with tempfile.TemporaryDirectory() as folder:
        corpus, files = Path(folder) / "corpus", Path(folder) / "files"
        corpus.mkdir()
        files.mkdir()
        for number in range(len(GOOD)):
            (corpus / str(number)).write_bytes(bytes([number]) + good(number)[1])

        def read(data: bytes) -> None:
            if data:
                path = files / good(data[0] % len(GOOD))[0]
                path.write_bytes(data[1:])
                read_and_check(path)

        limits = [f"-max_total_time={60 * options.minutes:.0f}", f"-timeout={LONGEST}", f"-rss_limit_mb={MOST_MEMORY}"]
        atheris.Setup([sys.argv[0], *limits, f"-seed={options.seed}", "-max_len=400000", str(corpus)], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
