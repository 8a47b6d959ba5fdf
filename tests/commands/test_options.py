import pytest

from specvae_core.commands.options import interval, numbers
from specvae_core.errors import BadConfig


def test_an_interval_has_two_finite_numbers():
    assert interval("0:0.5", "--redshift-range") == (0.0, 0.5)
    for text in ("", "1", "1:2:3", "a:b", "nan:1", "0:inf", "1:" + "9" * 5000):
        with pytest.raises(BadConfig, match="two numbers were expected"):
            interval(text, "--redshift-range")


@pytest.mark.parametrize("kind", [int, float])
def test_numbers_of_a_list_fit_into_64_bits(kind):
    assert numbers("4,8", kind, "--latents") == [4, 8]
    for text in ("", "4,", "x", "nan", "1e999", "9" * 400, "9" * 5000):
        with pytest.raises(BadConfig, match="--latents is"):
            numbers(text, kind, "--latents")
