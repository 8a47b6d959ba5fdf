"""A comparison by hand: train four models, read their curves by class, look at one object under two of them."""

from figures import until
from playwright.sync_api import Page, expect

FIGURES = """Bokeh.documents.flatMap((document) => [...document._all_models.values()])
    .filter((model) => model.type === "Figure")"""

CURVES = f"""(label) => ({FIGURES}).filter((figure) => figure.left[0].axis_label.endsWith(label))
    .map((figure) => figure.renderers.map((renderer) => [...renderer.data_source.data.y])).at(-1)"""


def curves(page: Page, label: str) -> list[list[float]]:
    """Errors of the line and of the dots of each model, in the figure whose vertical axis ends so."""
    return page.wait_for_function(CURVES, arg=label).json_value()


def test_models_are_compared_by_curve_and_on_one_object(page: Page, site) -> None:
    page.goto(site.at("compare") + "&survey=demo")
    expect(page.get_by_text("Nothing compared yet")).to_be_visible()
    for name in ("InfoVAE", "Autoencoder"):
        page.get_by_label(name, exact=True).uncheck()
    page.locator(".form-latents input").first.fill("1, 2")
    page.get_by_role("button", name="Start comparison").click()
    rows = page.locator(".table-card tbody tr")
    expect(rows).to_have_count(4)
    pca = curves(page, "of test flux")[0]
    assert pca[1] < pca[0]
    page.locator(".class-picker select").select_option("quiescent")
    assert curves(page, "quiescent")[0] != pca

    for name in ("pca-2", "nmf-2"):
        rows.filter(has_text=name).get_by_role("checkbox").check()
    page.get_by_role("button", name="Ticked models on one object").click()
    heads = page.locator(".object-head .card-title")
    expect(heads).to_have_text(["pca-2", "nmf-2"])
    page.get_by_role("button", name="Hα + [N II]").click()
    page.wait_for_function(f"({FIGURES}).some(({{x_range}}) => x_range.start > 6400 && x_range.end < 6800)")
    chi2 = page.locator(".object-head b").first
    before = chi2.inner_text()
    page.keyboard.press("ArrowRight")
    expect(chi2).not_to_have_text(before)
    page.reload()
    expect(heads).to_have_text(["pca-2", "nmf-2"])
    page.locator(".object-models").get_by_role("button", name="nmf-2").click()
    expect(heads).to_have_text(["pca-2"])
    card = page.locator(".object-model")
    until(page, card.bounding_box, lambda box: box and box["height"] < 450)  # one card ends where its plots end
