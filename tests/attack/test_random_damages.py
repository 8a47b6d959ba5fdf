"""Random damage to the files of a workspace: what is damaged is refused or unharmed, all else stays as it was."""

import numpy as np
from damages import REFUSED, Verdict, attack, make_workspace, probe

SEED, N = 3, 60


def test_no_damage_passes_unseen_or_takes_anything_else_along(tmp_path):
    make_workspace(tmp_path / "sound")
    before, verdict = probe(tmp_path / "sound"), Verdict()
    assert REFUSED not in before.values()
    for number in range(N):
        attack(tmp_path / "sound", tmp_path / "w", np.random.default_rng([SEED, number]), before, verdict)
    assert verdict.lost == []
    assert verdict.refused > N / 3
