import numpy as np
import pandas as pd
import pytest

from dashboard.colouring import colouring_of
from dashboard.pages.explore.maps.bins import bin_values
from dashboard.pages.explore.maps.centroid_plot import GAP, centroid_data, place
from dashboard.pages.explore.maps.corner_panels import BINS, bar_at, outline_of, panel_at, panels, ring_points
from dashboard.pages.explore.maps.corner_plot import bars, build_corner, panel_images
from dashboard.pages.explore.maps.panel_counts import count_panels, cut_panels
from dashboard.plots.shade import draw, make_ink
from dashboard.theme import CLASS_COLOURS, PALETTES

LIMITS = np.array([[-1.0, 1.0], [0.0, 10.0], [-5.0, 5.0]])


def ink_of(n: int):
    classes = np.where(np.arange(n) % 2 == 0, "quiescent", "star")
    return make_ink(colouring_of(pd.DataFrame({"class": classes}), "class"), np.ones(n, bool), "light")


@pytest.mark.parametrize("m", [2, 3, 6])
def test_every_panel_is_found_at_its_middle_and_nothing_elsewhere(m):
    found = {panel_at(i + 0.5, m - 1 - j + 0.5, m) for i, j in panels(m)}
    assert found == set(panels(m))
    for i in range(m):
        assert panel_at(i + 0.5, m - 1 - i + 0.5, m) is None, "the diagonal is not a panel"
    assert panel_at(-0.2, 0.5, m) is None
    assert panel_at(m - 0.5, m - 0.5, m) is None


@pytest.mark.parametrize("m", [2, 3, 6])
def test_every_bar_is_found_under_its_middle_and_nothing_in_the_gaps(m):
    inside = 1 - 2 * GAP
    for i in range(m):
        middles = i + GAP + (np.arange(BINS) + 0.5) / BINS * inside
        assert [bar_at(x, m - 1 - i + 0.5, m) for x in middles] == [(i, bar) for bar in range(BINS)]
        assert bar_at(i + GAP / 2, m - 1 - i + 0.5, m) is None
    assert bar_at(0.5, 0.5, m) is None, "a panel is not a histogram"


def test_the_axes_of_a_panel_are_its_latents():
    """The ring of an object lies in the panel, at the fraction of the axes that its latents are at."""
    rings = ring_points(np.array([0.0, 2.5, 4.0]), LIMITS)
    at = {panel_at(x, y, 3): (x % 1, y % 1) for x, y in zip(rings["x"], rings["y"], strict=True)}
    assert set(at) == {(0, 1), (0, 2), (1, 2)}
    inner = 1 - 2 * GAP
    np.testing.assert_allclose(at[0, 1], (GAP + 0.5 * inner, GAP + 0.25 * inner))
    np.testing.assert_allclose(at[1, 2], (GAP + 0.25 * inner, GAP + 0.9 * inner))


def test_panels_that_an_object_lies_outside_of_have_no_ring():
    rings = ring_points(np.array([0.0, 99.0, 4.0]), LIMITS)
    assert [panel_at(x, y, 3) for x, y in zip(rings["x"], rings["y"], strict=True)] == [(0, 2)]


def test_images_lie_in_their_panels_and_have_the_size_of_the_screen():
    rng = np.random.default_rng(0)
    latents = [rng.uniform(low, high, 200).astype(np.float32) for low, high in LIMITS]
    ink = ink_of(200)
    data = panel_images(count_panels(cut_panels(latents, LIMITS, (300, 600)), ink), ink)
    assert len(data["image"]) == 3
    for (i, j), image, x, y in zip(panels(3), data["image"], data["x"], data["y"], strict=True):
        assert panel_at(x + 0.5, y + 0.5, 3) == (i, j)
        assert image.shape == (round(600 * (1 - 2 * GAP) / 3), round(300 * (1 - 2 * GAP) / 3))
        assert image.dtype == np.uint32
        assert image.any()


def test_bins_count_what_lies_inside_the_axis():
    values = np.array([-1.0, -0.999, 0.0, 0.999, 1.0, 50.0, -50.0, np.nan], np.float32)
    assert bin_values(values, LIMITS[0], 36).tolist() == [0, 0, 18, 35, 36, 36, 36, 36]


@pytest.mark.parametrize("column", ["class", "teff"])
def test_counting_by_bins_equals_datashader(column):
    rng = np.random.default_rng(3)
    n = 3000
    x, y = rng.normal(0, 1, (2, n)).astype(np.float32)
    x[5] = np.nan
    teff = np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n))
    table = pd.DataFrame({"class": rng.choice(["a", "b", "c"], n), "teff": teff})
    ink = make_ink(colouring_of(table, column), rng.random(n) < 0.7, "light")
    limits = np.array([[-2.0, 2.0], [-1.5, 2.5]])
    panel = cut_panels([x, y], limits, (120, 100))
    image = panel_images(count_panels(panel, ink), ink)["image"][0]
    expected = draw(x, y, ink, (-2.0, 2.0), (-1.5, 2.5), image.shape[::-1])
    assert (image != expected).mean() < 0.02, "only rounding at the edges of pixels may differ"


