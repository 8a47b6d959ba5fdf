import numpy as np
import pandas as pd
import pytest

from dashboard.colouring import colouring_of
from dashboard.plots.shade import (
    colour_scale,
    draw,
    halve,
    in_colour,
    layer,
    make_ink,
    mix_classes,
    over,
    point_colours,
    scale_colours,
)
from dashboard.theme import CLASS_COLOURS, PALETTES, rgb

RED = "#D55E00"


def channels(image: np.ndarray) -> np.ndarray:
    return image.view(np.uint8).reshape(*image.shape, 4)


def ink_of(classes: list[str], visible: list[bool] | None = None, theme: str = "light"):
    colouring = colouring_of(pd.DataFrame({"class": classes}), "class")
    return make_ink(colouring, np.array(visible or [True] * len(classes)), theme)


def drawn(x, y, ink, size: int) -> np.ndarray:
    """(size, size, 4) channels of a drawing of the unit square."""
    return channels(draw(*np.array([x, y], np.float32), ink, (0.0, 1.0), (0.0, 1.0), (size, size)))


def test_a_pixel_mixes_the_colours_of_its_classes_by_count():
    counts = np.zeros((1, 3, 8), np.uint32)
    counts[0, 0, :2] = 3, 1
    counts[0, 1, 1] = 4
    counts[0, 2, -1] = 7
    total, colour, grey = mix_classes(counts, np.array([[200.0, 0, 0], [0, 100.0, 0]]))
    np.testing.assert_array_equal(total[0], [4, 4, 0])
    np.testing.assert_array_equal(colour[0, :2], [[150, 25, 0], [0, 100, 0]])
    np.testing.assert_array_equal(grey[0], [0, 0, 7])


def test_empty_pixels_are_clear_and_dense_ones_more_opaque():
    alpha = channels(layer(np.array([[0, 1, 30, 1000]]), np.zeros((1, 4, 3))))[0, :, 3]
    assert alpha[0] == 0
    assert 0 < alpha[1] < alpha[2] < alpha[3]
    assert alpha[3] >= 254


def test_context_lies_beneath_the_colours():
    ink = ink_of(["quiescent"] + ["star"] * 500, [True] + [False] * 500)
    pixel = drawn([0.5] * 501, [0.5] * 501, ink, 9)[4, 4]
    colour, grey = rgb(CLASS_COLOURS["quiescent"]), rgb(PALETTES["light"].context)
    assert np.abs(pixel[:3] - colour).sum() < np.abs(pixel[:3] - grey).sum()


@pytest.mark.parametrize(
    ("x", "y", "row", "column"), [(0.115, 0.115, 2, 2), (0.915, 0.115, 2, 18), (0.315, 0.915, 18, 6)]
)
def test_a_dot_is_drawn_around_its_point(x, y, row, column):
    pixels = drawn([x, np.nan], [y, 0.5], ink_of(["quiescent", "quiescent"]), 20)
    at = np.argwhere(pixels[..., 3])
    np.testing.assert_allclose(at.mean(axis=0), [row, column], atol=0.51)
    np.testing.assert_array_equal(pixels[at[:, 0], at[:, 1], :3].mean(axis=0).round(), rgb(CLASS_COLOURS["quiescent"]))


def test_few_dots_are_larger():
    """The area of a dot shrinks as the number of dots grows."""
    rng = np.random.default_rng(0)
    area = []
    for n in (100, 1000):
        xy = rng.uniform(0, 1, (2, n)).astype(np.float32)
        image = draw(*xy, ink_of(["a"] * n), (0.0, 1.0), (0.0, 1.0), (500, 500))
        area.append(np.count_nonzero(image) / n)
    assert area[0] > 1.3 * area[1]


def test_hidden_and_unselected_points_are_grey():
    ink = ink_of(["quiescent", "star"], [True, False])
    pixels = drawn([0.2, 0.8], [0.5, 0.5], ink, 20)
    np.testing.assert_allclose(pixels[10, 16, :3], rgb(PALETTES["light"].context), atol=1)
    np.testing.assert_allclose(pixels[10, 4, :3], rgb(CLASS_COLOURS["quiescent"]), atol=1)
    assert point_colours(ink, np.array([0, 1])).tolist() == [RED.lower(), PALETTES["light"].context]
    assert in_colour(ink).tolist() == [True, False]


def test_twenty_classes_keep_their_colours():
    names = [f"c{i:02d}" for i in range(20) for _ in range(20 - i)]
    colouring = colouring_of(pd.DataFrame({"class": names}), "class")
    ink = make_ink(colouring, np.ones(len(names), bool), "light")
    place = (np.arange(len(names)) + 0.5) / len(names)
    pixels = drawn(place, place, ink, 8 * len(names))
    at = 8 * np.arange(len(names)) + 4
    expected = np.array([rgb(colouring.colours[name]) for name in names])
    np.testing.assert_allclose(pixels[at, at, :3], expected, atol=1)


def test_numbers_take_the_colour_of_their_mean_and_unknown_ones_are_grey():
    table = pd.DataFrame({"teff": [4000.0, 8000.0, 4000.0, 8000.0, np.nan]})
    colouring = colouring_of(table, "teff")
    ink = make_ink(colouring, np.ones(5, bool), "dark")
    scale, context = colour_scale("dark"), PALETTES["dark"].context
    pixels = drawn([0.1, 0.3, 0.5, 0.5, 0.9], [0.5] * 5, ink, 50)
    middle = scale[int((len(scale) - 1) / 2)]
    np.testing.assert_allclose(pixels[25, [5, 15, 25, 45], :3], [scale[0], scale[-1], middle, rgb(context)], atol=1)
    assert point_colours(ink, np.array([4])).tolist() == [context]


def test_values_beyond_the_scale_take_its_ends():
    scale = np.array([[0.0, 0, 0], [255, 255, 255]])
    assert scale_colours(np.array([-9.0, 0.0, 1.0, 9.0]), (0.0, 1.0), scale) == [
        "#000000",
        "#000000",
        "#ffffff",
        "#ffffff",
    ]


def test_halving_averages_colour_by_opacity():
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0, 0] = 255, 0, 0, 255
    pixels[1, 1] = 0, 0, 255, 255
    np.testing.assert_array_equal(channels(halve(pixels.view(np.uint32)[..., 0]))[0, 0], [128, 0, 128, 128])


def test_an_image_is_laid_over_another_as_datashader_does():
    import datashader.transfer_functions as tf

    rng = np.random.default_rng(0)
    images = []
    for _ in range(2):
        image = rng.integers(0, 256, (40, 50, 4), dtype=np.uint8)
        image[rng.random((40, 50)) < 0.4] = 0
        image[image[..., 3] == 0] = 0
        images.append(image.view(np.uint32)[..., 0].copy())
    expected = tf.stack(*map(tf.Image, images)).to_numpy()
    found = over(*images)
    bytes_of = [one.view(np.uint8).astype(int) for one in (found, expected)]
    assert np.abs(bytes_of[0] - bytes_of[1]).max() <= 1
