from dataclasses import replace

import numpy as np

from specvae_core.data.spectra import Observation
from specvae_core.data.tally import Kind, Tally
from specvae_core.data.understanding import Understanding

TABLE = Understanding("text table", wavelength="column wave", mask="column mask", assumed=("wavelengths in vacuum",))
FULL = Observation("a", np.arange(3.0), np.ones(3), np.ones(3), 0.1, columns={"RA": 1.0, "dec": 2.0}, understood=TABLE)
BARE = replace(FULL, ivar=None, redshift=np.nan, columns={"ra": 1.0}, understood=Understanding("arrays"))


def test_what_spectra_come_with_is_counted():
    tally = Tally()
    for observation in (FULL, FULL, BARE):
        tally.add(Kind.of(observation))
    told = tally.to_json()
    assert told["with"] == {"redshift": 2, "errors": 2, "mask": 2, "position": 2}
    assert [kind["spectra"] for kind in told["kinds"]] == [2, 1]
    assert told["kinds"][0]["assumed"] == ["wavelengths in vacuum"]
    assert "medium" not in told["kinds"][0]


def test_an_interrupted_count_goes_on():
    first = Tally()
    first.add(Kind.of(FULL))
    second = Tally(first.to_json())
    second.add(Kind.of(FULL))
    assert second.to_json()["kinds"][0]["spectra"] == 2
    assert second.to_json()["with"]["redshift"] == 2
