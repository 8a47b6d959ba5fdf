"""Readers on files that Hypothesis damages, for an hour: ``python benchmarks/fuzz.py [--minutes 60] [--seed 1]``.

What is found is shrunk, printed and ends the run; it becomes a test in ``tests/attack``.
"""

import argparse
import sys
import tempfile
import time
import warnings
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "attack")]

from fuzz import check, damaged_files  # noqa: E402

EXAMPLES = 500
"""Examples of one round; each round has a seed of its own."""


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    made.add_argument("--minutes", type=float, default=60.0)
    made.add_argument("--seed", type=int, default=1)
    options = made.parse_args()
    warnings.simplefilter("ignore")
    start, rounds = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() - start < 60 * options.minutes:

            @seed(options.seed + rounds)
            @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
            @given(case=damaged_files)
            def round_of_examples(case: tuple) -> None:
                check(Path(folder), case)

            round_of_examples()
            rounds += 1
    print(f"{rounds * EXAMPLES:,} damaged files in {(time.monotonic() - start) / 60:.1f} minutes: nothing found.")


if __name__ == "__main__":
    main()
