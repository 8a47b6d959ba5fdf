"""Times and scores of docs/discover.md: ``python benchmarks/discover.py PART``."""

import sys
import time

import numpy as np
import pandas as pd

from specvae_core.data.filters import Filter


def filters(n: int = 1_000_000) -> None:
    """Seconds that filters of several kinds take on a catalogue of n objects."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "id": [f"object-{i}" for i in range(n)],
            "class": rng.choice(["quiescent", "emission-line", "broad-line AGN"], n),
            **{name: rng.normal(5, 5, n) for name in ("sn", "ew_h_alpha", "ew_h_beta", "ew_oiii_5007")},
        }
    )
    for text in (
        'class == "quiescent" and sn > 10 and ew_h_alpha < -2',
        "log10(oiii_5007 / h_beta) > 0.5",
        'class in ["quiescent", "broad-line AGN"] or not 0 < sn < 5',
        'contains(class, "agn")',
    ):
        start = time.perf_counter()
        count = int(Filter.of(text).mask(table).sum())
        print(f"| `{text}` | {count:,} of {n:,} | {time.perf_counter() - start:.2f} s |")


PARTS = {"filter": filters}

if __name__ == "__main__":
    PARTS[sys.argv[1]]()
