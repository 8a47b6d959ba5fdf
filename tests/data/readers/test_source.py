from pathlib import Path

from specvae_core.data.readers.source import unique_stems


def test_names_take_as_much_of_the_path_as_makes_them_unique():
    paths = [Path("/a/one/spec.fits"), Path("/b/one/spec.fits"), Path("/b/two/spec.fits"), Path("/b/x.fits.gz")]
    assert list(unique_stems(paths).values()) == ["a/one/spec", "b/one/spec", "two/spec", "x"]


def test_names_that_differ_in_their_ending_only():
    assert list(unique_stems([Path("/a/spec.csv"), Path("/a/spec.dat")]).values()) == ["spec.csv", "spec.dat"]