@pytest.mark.parametrize("column", ["class", "teff"])
def test_pieces_on_several_threads_count_what_one_counts(column, monkeypatch):
    rng = np.random.default_rng(4)
    n = 5000
    latents = [rng.normal(0, 1, n).astype(np.float32) for _ in range(3)]
    table = pd.DataFrame({"class": rng.choice(["a", "b"], n), "teff": np.where(rng.random(n) < 0.2, np.nan, 1.0)})
    ink = make_ink(colouring_of(table, column), rng.random(n) < 0.7, "light")
    panel = cut_panels(latents, LIMITS, (120, 100))
    whole = count_panels(panel, ink)
    for name, few in (("PIECE", 300), ("FEW", 1000)):
        monkeypatch.setattr(f"dashboard.pages.explore.maps.panel_counts.{name}", few)
    parts = count_panels(panel, ink)
    inside = [(values >= low) & (values < high) for values, (low, high) in zip(latents, LIMITS, strict=True)]
    assert [found.n for found in parts.bars] == [np.count_nonzero(one) for one in inside]
    for found, one in zip([*whole.images.values(), *whole.bars], [*parts.images.values(), *parts.bars], strict=True):
        np.testing.assert_array_equal(found.counts, one.counts)
        if column == "teff":
            np.testing.assert_array_equal(found.means, one.means)


def bars_of(bins: list[np.ndarray], ink) -> dict[str, list]:
    """Bars of objects that lie in the middles of some bins."""
    middles = [((index + 0.5) / BINS).astype(np.float32) for index in bins]
    return bars(count_panels(cut_panels(middles, np.array([[0.0, 1.0]] * len(bins)), (64, 64)), ink).bars, ink)


def test_histograms_give_every_class_the_same_area():
    n = 1000
    classes = np.where(np.arange(n) < 900, "quiescent", "star")
    ink = make_ink(colouring_of(pd.DataFrame({"class": classes}), "class"), np.ones(n, bool), "light")
    data = bars_of([np.arange(n) % BINS, np.arange(n) % 7], ink)
    area = {}
    for colour, top, bottom in zip(data["colour"], data["top"], data["bottom"], strict=True):
        if bottom > 1:  # the upper one of the two diagonal panels
            area[colour] = area.get(colour, 0) + top - bottom
    assert set(area) == {CLASS_COLOURS["quiescent"].lower(), CLASS_COLOURS["star"].lower()}
    assert area[CLASS_COLOURS["quiescent"].lower()] == pytest.approx(area[CLASS_COLOURS["star"].lower()])


def test_a_class_of_three_objects_does_not_tower_over_the_others():
    classes = np.array(["quiescent"] * 300 + ["star"] * 3)
    ink = make_ink(colouring_of(pd.DataFrame({"class": classes}), "class"), np.ones(303, bool), "light")
    index = np.r_[np.arange(300) % BINS, [5, 5, 5]]
    data = bars_of([index, index], ink)
    tops = {
        name: max(
            t - b for t, b, c in zip(data["top"], data["bottom"], data["colour"], strict=True) if c == colour.lower()
        )
        for name, colour in CLASS_COLOURS.items()
        if colour.lower() in data["colour"]
    }
    assert tops["star"] < 5 * tops["quiescent"]


def test_outline():
    assert outline_of(None, 3)["left"] == []
    box = outline_of((0, 2), 3)
    assert panel_at((box["left"][0] + box["right"][0]) / 2, (box["bottom"][0] + box["top"][0]) / 2, 3) == (0, 2)


@pytest.mark.parametrize("m", [2, 3, 4, 5, 6])
def test_typical_spectra_lie_clear_of_all_panels(m):
    left, right, bottom, top = place(m)
    assert right <= m
    assert top <= m
    for column in range(m):
        for row in range(m - column):
            assert column + 1 - GAP <= left or row + 1 - GAP <= bottom, f"panel {column}, {row}"


def test_typical_spectra_stay_in_their_place():
    rng = np.random.default_rng(1)
    spectra = rng.normal(1, 0.2, (4, 300))
    spectra[2, 100] = 50.0
    wavelength, colours = np.linspace(3600, 7300, 300), ["#000000"] * 4
    lines, names, scale = centroid_data(wavelength, "Å", spectra, list("abcd"), colours, "what", 6)
    left, right, bottom, top = place(6)
    for x, y in zip(lines["x"], lines["y"], strict=True):
        assert x.min() >= left
        assert x.max() <= right
        assert y.min() >= bottom
        assert y.max() <= top
    assert names["text"] == list("abcd")
    assert scale["text"][0] == "what"
    assert scale["text"][-1].endswith(" Å")


@pytest.mark.parametrize("theme", list(PALETTES))
def test_a_theme_reaches_every_line(theme):
    corner = build_corner("light" if theme == "dark" else "dark")
    corner.scale(["VAE 1", "VAE 2"], LIMITS[:2])
    corner.dress(theme)
    colours = {renderer.name: renderer.glyph for renderer in corner.figure.renderers}
    assert colours["frames"].line_color == PALETTES[theme].line
    assert {axis.major_label_text_color for axis in corner.figure.axis} == {PALETTES[theme].muted}
