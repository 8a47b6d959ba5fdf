"""The latent space by hand: corner, focus, object, spectrum, selection, keys, and an address that brings it back."""

import csv
import re
from itertools import accumulate
from pathlib import Path
from xml.etree import ElementTree

import pytest
from figures import FIGURE, column, on_screen, until
from PIL import Image
from playwright.sync_api import Page, WebSocket, expect


def wait_for_points(page: Page) -> list[tuple[float, float]]:
    """The objects in the focus map."""

    def points() -> list[tuple[float, float]]:
        x, y = (column(page, "focus", "points", name) for name in "xy")
        return list(zip(x, y, strict=True)) if len(x) == len(y) else []  # redrawn between the two

    return until(page, points, bool)


def x_start(page: Page) -> float:
    """Left end of the focus map."""
    return page.evaluate(f"() => ({FIGURE})('focus')[0].x_range.start")


@pytest.fixture(scope="module")
def opened(kept_page: Page, site) -> Page:
    """The Explore page, drawn whole; opened once, since opening it is most of the work."""
    page = kept_page
    page.goto(site.at("explore"))
    expect(page.get_by_text("Latent space")).to_be_visible()
    expect(page.locator(".focus-card")).to_contain_text("in view")
    expect(page.locator(".object-card")).to_contain_text("χ² per pixel")
    expect(page.locator(".spectrum-legend")).to_be_visible()
    wait_for_points(page)
    return page


@pytest.fixture
def explore(opened: Page) -> Page:
    """The Explore page with nothing selected."""
    opened.keyboard.press("c")
    expect(opened.locator(".corner-card")).to_contain_text("0 selected")
    return opened


def heading(page: Page, card: str) -> str:
    return page.locator(f".{card} .card-title").first.inner_text()


def test_a_click_on_a_panel_makes_it_the_focus_map(explore):
    assert len(column(explore, "corner", "images", "x")) == 3
    assert heading(explore, "focus-card") == "PCA 1 × PCA 2"
    [[x, y]] = on_screen(explore, "corner", [(1.5, 0.5)])
    explore.mouse.click(x, y)
    expect(explore.locator(".focus-card .card-title").first).to_have_text("PCA 2 × PCA 3")
    expect(explore).to_have_url(re.compile("focus=1%2C2"))


def test_a_tap_on_an_object_shows_its_spectrum(explore):
    points = sorted(wait_for_points(explore))
    before = heading(explore, "object-card")
    [[x, y]] = on_screen(explore, "focus", [points[0]])
    explore.mouse.click(x, y)
    expect(explore.locator(".object-card .card-title").first).not_to_have_text(before)
    until(explore, lambda: column(explore, "focus", "ring", "x"), lambda x: x == pytest.approx([points[0][0]]))
    until(explore, lambda: column(explore, "corner", "rings", "x"), lambda x: len(x) == 3)
    flux = [value for value in column(explore, "spectrum", "observed", "observed") if value == value]
    assert len(flux) > 500
    expect(explore.locator(".object-card")).to_contain_text("χ² per pixel")
    expect(explore.locator(".object-card")).to_contain_text("synthetic")


def test_a_hover_shows_id_class_redshift_and_spectrum(explore):
    points = sorted(wait_for_points(explore))
    picked = heading(explore, "object-card")
    [[x, y]] = on_screen(explore, "focus", [points[0]])
    explore.mouse.move(x + 3, y + 3)
    card = explore.get_by_role("tooltip")
    expect(card).to_contain_text("demo-")
    expect(card).to_contain_text("z = 0.")
    curve = card.locator("polyline").get_attribute("points").split()
    assert len(curve) > 100
    first = card.locator("b").inner_text()
    [[x, y]] = on_screen(explore, "focus", [points[-1]])
    explore.mouse.move(x, y)
    expect(card.locator("b")).not_to_have_text(first)
    assert heading(explore, "object-card") == picked, "a look is not a choice"
    explore.mouse.move(5, 5)
    expect(card).to_have_count(0)


def test_a_visit_answers_an_early_key_asks_nobody_else_and_hovers_with_one_question(page, site):
    on_way, asked = [0], []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda text: re.search(r'(data|esm)_event.*"x"', str(text)) and on_way.append(1))
        socket.on("framereceived", lambda text: '"found"' in str(text) and on_way.append(-1))

    page.on("websocket", listen)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.at("explore"), wait_until="domcontentloaded")
    page.keyboard.press("?")  # before the page is built
    expect(page.get_by_role("dialog")).to_contain_text("lasso")
    page.keyboard.press("Escape")
    expect(page.locator(".object-card")).to_contain_text("χ² per pixel")
    points = sorted(wait_for_points(page))
    [[x0, y0], [x1, y1]] = on_screen(page, "focus", [points[0], points[-1]])
    page.mouse.move(x0, y0)
    page.mouse.move(x1, y1, steps=60)
    expect(page.get_by_role("tooltip")).to_be_visible()
    until(page, lambda: sum(on_way), lambda n: n == 0)
    assert max(accumulate(on_way)) == 1
    assert on_way.count(1) < 60, "places in between are passed over"
    foreign = [url for url in asked if not url.startswith((site.url, "blob:", "data:"))]
    assert asked
    assert not foreign


def test_a_click_on_a_histogram_selects_its_bin(explore):
    left, right, top = (column(explore, "corner", "bars", side) for side in ("left", "right", "top"))
    first = [i for i in range(len(left)) if left[i] < 1]
    highest = max(first, key=lambda i: top[i])
    [[x, y]] = on_screen(explore, "corner", [((left[highest] + right[highest]) / 2, 2.2)])
    explore.mouse.click(x, y)
    expect(explore.locator(".table-pager")).to_be_visible()
    selected = int(re.search(r"of ([\d,]+)", explore.locator(".table-pager").inner_text()).group(1))
    assert 1 < selected < 120
    expect(explore.locator(".corner-card")).to_contain_text(f"{selected} selected")


