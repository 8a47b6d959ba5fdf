import numpy as np
import pytest

from specvae_core.data.readers.assemble import Pixels
from specvae_core.data.readers.join import join


def part(wavelength: np.ndarray, level: float, ivar: float | None) -> Pixels:
    flux = np.full(len(wavelength), level)
    return Pixels(wavelength, flux, None if ivar is None else np.full(len(wavelength), ivar), "counts", ("a phrase",))


def test_parts_without_overlap_follow_each_other_whatever_their_order():
    whole = join([part(np.arange(10.0, 13), 2.0, 4.0), part(np.arange(1.0, 4), 1.0, 1.0)])
    assert whole.wavelength.tolist() == [1, 2, 3, 10, 11, 12]
    assert whole.flux.tolist() == [1, 1, 1, 2, 2, 2]
    assert whole.ivar.tolist() == [1, 1, 1, 4, 4, 4]
    assert whole.converted == ("a phrase",)


def test_shared_pixels_are_averaged_by_inverse_variance():
    whole = join([part(np.arange(1.0, 6), 1.0, 1.0), part(np.arange(4.0, 9) + 1e-9, 5.0, 3.0)])
    np.testing.assert_allclose(whole.wavelength, np.arange(1.0, 9))
    np.testing.assert_allclose(whole.flux, [1, 1, 1, 4, 4, 5, 5, 5])  # (1 x 1 + 3 x 5) / 4
    np.testing.assert_allclose(whole.ivar, [1, 1, 1, 4, 4, 3, 3, 3])


def test_a_bad_pixel_leaves_the_overlap_to_the_other_part():
    first, second = part(np.arange(1.0, 6), 1.0, 1.0), part(np.arange(4.0, 9), 5.0, 3.0)
    first.flux[3], first.ivar[3] = np.nan, 0.0
    second.flux[1], second.ivar[1] = np.inf, 0.0
    whole = join([first, second])
    np.testing.assert_allclose(whole.flux[[3, 4]], [5.0, 1.0])
    np.testing.assert_allclose(whole.ivar[[3, 4]], [3.0, 1.0])


def test_scales_that_do_not_agree_are_interpolated_without_gain():
    first, second = part(np.arange(0.0, 10), 1.0, 1.0), part(np.arange(5.5, 15), 1.0, 1.0)
    second.flux[:] = second.wavelength
    whole = join([first, second])
    assert (np.diff(whole.wavelength) > 0).all()
    np.testing.assert_allclose(whole.flux[6:10], (1 + np.arange(6.0, 10)) / 2)
    np.testing.assert_allclose(whole.ivar[6:10], 2.0)


def test_without_errors_in_one_part_nobodys_are_used():
    first, second = part(np.arange(1.0, 6), 1.0, 1.0), part(np.arange(4.0, 9), 5.0, None)
    first.ivar[0] = 0.0
    whole = join([first, second])
    assert whole.ivar is None
    np.testing.assert_array_equal(whole.flux, [np.nan, 1, 1, 3, 3, 5, 5, 5])


def test_many_objects_on_one_scale_are_joined_at_once():
    rng = np.random.default_rng(1)
    blue, red = (
        Pixels(np.arange(a, a + 50.0), rng.normal(size=(3, 50)), rng.uniform(0, 2, (3, 50)), "", ()) for a in (0, 40)
    )
    together = join([blue, red])
    for i in range(3):
        alone = join([Pixels(p.wavelength, p.flux[i], p.ivar[i], "", ()) for p in (blue, red)])
        np.testing.assert_allclose(together.flux[i], alone.flux)
        np.testing.assert_allclose(together.ivar[i], alone.ivar)


@pytest.mark.parametrize("seed", range(3))
def test_the_overlap_is_as_well_measured_as_its_ivar_says(seed):
    rng = np.random.default_rng(seed)
    parts = []
    for start, sigma in ((0.0, 1.0), (500.0, 0.5)):
        wavelength = np.arange(start, start + 1000)
        parts.append(Pixels(wavelength, rng.normal(0, sigma, 1000), np.full(1000, sigma**-2), "", ()))
    whole = join(parts)
    shared = slice(500, 1000)
    assert np.std(whole.flux[shared] * np.sqrt(whole.ivar[shared])) == pytest.approx(1.0, abs=0.15)
