"""The tour: offered once, then under `?`."""

from playwright.sync_api import Page, expect


def test_the_tour_is_offered_once_and_its_steps_point_at_the_page(chromium, site) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page: Page = context.new_page()
    page.goto(f"{site.at('explore')}&survey=demo")
    expect(page.locator(".tour-invite")).to_be_visible()
    page.get_by_role("button", name="Data", exact=True).click()
    expect(page.locator(".tour-invite")).to_be_hidden()  # what it shows is on Explore
    page.get_by_role("banner").get_by_role("button", name="Explore", exact=True).click()
    page.get_by_role("button", name="Take the tour").click(timeout=60_000)
    for step in range(1, 7):
        expect(page.locator(".tour-card")).to_contain_text(f"{step} of 6")
        expect(page.locator(".tour-ring")).to_be_visible()
        page.locator(".tour-card .main").click()
    expect(page.locator(".tour-card")).to_have_count(0)
    page.reload()
    expect(page.locator(".focus-card")).to_contain_text("in view")
    expect(page.locator(".tour-invite")).to_have_count(0)
    page.keyboard.press("?")
    page.get_by_role("button", name="Take the tour").click()
    expect(page.locator(".tour-card")).to_contain_text("1 of 6")
    page.keyboard.press("Escape")
    expect(page.locator(".tour-card")).to_have_count(0)
    context.close()