def test_keys_step_and_the_address_brings_everything_back(explore):
    title = explore.locator(".object-card .card-title").first
    seen = [title.inner_text()]
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        explore.keyboard.press(key)
        expect(title).not_to_have_text(seen[-1])
        seen.append(title.inner_text())
    name = seen[1]
    assert (seen[3], len(set(seen))) == (name, 3)
    expect(explore).to_have_url(re.compile(f"object={name}"))
    address = explore.url
    explore.goto("about:blank")
    explore.goto(address)
    expect(explore.locator(".object-card .card-title").first).to_have_text(name)


def test_a_lasso_selects_and_the_selection_can_be_saved(explore, tmp_path):
    xs, ys = zip(*wait_for_points(explore), strict=True)
    left, right, bottom, top = min(xs), sorted(xs)[len(xs) // 2], min(ys), max(ys)
    corners = on_screen(explore, "focus", [(left, bottom), (left, top), (right, top), (right, bottom), (left, bottom)])
    explore.keyboard.press("l")
    until(explore, lambda: explore.evaluate(f"() => ({FIGURE})('focus')[0].tags[0]"), lambda tool: tool == "lasso")
    explore.mouse.move(*corners[0])
    explore.mouse.down()
    for corner in corners[1:]:
        explore.mouse.move(*corner, steps=8)
    explore.mouse.up()
    expect(explore.locator(".corner-card")).to_contain_text(re.compile(r"[1-9]\d* selected"))
    expect(explore.locator(".table-pager")).to_be_visible()
    selected = int(re.search(r"of ([\d,]+)", explore.locator(".table-pager").inner_text()).group(1))
    assert 0.3 * len(xs) < selected < 0.7 * len(xs)
    expect(explore.locator(".corner-card")).to_contain_text(f"{selected} selected")

    with explore.expect_download() as download:
        explore.get_by_label("Save as", exact=True).select_option("CSV table")
    path = Path(tmp_path / "selection.csv")
    download.value.save_as(path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == selected
    assert {"id", "latent_1", "latent_2", "latent_3", "chi2_per_pixel", "class"} <= set(rows[0])
    across = heading(explore, "focus-card").split(" × ")[0].replace("PCA ", "component_")
    assert all(float(row[across]) <= right + 1e-3 for row in rows)

    explore.keyboard.press("c")
    expect(explore.locator(".corner-card")).to_contain_text("0 selected")


def test_classes_switch_off_and_numbers_colour(explore):
    chip = explore.locator(".corner-card .legend").get_by_role("button").first
    chip.click()
    expect(explore.locator(".corner-card")).to_contain_text("in colour")
    explore.locator(".corner-card .picker select").select_option("sn")
    expect(explore.locator(".scale-ends")).to_be_visible()
    expect(explore).to_have_url(re.compile("colour=sn"))


def test_the_wheel_zooms_and_a_double_click_resets(explore):
    start = x_start(explore)
    points = wait_for_points(explore)
    [[x, y]] = on_screen(explore, "focus", [points[0]])
    explore.mouse.move(x, y)
    for _ in range(4):
        explore.mouse.wheel(0, -200)
    assert until(explore, lambda: x_start(explore), lambda left: left > start)
    until(explore, lambda: wait_for_points(explore), lambda zoomed: len(zoomed) < len(points))
    explore.mouse.dblclick(x + 40, y)
    until(explore, lambda: x_start(explore), lambda left: left == pytest.approx(start))


def test_a_question_mark_lists_the_keys(explore):
    explore.keyboard.press("?")
    expect(explore.get_by_role("dialog")).to_contain_text("lasso")
    explore.keyboard.press("Escape")
    expect(explore.get_by_role("dialog")).to_be_hidden()


def test_plots_are_saved_as_images_and_as_drawings(explore, tmp_path):
    with explore.expect_download() as download:
        explore.locator(".corner-card .icon-save").click()
    assert download.value.suggested_filename == "demo-corner.png"
    image = Image.open(download.value.path())
    box = explore.locator(".corner-card .bk-Figure").bounding_box()
    assert image.width == pytest.approx(box["width"], abs=2)
    assert len(image.getcolors(1 << 24)) > 50
    with explore.expect_download() as download:
        explore.locator(".focus-card .icon-save").click(modifiers=["Shift"])
    assert download.value.suggested_filename == "demo-map.svg"
    words = "".join(ElementTree.parse(download.value.path()).getroot().itertext())
    assert all(axis in words for axis in heading(explore, "focus-card").split(" × "))


def test_a_key_saves_the_plot_under_the_pointer_with_its_residuals(explore):
    explore.locator(".tabs").get_by_role("button", name="Spectrum", exact=True).click()
    box = explore.locator(".spectrum-legend").bounding_box()
    explore.mouse.move(box["x"] + 200, box["y"] + 120)
    with explore.expect_download() as download:
        explore.keyboard.press("Shift+S")
    assert download.value.suggested_filename == "demo-spectrum.svg"
    root = ElementTree.parse(download.value.path()).getroot()
    words = "".join(root.itertext())
    assert "wavelength" in words
    assert "resid" in words
    assert len(root.findall(".//{http://www.w3.org/2000/svg}path")) > 20
    with explore.expect_download() as download:
        explore.keyboard.press("s")
    assert download.value.suggested_filename == "demo-spectrum.png"
    explore.mouse.move(5, 5)
    explore.keyboard.press("s")
    expect(explore.get_by_text("Point at a plot")).to_be_visible()
