import numpy as np

from dashboard.plots.pixels import stamp


def grown(image, radius):
    result = np.zeros_like(image)
    stamp(image, radius, result)
    return result


def test_a_dot_becomes_a_disc_of_its_own_colour():
    image = np.zeros((9, 9, 4), np.uint8)
    image[4, 4] = (200, 100, 50, 255)
    disc = grown(image, 2)
    ys, xs = np.nonzero(disc[..., 3])
    assert set(zip(ys - 4, xs - 4, strict=True)) == {
        (y, x) for y in range(-2, 3) for x in range(-2, 3) if x * x + y * y <= 4
    }
    assert (disc[disc[..., 3] > 0] == (200, 100, 50, 255)).all()


def test_overlapping_half_transparent_dots_add_up():
    image = np.zeros((1, 3, 4), np.uint8)
    image[0, 0], image[0, 2] = (255, 0, 0, 128), (0, 0, 255, 128)
    both = grown(image, 1)[0, 1]
    assert both[3] == np.round(255 * (1 - (1 - 128 / 255) ** 2))
    assert both[2] > both[0] > 0  # the later dot lies on top


def test_dots_at_the_edge_are_cut():
    image = np.zeros((4, 4, 4), np.uint8)
    image[0, 0] = 255
    assert np.count_nonzero(grown(image, 1)[..., 3]) == 3
